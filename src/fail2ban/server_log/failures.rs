//! The lines of fail2ban's log that tell of a failed action (`fail2ban/server/actions.py`, `__checkBan`
//! and `__unBan`; `fail2ban/server/utils.py`, `executeCmd`; alike from 0.11.2 to 1.1.1):
//!
//! ```text
//! … fail2ban.utils   [7]: ERROR   7faf5c25d8b0 -- exec: ipset add …
//! … fail2ban.utils   [7]: ERROR   7faf5c25d8b0 -- stderr: '/bin/sh: 1: ipset: not found'
//! … fail2ban.utils   [7]: ERROR   7faf5c25d8b0 -- returned 127
//! … fail2ban.actions [7]: ERROR   Failed to execute ban jail 'sshd' action 'ipset' info
//!     'ActionInfo({'ip': '203.0.113.5', …})': Error banning 203.0.113.5
//! ```
//!
//! A command that fails is tried twice. Only the log's default form is read: where it has another
//! nothing is known of its actions.

use crate::domain::action_failure::{ActionFailure, ActionTask, CommandEnd, FailureCause, JailFailures};
use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::domain::text::{printable, truncate};

/// Number of lines of a command's error output that are kept.
const MOST_LINES: usize = 3;
/// The most characters of each.
const LONGEST: usize = 160;
/// Number of failures that are kept of one command.
const MOST_FAILURES: usize = 1000;

/// The last command that fail2ban ran.
#[derive(Default)]
struct Attempt<'a> {
    id: &'a str,
    errors: Vec<String>,
    end: Option<CommandEnd>,
}

/// Returns the failures of actions of `jails` in `log`, each once, for the `concerned` entries. A
/// jail without one is left out.
pub(crate) fn parse_failures(
    log: &str,
    jails: &[JailName],
    concerned: impl Fn(&Banned) -> bool,
) -> Vec<JailFailures> {
    let mut found: Vec<JailFailures> = Vec::new();
    let (mut attempt, mut number) = (Attempt::default(), 0);
    for message in log.lines().filter_map(error) {
        if let Some((id, step)) = message.split_once(" -- ").filter(|(id, _)| is_id(id)) {
            attempt.take(id, step);
            continue;
        }
        let failed = jails.iter().find_map(|jail| Some((jail, failure(message, jail, &attempt)?)));
        let Some((jail, failure)) = failed else { continue };
        attempt = Attempt::default();
        if failure.banned.as_ref().is_none_or(&concerned) && add(&mut found, jail, failure) {
            number += 1;
        }
        if number == MOST_FAILURES {
            break;
        }
    }
    found
}

/// Adds `failure` of `jail`. Returns false if the same was added already.
fn add(found: &mut Vec<JailFailures>, jail: &JailName, failure: ActionFailure) -> bool {
    let place = found.iter().position(|known| known.jail == *jail).unwrap_or_else(|| {
        found.push(JailFailures { jail: jail.clone(), failures: Vec::new() });
        found.len() - 1
    });
    let failures = &mut found[place].failures;
    let same = |known: &ActionFailure| {
        known.banned == failure.banned && known.action == failure.action && known.task == failure.task
    };
    let is_new = !failures.iter().any(same);
    if is_new {
        failures.push(failure);
    }
    is_new
}

/// Returns the message of a line that fail2ban logged as an error. Text that others can write into
/// a line, as a user's name, stands behind the level.
fn error(line: &str) -> Option<&str> {
    let (head, rest) = line.split_once("]: ")?;
    let (_, process) = head.rsplit_once('[')?;
    let is_process = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
    let message = rest.strip_prefix("ERROR").filter(|_| is_process && head.contains("fail2ban."))?;
    message.starts_with(' ').then(|| message.trim_start())
}

/// Returns true if it is the number by which fail2ban tells its commands apart.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl<'a> Attempt<'a> {
    fn take(&mut self, id: &'a str, step: &str) {
        if step.starts_with("exec: ") {
            *self = Self { id, ..Self::default() };
        } else if id != self.id {
            // Of a command whose beginning was not seen.
        } else if let Some(text) = step.strip_prefix("stderr: ") {
            if self.errors.len() < MOST_LINES {
                self.errors.push(short(unquoted(text)));
            }
        } else if let Some(status) = step.strip_prefix("returned ") {
            self.end = Some(CommandEnd::Returned(short(status)));
        } else if let Some(signal) = step.strip_prefix("killed with ") {
            // A command that took too long is killed, which is logged afterwards.
            self.end.get_or_insert_with(|| CommandEnd::Killed(short(signal)));
        } else if let Some(rest) = step.strip_prefix("timed out after ") {
            self.end = Some(CommandEnd::TimedOut(short(rest.trim_end_matches('.'))));
        }
    }

    fn cause(&self) -> FailureCause {
        let end = self.end.clone().unwrap_or(CommandEnd::NotRun);
        FailureCause::Command { end, errors: self.errors.clone() }
    }
}

fn failure(message: &str, jail: &JailName, attempt: &Attempt<'_>) -> Option<ActionFailure> {
    let of_jail = format!(" jail '{jail}' action '");
    let rest = message.strip_prefix("Failed to ")?;
    let (what, rest) = rest.split_once(&of_jail)?;
    let (whole, task) = match what {
        "execute ban" | "execute reban" => (false, ActionTask::Ban),
        "execute unban" => (false, ActionTask::Unban),
        "start" => (true, ActionTask::Start),
        // Of a jail that ends.
        "flush bans in" | "stop" => (true, ActionTask::Unban),
        _ => return None,
    };
    if whole {
        let (action, words) = rest.split_once("': ")?;
        return Some(ActionFailure {
            banned: None,
            action: short(action),
            task,
            cause: cause(words, attempt),
        });
    }
    let (action, rest) = rest.split_once("' info '")?;
    let (_, entry) = rest.split_once("'ip': ")?;
    let quote = entry.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
    let (entry, rest) = entry.get(1..)?.split_once(quote)?;
    let (_, words) = rest.rsplit_once("': ").unwrap_or_default();
    let banned = Some(Banned::from_daemon(entry));
    Some(ActionFailure { banned, action: short(action), task, cause: cause(words, attempt) })
}

/// Returns the command's error output, where one failed. Otherwise the action is a program in
/// Python, whose words are left out: they may repeat what it was given, as an address with a token
/// in it.
fn cause(words: &str, attempt: &Attempt<'_>) -> FailureCause {
    let is_of_a_command = words.is_empty() || words.starts_with("Error ");
    if is_of_a_command { attempt.cause() } else { FailureCause::InLog }
}

/// Python's way to write a text (`repr`), without its quotes.
fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('b').unwrap_or(text);
    let within = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('\'').or_else(|| within('"')).unwrap_or(text)
}

fn short(text: &str) -> String {
    printable(&truncate(text, LONGEST))
}

#[cfg(test)]
mod tests;
