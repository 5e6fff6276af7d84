//! The commands that a configuration would send, as `fail2ban-client -d` prints them.

use std::path::Path;

use serde::Serialize;
use tokio::try_join;

use crate::domain::jail::JailName;
use crate::domain::reload::Refusal;
use crate::fail2ban::client_error::ClientError;
use crate::fail2ban::client_program::secrets::{secrets, unquoted};

use super::{
    ClientProgram, MOST_DUMP, MOST_OUTPUT, TEST_DEADLINE, absolute, failed, output, printed_of, refused,
};

/// A configuration as it was read at one moment. It holds secrets, so nothing of it is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The commands, a line each, in Python's notation.
    pub(crate) dump: Vec<u8>,
    /// Jails without a log, in fail2ban's words. fail2ban sends no configuration of such a jail.
    pub(crate) without_log: Vec<Refusal>,
    /// Output of fail2ban's own test (`-t`) where it refused.
    pub(crate) test_refused: Option<String>,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configuration").field("bytes", &self.dump.len()).finish_non_exhaustive()
    }
}

impl Configuration {
    /// Returns a digest of the commands alone.
    #[must_use]
    pub(crate) fn digest(&self) -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(&self.dump).into()
    }

    /// The jails that it starts, in its order.
    #[must_use]
    pub fn jails(&self) -> Vec<JailName> {
        started(&String::from_utf8_lossy(&self.dump))
    }

    /// The jails that fail2ban leaves out because none of their logs is there, as their configuration says
    /// (`skip_if_nologs`).
    pub(crate) fn skipped(&self) -> Vec<JailName> {
        skipped(&String::from_utf8_lossy(&self.dump), "' skipped, because of missing log files")
    }

    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.dump == other.dump
    }
}

const READ: &str = concat!(include_str!("stream.py"), include_str!("read.py"));

#[derive(Serialize)]
struct Head<'a> {
    config: &'a Path,
    socket: &'a Path,
}

impl ClientProgram {
    /// Reads the configuration, as far as it can be read.
    ///
    /// # Errors
    /// The program is not installed, cannot read the configuration at all or failed.
    pub async fn read_configuration(&self) -> Result<Configuration, ClientError> {
        let test = self.call(&["-t"], TEST_DEADLINE, MOST_OUTPUT).run();
        let (tested, configuration) = try_join!(test, self.read_untested())?;
        let test_refused = (!tested.status.success()).then(|| printed_of(&tested));
        Ok(Configuration { test_refused, ..configuration })
    }

    /// Reads the configuration without fail2ban's own test of it.
    pub(crate) async fn read_untested(&self) -> Result<Configuration, ClientError> {
        let dumped = self.call(&["-d"], TEST_DEADLINE, MOST_DUMP).run().await?;
        // If no jail is sound the program fails, and still prints the commands that it would send.
        let is_dump = dumped.stdout.starts_with(b"[");
        let is_odd = dumped.status.success() && !is_dump && !dumped.stdout.is_empty();
        if dumped.stdout.len() >= MOST_DUMP || is_odd {
            return Err(failed(&dumped));
        }
        let dump = if dumped.status.success() || is_dump {
            dumped.stdout.clone()
        } else {
            self.read_by_jail().await?.ok_or_else(|| refused(&dumped))?
        };
        self.secrets.set_configured(secrets(&dump));
        let without_log = output::jails_without_log(&dumped.errors());
        Ok(Configuration { dump, without_log, test_refused: None })
    }

    /// Reads each jail by itself. Returns `None` where not even the part that they share can be
    /// read.
    async fn read_by_jail(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let (config, socket) = (absolute(&self.config_dir), absolute(&self.socket));
        let head = Head { config: &config, socket: &socket };
        let read = self.script(READ, &head, &[], TEST_DEADLINE, MOST_DUMP)?.run().await?;
        let is_dump = read.status.success() && read.stdout.len() < MOST_DUMP;
        if !is_dump {
            tracing::debug!(errors = read.errors(), "the configuration cannot be read jail by jail");
        }
        Ok(is_dump.then_some(read.stdout))
    }
}

/// The jails of the lines `['start', 'sshd']`, and those that fail2ban skips as their configuration is
/// wrong (`fail2ban/client/jailreader.py`, `convert`). One whose name we could never send is left out: it
/// can not be started from here either.
fn started(dump: &str) -> Vec<JailName> {
    let name = |line: &str| {
        let line = line.trim();
        if let Some(word) = line.strip_prefix("['start', ") {
            return unquoted(word.strip_suffix(']')?);
        }
        left_out(line, "' skipped, because of wrong configuration")
    };
    dump.lines().filter_map(|line| name(line)?.parse().ok()).collect()
}

/// The jails that fail2ban skips for this `reason` (`fail2ban/client/jailreader.py`, `convert`).
fn skipped(dump: &str, reason: &str) -> Vec<JailName> {
    dump.lines().filter_map(|line| left_out(line.trim(), reason)?.parse().ok()).collect()
}

/// The jail that a line says is skipped for this `reason`.
fn left_out(line: &str, reason: &str) -> Option<String> {
    let text = unquoted(line.strip_prefix("['config-error', ")?.strip_suffix(']')?)?;
    let (name, _) = text.strip_prefix("Jail '")?.split_once(reason)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::mask_text;

    #[test]
    fn the_secrets_of_a_dump_are_those_of_its_actions() {
        let dump = r#"['set', 'sshd', 'addfailregex', '^token: abcdefgh from <HOST>']
['set', 'sshd', 'addaction', 'smtp', 'smtp.py', '{"user": "me", "password": "smtp-p4ss"}']
['multi-set', 'sshd', 'action', 'x', [['actionban', 'curl -u me:sh0rtpw <ip>'], ['cftoken', 'it\'s s3cret']]]
"#;
        let secrets = secrets(dump.as_bytes());
        let words = "smtp-p4ss, sh0rtpw, it's s3cret, abcdefgh";
        assert_eq!(mask_text(words, &secrets), "••••••, ••••••, ••••••, abcdefgh");
    }

    #[test]
    fn the_jails_that_a_dump_starts_are_read_in_its_order() {
        let dump = r#"['set', 'syslogsocket', 'auto']
['add', 'other', 'polling']
['set', 'other', 'addfailregex', "['start', 'fake']"]
['start', 'sshd']
['start', "o'hara"]
['start', 'back\\slash']
['start', 'café-日本']
['start', 'a\nb']
['start', '--all']
['config-error', "Jail 'broken' skipped, because of wrong configuration: Unable to read the filter 'x'"]
['config-error', "Jail 'skipped' skipped, because of missing log files."]
"#;
        let names: Vec<String> = started(dump).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["sshd", "o'hara", r"back\slash", "café-日本", "broken"]);
        let without_log = skipped(dump, "' skipped, because of missing log files");
        assert_eq!(without_log.iter().map(JailName::as_str).collect::<Vec<_>>(), ["skipped"]);
    }
}
