//! Trying a jail's filter on lines, with fail2ban's own code in a process of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::filter_trial::{BrokenLines, FilterTrial, Finding, TriedExpressions, TriedLine, Untried};
use crate::domain::jail::JailName;
use crate::fail2ban::client_error::ClientError;
use crate::fail2ban::filter_settings::{FilterSettings, FilterSource};
use crate::fail2ban::known_secrets::KnownSecrets;

use super::{ClientProgram, failed};

const SCRIPT: &str =
    concat!(include_str!("stream.py"), include_str!("filter_lines.py"), include_str!("try_filter.py"));
/// An expression may try the same text in more ways than anybody waits for.
const DEADLINE: Duration = Duration::from_secs(10);
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
}

#[derive(Deserialize)]
enum Answer {
    Tried(FilterTrial),
    Untried(Untried),
}

impl ClientProgram {
    /// Has a filter read lines. `configuration` has the commands about what the daemon does not tell whole.
    ///
    /// # Errors
    /// fail2ban's Python is not installed or failed.
    pub(crate) async fn try_filter(
        &self,
        call: &FilterCall<'_>,
        configuration: &[u8],
    ) -> Result<Result<FilterTrial, Untried>, ClientError> {
        let commands = of_filters(configuration);
        let finished = match self.script(SCRIPT, call, &commands, DEADLINE, MOST_OUTPUT)?.run().await {
            Err(ClientError::Deadline(_)) => return Ok(Err(Untried::TooSlow)),
            finished => finished?,
        };
        if !finished.status.success() {
            return Err(failed(&finished));
        }
        let answer = serde_json::from_slice(&finished.stdout)
            .map_err(|error| ClientError::Unreadable(error.to_string()))?;
        Ok(match answer {
            Answer::Tried(trial) => Ok(masked(trial, &self.secrets)),
            Answer::Untried(Untried::Refused { setting, index, words }) => {
                Err(Untried::Refused { setting, index, words: self.secrets.mask(&words) })
            }
            Answer::Untried(untried) => Err(untried),
        })
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
