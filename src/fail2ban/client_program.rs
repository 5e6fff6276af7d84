//! The program fail2ban-client: tests the configuration, reloads, restarts.
//!
//! The daemon cannot read its configuration files, so a reload always goes through this program;
//! a reload made up by hand leaves jails that protect nothing.

mod dump;
mod process;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::jail::JailName;

pub(super) use process::Call;
use process::Finished;

/// Reading the whole configuration takes a second or two on a slow machine.
const TEST_DEADLINE: Duration = Duration::from_mins(1);
/// A restart runs every ban's action twice, which may take minutes.
const WORK_DEADLINE: Duration = Duration::from_mins(5);
const MOST_WORDS: usize = 64 * 1024;
/// The dump of a configuration with hundreds of jails.
const MOST_DUMP: usize = 32 * 1024 * 1024;
/// Tries every setting of a dump in a process of its own.
const DRY_RUN: &str = include_str!("client_program/dry_run.py");
/// The dry run's exit status when fail2ban refuses a setting.
const SETTING_REFUSED: i32 = 3;

/// Why fail2ban-client did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ClientError {
    /// The program is not on this machine or not in `PATH`.
    #[error("{program} is not installed")]
    NotInstalled {
        /// Its name or path.
        program: String,
    },
    /// The configuration does not pass fail2ban's test; nothing was changed.
    #[error("the configuration has errors: {words}")]
    ConfigurationRefused {
        /// fail2ban's own words.
        words: String,
    },
    /// The configuration has no such jail, or has it disabled; nothing was changed.
    #[error("the configuration enables no jail {0:?}")]
    UnknownJail(String),
    /// The test that was named was not made here just before; nothing was changed.
    #[error("the configuration was not tested just before")]
    Untested,
    /// The daemon gave up in the middle of a reload: jails may be missing now.
    #[error("fail2ban stopped in the middle of the reload: {words}")]
    Interrupted {
        /// fail2ban's own words.
        words: String,
    },
    /// It failed for another reason.
    #[error("{words}")]
    Failed {
        /// The program's own words.
        words: String,
    },
    /// It was not done in time and was killed. The daemon may still be at work.
    #[error("it was not done within {0:?}")]
    Deadline(Duration),
}

/// A configuration that has passed the test: what a reload would send, as `-d` prints it. Only who
/// holds one can reload or restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestedConfiguration {
    dump: Vec<u8>,
}

/// How to call fail2ban-client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProgram {
    /// The program, by name or path.
    pub program: PathBuf,
    /// The daemon's socket.
    pub socket: PathBuf,
    /// The configuration directory.
    pub config_dir: PathBuf,
}

impl ClientProgram {
    /// The fail2ban-client in `PATH`, for the daemon at `socket`.
    #[must_use]
    pub fn new(socket: PathBuf, config_dir: PathBuf) -> Self {
        Self { program: PathBuf::from("fail2ban-client"), socket, config_dir }
    }

    /// The version of the program, as `1.0.2`.
    ///
    /// # Errors
    /// It is not installed or failed.
    pub async fn version(&self) -> Result<String, ClientError> {
        let finished = self.call(&["-V"], TEST_DEADLINE, MOST_WORDS).run().await?;
        if finished.status.success() {
            Ok(finished.output().trim().to_owned())
        } else {
            Err(failed(&finished))
        }
    }

    /// Tests the configuration as fail2ban does, and then each jail's settings: fail2ban's own test
    /// (`-t`) does not notice, say, a failregex that does not compile, and a reload with one makes
    /// the daemon drop every jail.
    ///
    /// # Errors
    /// [`ClientError::ConfigurationRefused`] with the reasons, or the test could not be made.
    pub async fn test_configuration(&self) -> Result<TestedConfiguration, ClientError> {
        let tested = self.call(&["-t"], TEST_DEADLINE, MOST_WORDS).run().await?;
        if !tested.status.success() {
            return Err(refused(&tested));
        }
        let dumped = self.call(&["-d"], TEST_DEADLINE, MOST_DUMP).run().await?;
        if !dumped.status.success() || dumped.stdout.len() >= MOST_DUMP {
            return Err(failed(&dumped));
        }
        self.dry_run(&dumped.stdout).await?;
        Ok(TestedConfiguration { dump: dumped.stdout })
    }

    /// Reloads the configuration of `jail`, or of all jails. A jail that was stopped is started
    /// again. Bans are kept.
    ///
    /// # Errors
    /// Nothing was changed, except after [`ClientError::Interrupted`] and [`ClientError::Deadline`].
    pub async fn reload(
        &self,
        tested: &TestedConfiguration,
        jail: Option<&JailName>,
    ) -> Result<(), ClientError> {
        // With `-t` fail2ban-client tests once more and skips no jail in the reload itself.
        self.reload_by(&["-t", "reload"], tested, jail).await
    }

    /// Ends `jail` and starts it with what the files say now. Its bans are lifted and set again.
    ///
    /// # Errors
    /// As for [`Self::reload`].
    pub async fn restart_jail(
        &self,
        tested: &TestedConfiguration,
        jail: &JailName,
    ) -> Result<(), ClientError> {
        self.reload_by(&["-t", "reload", "--restart"], tested, Some(jail)).await
    }

    async fn reload_by(
        &self,
        words: &[&str],
        tested: &TestedConfiguration,
        jail: Option<&JailName>,
    ) -> Result<(), ClientError> {
        if let Some(jail) = jail {
            // The daemon deletes a jail that is reloaded and no longer enabled.
            if !starts(&tested.dump, jail.as_str()) {
                return Err(ClientError::UnknownJail(jail.to_string()));
            }
        }
        let finished = self.reload_call(words, jail).run().await?;
        if finished.status.success() && finished.output().trim() == "OK" {
            return Ok(());
        }
        Err(match &finished.errors() {
            errors if errors.contains("NOK: ") => ClientError::Interrupted { words: words_of(&finished) },
            errors if errors.contains("onfiguration") => refused(&finished),
            _ => failed(&finished),
        })
    }

