//! The process of a private daemon: start, signal, end.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use super::paths::Paths;

/// The daemon's process, if one runs, and its supervision.
#[derive(Debug)]
pub(crate) struct Process {
    /// The fail2ban-server that it runs.
    program: PathBuf,
    state: Mutex<State>,
    /// Variables in the environment of the daemon, besides those of this program.
    environment: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    supervised: bool,
}

impl Process {
    /// A daemon of `program` that does not run yet, with these variables in its environment.
    pub(crate) fn of(program: PathBuf, environment: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { program, environment: environment.iter().map(own).collect(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after each statement, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the daemon unless it runs.
    pub(crate) fn start(&self, paths: &Paths) -> io::Result<()> {
        self.start_unless_alive(&mut self.state(), paths)
    }

    /// Sets whether the daemon is started again when it exits.
    pub(crate) fn set_supervised(&self, supervised: bool) {
        self.state().supervised = supervised;
    }

    /// Starts the daemon if it has exited. Returns false if it is no longer supervised.
    pub(crate) fn revive(&self, paths: &Paths) -> io::Result<bool> {
        let mut state = self.state();
        if state.supervised {
            self.start_unless_alive(&mut state, paths)?;
        }
        Ok(state.supervised)
    }

    /// Returns true if the process runs.
    pub(crate) fn is_alive(&self) -> io::Result<bool> {
        is_alive(&mut self.state())
    }

    /// The process's id, while it runs.
    pub(crate) fn pid(&self) -> io::Result<Option<u32>> {
        let mut state = self.state();
        let alive = is_alive(&mut state)?;
        Ok(state.child.as_ref().filter(|_| alive).map(Child::id))
    }

    /// Sends `signal` if the process runs.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let mut state = self.state();
        if !is_alive(&mut state)? {
            return Ok(());
        }
        let number = state.child.as_ref().and_then(|child| i32::try_from(child.id()).ok());
        match number.and_then(Pid::from_raw) {
            Some(pid) => Ok(kill_process(pid, signal)?),
            None => Ok(()),
        }
    }

    /// Kills the process and waits until it is gone.
    pub(crate) fn kill(&self) -> io::Result<()> {
        match self.state().child.take() {
            Some(mut child) => {
                child.kill()?;
                child.wait().map(drop)
            }
            None => Ok(()),
        }
    }

    fn start_unless_alive(&self, state: &mut State, paths: &Paths) -> io::Result<()> {
        if is_alive(state)? {
            return Ok(());
        }
        remove_if_there(&paths.socket)?;
        let output = File::create(&paths.output)?;
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(&paths.config_dir)
            .arg("-s")
            .arg(&paths.socket)
            .arg("-p")
            .arg(&paths.pid_file)
            .arg("-f")
            .env("LC_ALL", "C")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // A Ctrl-C in the terminal is for the program that owns the daemon, which then ends it.
            .process_group(0)
            .spawn()?;
        state.child = Some(child);
        Ok(())
    }
}

fn is_alive(state: &mut State) -> io::Result<bool> {
    match &mut state.child {
        Some(child) => Ok(child.try_wait()?.is_none()),
        None => Ok(false),
    }
}

/// A killed daemon leaves its socket, and the next one refuses to start beside it.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Kills a daemon that somebody else started on `paths`, as `fail2ban-client restart` does.
pub(crate) fn kill_successor(paths: &Paths) -> io::Result<()> {
    let Ok(text) = fs::read_to_string(&paths.pid_file) else {
        return Ok(());
    };
    let Ok(number) = text.trim().parse::<i32>() else {
        return Ok(());
    };
    let Ok(command_line) = fs::read(format!("/proc/{number}/cmdline")) else {
        return Ok(());
    };
    let ours = String::from_utf8_lossy(&command_line).contains(&*paths.socket.to_string_lossy());
    match Pid::from_raw(number) {
        Some(pid) if ours => Ok(kill_process(pid, Signal::KILL)?),
        _ => Ok(()),
    }
}
