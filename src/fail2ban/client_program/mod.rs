//! The program fail2ban-client: reads the configuration and restarts the daemon. The configuration
//! is then tried and loaded with fail2ban's own Python.
//!
//! The daemon cannot read its configuration files, so everything that is loaded comes from this program;
//! a reload made up by hand leaves jails that protect nothing.

pub(crate) mod dump;
pub(crate) mod load;
pub(crate) mod output;
pub mod restart;
pub(crate) mod secrets;
pub(crate) mod trial;
pub(crate) mod try_filter;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::known_secrets::KnownSecrets;

pub use crate::fail2ban::client_error::{ClientError, Misfit, NoRestart};
use crate::fail2ban::process::ProcessOutput;
pub(crate) use crate::fail2ban::process::{Call, Surroundings};
pub(crate) use dump::Configuration;
pub(crate) use load::{GaveUp, Loaded, Step};
pub use trial::Purpose;

/// Reading the whole configuration takes a second or two on a slow machine.
const TEST_DEADLINE: Duration = Duration::from_mins(1);
/// A restart runs every ban's action twice, which may take minutes.
const WORK_DEADLINE: Duration = Duration::from_mins(5);
const MOST_OUTPUT: usize = 64 * 1024;
/// The dump of a configuration with hundreds of jails.
const MOST_DUMP: usize = 32 * 1024 * 1024;

/// The settings for calling fail2ban-client.
#[derive(Debug, Clone)]
pub struct ClientProgram {
    /// The program, by name or path.
    pub program: PathBuf,
    /// The daemon's socket.
    pub socket: PathBuf,
    /// The configuration directory.
    pub config_dir: PathBuf,
    /// Secrets that are masked in everything that the program says.
    pub secrets: KnownSecrets,
}

impl ClientProgram {
    /// The fail2ban-client in `PATH`, for the daemon at `socket`.
    #[must_use]
    pub fn new(socket: PathBuf, config_dir: PathBuf) -> Self {
        Self {
            program: PathBuf::from("fail2ban-client"),
            socket,
            config_dir,
            secrets: KnownSecrets::default(),
        }
    }

    /// The version of the program, as `1.0.2`.
    ///
    /// # Errors
    /// It is not installed or failed.
    pub async fn version(&self) -> Result<String, ClientError> {
        let finished = self.call(&["-V"], TEST_DEADLINE, MOST_OUTPUT).run().await?;
        if finished.status.success() {
            Ok(finished.output().trim().to_owned())
        } else {
            Err(failed(&finished))
        }
    }

    /// Stops the daemon and starts a new one, which reads a configuration that was just tested. The
    /// new daemon runs in the background, as a process of this program's user and control group.
    ///
    /// # Errors
    /// fail2ban-client failed; the daemon may be gone then.
    pub(crate) async fn restart(&self) -> Result<(), ClientError> {
        let finished = self.call(&["restart"], WORK_DEADLINE, MOST_OUTPUT).run().await?;
        let ready = finished.output().lines().any(|line| line.trim() == "Server ready");
        if finished.status.success() && ready {
            return Ok(());
        }
        // A daemon that gave up at its start is "ready" too: its errors are in the log of the
        // client.
        let errors = output::errors(&finished.errors());
        if errors.is_empty() { Err(failed(&finished)) } else { Err(ClientError::Failed { output: errors }) }
    }

    fn call(&self, arguments: &[&str], deadline: Duration, most_output: usize) -> Call {
        let socket = [OsString::from("-s"), absolute(&self.socket).into_os_string()];
        let config = [OsString::from("-c"), absolute(&self.config_dir).into_os_string()];
        let arguments =
            socket.into_iter().chain(config).chain(arguments.iter().map(OsString::from)).collect();
        let (program, surroundings) = (in_path(&self.program), Surroundings::Bare);
        let secrets = self.secrets.clone();
        Call { program, arguments, input: Vec::new(), deadline, most_output, surroundings, secrets }
    }

    /// Makes a call of fail2ban's own Python with one of our scripts, which reads `head` and
    /// `commands`. Isolated (`-I`): nothing is imported from the current directory, from
    /// directories that the environment names or from a home directory; and nothing is compiled
    /// beside a module (`-B`).
    fn script(
        &self,
        script: &str,
        head: &impl Serialize,
        commands: &[u8],
        deadline: Duration,
        most_output: usize,
    ) -> Result<Call, ClientError> {
        let head = serde_json::to_vec(head).map_err(|error| ClientError::Unreadable(error.to_string()))?;
        Ok(Call {
            // fail2ban installs this name for the Python that it runs on itself.
            program: in_path(&self.program).with_file_name("fail2ban-python"),
            arguments: ["-I", "-B", "-c", script].map(OsString::from).to_vec(),
            input: [head.as_slice(), b"\n", commands].concat(),
            deadline,
            most_output,
            surroundings: Surroundings::Bare,
            secrets: self.secrets.clone(),
        })
    }
}

/// `path` as it is from the directory that the program runs in. Where that of this process is gone, as it
/// is.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A program that is not looked for in `PATH`, by its whole path.
fn in_path(program: &Path) -> PathBuf {
    if program.components().count() > 1 { absolute(program) } else { program.to_owned() }
}

/// The daemon's answer when it gave one, otherwise the program's own errors.
fn printed_of(finished: &ProcessOutput) -> String {
    let (printed, errors) = (finished.output(), finished.errors());
    let answered = errors.contains("NOK: ") && !printed.trim().is_empty();
    if answered || errors.trim().is_empty() {
        return output::bounded(printed.trim());
    }
    let errors = output::errors(&errors);
    if errors.is_empty() { output::printed_errors(&printed) } else { errors }
}

pub(crate) fn refused(finished: &ProcessOutput) -> ClientError {
    ClientError::ConfigurationRefused { output: printed_of(finished) }
}

pub(crate) fn failed(finished: &ProcessOutput) -> ClientError {
    let output = printed_of(finished);
    ClientError::Failed { output: if output.is_empty() { finished.status.to_string() } else { output } }
}
