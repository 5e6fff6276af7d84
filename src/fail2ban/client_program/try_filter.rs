//! Trying a jail's filter on lines, with fail2ban's own code in a process of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::filter_trial::{BrokenLines, FilterTrial, Finding, TriedExpressions, TriedLine, Untried};
use crate::domain::jail::JailName;
use crate::fail2ban::client_error::ClientError;
use crate::fail2ban::filter_settings::{FilterSettings, FilterSource};
use crate::fail2ban::known_secrets::KnownSecrets;

use super::{ClientProgram, failed};

const SCRIPT: &str = concat!(
    include_str!("stream.py"),
    include_str!("filter_lines.py"),
    include_str!("try_filter.py"),
    include_str!("apart.py")
);
/// The most seconds of one trial: an expression may try the same text in more ways than anybody waits for.
const OF_ONE: u64 = 10;
/// The most seconds of many. Those that are not begun by then are left out.
const OF_ALL: u64 = 60;
/// Beyond them the program itself does not go on.
const GRACE: Duration = Duration::from_secs(10);
/// Some hundred lines with their groups, each character of which may be written as six.
const MOST_OUTPUT: usize = 8 * 1024 * 1024;

/// A filter and the lines to try it on.
#[derive(Debug, Serialize)]
pub(crate) struct FilterCall<'a> {
    pub(crate) jail: &'a JailName,
    pub(crate) settings: &'a FilterSettings,
    pub(crate) source: &'a FilterSource,
    /// The daemon's root directory, where its process is known.
    pub(crate) root: Option<String>,
    /// The most lines of each kind that are shown.
    pub(crate) most_shown: usize,
}

/// What the script reads first.
#[derive(Debug, Serialize)]
struct Head<'a> {
    trials: &'a [FilterCall<'a>],
    limits: Limits,
}

#[derive(Debug, Serialize)]
struct Limits {
    seconds: u64,
    seconds_of_all: u64,
    /// Of the answer of one.
    bytes: usize,
}

#[derive(Deserialize)]
enum Answer {
    Tried(FilterTrial),
    Untried(Untried),
}

impl ClientProgram {
    /// Has filters read lines, each in a process of its own. `configuration` has the commands about what the daemon does
    /// not tell whole. Returns as many answers as there are calls.
    ///
    /// # Errors
    /// fail2ban's Python is not installed or failed.
    pub(crate) async fn try_filters(
        &self,
        calls: &[FilterCall<'_>],
        configuration: &[u8],
    ) -> Result<Vec<Result<FilterTrial, Untried>>, ClientError> {
        let limits = Limits { seconds: OF_ONE, seconds_of_all: OF_ALL, bytes: MOST_OUTPUT };
        let head = Head { trials: calls, limits };
        let deadline = Duration::from_secs(OF_ALL) + GRACE;
        let call = self.script(
            SCRIPT,
            &head,
            &of_filters(configuration),
            deadline,
            calls.len().min(8) * MOST_OUTPUT,
        )?;
        let finished = match call.run().await {
            Err(ClientError::Deadline(_)) => {
                return Ok(calls.iter().map(|_| Err(Untried::TooSlow)).collect());
            }
            finished => finished?,
        };
        if !finished.status.success() {
            return Err(failed(&finished));
        }
        let mut answers = finished.stdout.split(|byte| *byte == b'\n');
        Ok(calls.iter().map(|_| self.answer(answers.next().unwrap_or_default())).collect())
    }

    fn answer(&self, line: &[u8]) -> Result<FilterTrial, Untried> {
        match serde_json::from_slice(line) {
            Ok(Answer::Tried(trial)) => Ok(masked(trial, &self.secrets)),
            Ok(Answer::Untried(Untried::Refused { setting, index, words })) => {
                Err(Untried::Refused { setting, index, words: self.secrets.mask(&words) })
            }
            Ok(Answer::Untried(Untried::Failed(words))) => Err(Untried::Failed(self.secrets.mask(&words))),
            Ok(Answer::Untried(untried)) => Err(untried),
            Err(error) => Err(Untried::Failed(error.to_string())),
        }
    }
}

/// The commands that are about filters, and hold no secret.
fn of_filters(dump: &[u8]) -> Vec<u8> {
    let is_of_filter = |line: &&[u8]| {
        line.starts_with(b"['add', ") || memchr::memmem::find(line, b"'datepattern', ").is_some()
    };
    let lines = dump.split_inclusive(|byte| *byte == b'\n');
    lines.filter(is_of_filter).flatten().copied().collect()
}

/// The trial without any secret that is known: whatever is logged may be one.
fn masked(trial: FilterTrial, secrets: &KnownSecrets) -> FilterTrial {
    let mask = |text: String| secrets.mask(&text);
    let all = |texts: Vec<String>| texts.into_iter().map(mask).collect();
    let found = |found: Finding| Finding {
        id: mask(found.id),
        host: found.host.map(mask),
        groups: found.groups.into_iter().map(|(name, value)| (name, mask(value))).collect(),
        ..found
    };
    let line = |line: TriedLine| TriedLine { text: mask(line.text), found: line.found.map(found), ..line };
    FilterTrial {
        suspicious: all(trial.suspicious),
        broken: trial.broken.map(|broken| BrokenLines { words: mask(broken.words), ..broken }),
        shown: trial.shown.into_iter().map(line).collect(),
        expressions: TriedExpressions {
            failregex: all(trial.expressions.failregex),
            ignoreregex: all(trial.expressions.ignoreregex),
            prefregex: trial.expressions.prefregex.map(mask),
        },
        ..trial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_configuration_only_what_is_about_filters_is_handed_on() {
        let dump = b"['add', 'sshd', 'systemd[journalflags=1]']\n\
                     ['set', 'sshd', 'datepattern', '{^LN-BEG}']\n\
                     ['multi-set', 'sshd', 'action', 'x', [['token', 'SECRET']]]\n";
        let kept = String::from_utf8_lossy(&of_filters(dump)).into_owned();
        assert_eq!(kept.lines().count(), 2);
        assert!(!kept.contains("SECRET"), "{kept}");
    }
}
