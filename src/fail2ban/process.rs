//! Runs a program with a deadline and bounded output.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::fail2ban::known_secrets::KnownSecrets;

use super::client_error::ClientError;

/// Long enough to read the rest of a pipe, short enough not to wait for a daemon that kept it open.
const GRACE: Duration = Duration::from_secs(1);

/// A call of a program.
pub(crate) struct Call {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// The bytes for its standard input; empty for none.
    pub(crate) input: Vec<u8>,
    pub(crate) deadline: Duration,
    /// The most bytes of standard output and of standard error that are kept.
    pub(crate) most_output: usize,
    pub(crate) surroundings: Surroundings,
    /// Secrets that are masked in its output.
    pub(crate) secrets: KnownSecrets,
}

/// The directory and the environment that a program runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// The root, and only what fail2ban needs: Python would import modules from the current directory and
    /// from wherever its variables say.
    Bare,
    /// Our own, for a command of the administrator's.
    Own,
}

/// Variables of the environment that are passed on. Actions of a daemon that is started in this way
/// may need the rest, which a service manager sets as well.
const PASSED_ON: [&str; 4] = ["PATH", "LANG", "TZ", "TMPDIR"];

/// The output of a program and its exit status.
pub(crate) struct ProcessOutput {
    pub(crate) status: ExitStatus,
    /// The output as it is, with secrets.
    pub(crate) stdout: Vec<u8>,
    stderr: Vec<u8>,
    secrets: KnownSecrets,
}

impl ProcessOutput {
    /// Returns its standard output, with secrets masked.
    pub(crate) fn output(&self) -> String {
        self.secrets.mask(&String::from_utf8_lossy(&self.stdout))
    }

    /// Returns its standard error, with secrets masked.
    pub(crate) fn errors(&self) -> String {
        self.secrets.mask(&String::from_utf8_lossy(&self.stderr))
    }
}

impl Call {
    /// Runs the program to its end; kills it at the deadline.
    pub(crate) async fn run(self) -> Result<ProcessOutput, ClientError> {
        let mut child = self.spawn().map_err(|error| self.failed(&error))?;
        let conversation = converse(&mut child, &self.input, self.most_output, self.secrets.clone());
        if let Ok(finished) = timeout(self.deadline, conversation).await {
            return finished.map_err(|error| self.failed(&error));
        }
        child.kill().await.map_err(|error| self.failed(&error))?;
        Err(ClientError::Deadline(self.deadline))
    }

    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        if self.surroundings == Surroundings::Bare {
            let passed_on = PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
            command.env_clear().envs(passed_on).current_dir("/");
        }
        command
            .args(&self.arguments)
            .env("LC_ALL", "C")
            .stdin(if self.input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    fn failed(&self, error: &io::Error) -> ClientError {
        let program = self.program.display().to_string();
        match error.kind() {
            io::ErrorKind::NotFound => ClientError::NotInstalled { program },
            _ => ClientError::CannotRun { program, cause: error.to_string() },
        }
    }
}

async fn converse(
    child: &mut Child,
    input: &[u8],
    most: usize,
    secrets: KnownSecrets,
) -> io::Result<ProcessOutput> {
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let status = {
        let exchange = async {
            tokio::try_join!(feed(stdin, input), keep(out, &mut stdout, most), keep(err, &mut stderr, most))
        };
        tokio::pin!(exchange);
        tokio::select! {
            done = &mut exchange => {
                done?;
                child.wait().await?
            }
            status = child.wait() => {
                // A program may leave a daemon behind that never closes its output.
                if let Ok(done) = timeout(GRACE, exchange).await {
                    done?;
                }
                status?
            }
        }
    };
    Ok(ProcessOutput { status, stdout, stderr, secrets })
}

async fn feed(stdin: Option<ChildStdin>, input: &[u8]) -> io::Result<()> {
    let Some(mut stdin) = stdin else {
        return Ok(());
    };
    match stdin.write_all(input).await {
        // The program ended without reading all; its status tells why.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Reads to the end, so that the program is never blocked, and keeps the first `most` bytes.
async fn keep(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let Some(mut from) = from else { return Ok(()) };
    let mut chunk = vec![0; 8192];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        let room = most.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&chunk[..room]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, deadline: Duration) -> Call {
        Call {
            program: PathBuf::from("sh"),
            arguments: vec![OsString::from("-c"), OsString::from(script)],
            input: Vec::new(),
            deadline,
            most_output: 1_000,
            secrets: KnownSecrets::default(),
            surroundings: Surroundings::Bare,
        }
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_at_the_deadline() {
        let deadline = Duration::from_millis(100);
        let outcome = shell("exec sleep 1000", deadline).run().await;
        assert_eq!(outcome.err(), Some(ClientError::Deadline(deadline)));
    }

    #[tokio::test]
    async fn a_program_that_says_too_much_is_read_to_its_end_and_cut() -> Result<(), ClientError> {
        let finished = shell("head -c 1000000 /dev/zero; echo end >&2; exit 3", LONG).run().await?;
        assert_eq!((finished.stdout.len(), finished.status.code()), (1_000, Some(3)));
        assert_eq!(finished.errors(), "end\n");
        Ok(())
    }

    #[tokio::test]
    async fn a_daemon_that_keeps_the_output_open_is_not_waited_for() -> Result<(), ClientError> {
        let finished = shell("sleep 1000 & echo $!", LONG).run().await?;
        let output = finished.output();
        shell(&format!("kill {}", output.trim()), LONG).run().await?;
        assert!(output.trim().parse::<u32>().is_ok(), "{output}");
        Ok(())
    }
}