    fn reload_call(&self, words: &[&str], jail: Option<&JailName>) -> Call {
        let mut arguments = words.to_vec();
        if let Some(jail) = jail {
            arguments.extend(["--if-exists", jail.as_str()]);
        }
        self.call(&arguments, WORK_DEADLINE, MOST_WORDS)
    }

    /// Stops the daemon and starts a new one, which reads a configuration that was just tested. The
    /// new daemon runs in the background, as a process of this program's user and control group.
    ///
    /// # Errors
    /// fail2ban-client failed; the daemon may be gone then.
    pub async fn restart(&self, _tested: &TestedConfiguration) -> Result<(), ClientError> {
        let finished = self.call(&["restart"], WORK_DEADLINE, MOST_WORDS).run().await?;
        let ready = finished.output().lines().any(|line| line.trim() == "Server ready");
        if finished.status.success() && ready { Ok(()) } else { Err(failed(&finished)) }
    }

    /// Refuses what fail2ban's own setters refuse. Where they cannot be asked, `-t` has to do.
    async fn dry_run(&self, dump: &[u8]) -> Result<(), ClientError> {
        // fail2ban installs this name for the Python that it runs on itself.
        let call = Call {
            program: self.program.with_file_name("fail2ban-python"),
            arguments: vec![OsString::from("-c"), OsString::from(DRY_RUN)],
            input: dump.to_vec(),
            deadline: TEST_DEADLINE,
            most_output: MOST_WORDS,
        };
        match call.run().await {
            Ok(finished) if finished.status.success() => {}
            Ok(finished) if finished.status.code() == Some(SETTING_REFUSED) => {
                let words = words::bounded(finished.output().trim());
                return Err(ClientError::ConfigurationRefused { words });
            }
            Ok(finished) => {
                tracing::warn!(status = %finished.status, "cannot try the settings of the jails");
            }
            Err(error @ ClientError::NotInstalled { .. }) => {
                tracing::warn!(%error, "cannot try the settings of the jails");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn call(&self, arguments: &[&str], deadline: Duration, most_output: usize) -> Call {
        let socket = [OsString::from("-s"), self.socket.clone().into_os_string()];
        let config = [OsString::from("-c"), self.config_dir.clone().into_os_string()];
        let arguments =
            socket.into_iter().chain(config).chain(arguments.iter().map(OsString::from)).collect();
        Call { program: self.program.clone(), arguments, input: Vec::new(), deadline, most_output }
    }
}

/// Whether a dump starts `jail`: it holds a line `['start', 'sshd']`, in Python's notation.
fn starts(dump: &[u8], jail: &str) -> bool {
    let quote = if jail.contains('\'') && !jail.contains('"') { '"' } else { '\'' };
    let escaped = jail.replace('\\', "\\\\");
    let escaped = if quote == '\'' { escaped.replace('\'', "\\'") } else { escaped };
    let line = format!("['start', {quote}{escaped}{quote}]");
    dump.split(|&byte| byte == b'\n').any(|found| found.trim_ascii() == line.as_bytes())
}

/// The daemon's answer when it gave one, otherwise the program's own errors.
fn words_of(finished: &Finished) -> String {
    let (output, errors) = (finished.output(), finished.errors());
    let answered = errors.contains("NOK: ") && !output.trim().is_empty();
    if answered || errors.trim().is_empty() { words::bounded(output.trim()) } else { words::errors(&errors) }
}

fn refused(finished: &Finished) -> ClientError {
    ClientError::ConfigurationRefused { words: words_of(finished) }
}

pub(super) fn failed(finished: &Finished) -> ClientError {
    let words = words_of(finished);
    let words = if words.is_empty() { finished.status.to_string() } else { words };
    ClientError::Failed { words }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_jails_name_is_one_word_of_the_command_line_and_never_an_option_of_reload(
            text in prop_oneof![any::<String>(), "--(all|restart|unban|if-exists)", "-{0,2}[a-z ;&|$`'\"-]{0,12}", "[a-z]{1,5}[\\n\\t\\x00 ]-{1,2}[a-z]{1,5}"]
        ) {
            let program = ClientProgram::new("/run/s".into(), "/etc/f".into());
            if let Ok(jail) = text.parse::<JailName>() {
                let call = program.reload_call(&["-t", "reload"], Some(&jail));
                let words: Vec<&str> = call.arguments.iter().filter_map(|word| word.to_str()).collect();
                let expected = ["-s", "/run/s", "-c", "/etc/f", "-t", "reload", "--if-exists", text.as_str()];
                prop_assert_eq!(words, expected);
                // The only ones that fail2ban-client still takes for options behind `reload`.
                prop_assert!(!["--all", "--restart", "--unban", "--if-exists"].contains(&text.as_str()));
            }
        }
    }

    #[test]
    fn a_started_jail_is_found_by_its_whole_name() {
        let dump = br#"['add', 'other', 'polling']
['start', 'sshd']
['start', "o'hara"]
['start', 'back\\slash']
"#;
        for jail in ["sshd", "o'hara", r"back\slash"] {
            assert!(starts(dump, jail), "{jail}");
        }
        for jail in ["ssh", "other", "hara", ""] {
            assert!(!starts(dump, jail), "{jail}");
        }
    }
}
