//! Lifting what reads like an option of the command that lifts it.

use super::Error;
use super::command;
use super::pickle::Value;

/// What `unbanip` takes for an option where it comes first (`transmitter.py`, `__commandSet`).
const REPORT_ABSENT: &str = "--report-absent";

/// The words of an `unbanip` in which nothing that was banned is taken for an option: another entry comes
/// first. Where there is no other the option itself does, and fail2ban then refuses what is not banned
/// ([`unbanned`]).
pub(super) fn with_no_option_in_front(mut words: Vec<String>) -> Vec<String> {
    if words.get(3).is_some_and(|first| first == REPORT_ABSENT) {
        match words.iter().skip(4).position(|word| word != REPORT_ABSENT) {
            Some(other) => words.swap(3, 4 + other),
            None => words.insert(3, REPORT_ABSENT.to_owned()),
        }
    }
    words
}

/// Reads the answer to an `unbanip`: how many were banned.
pub(super) fn unbanned(answer: Result<Value, Error>) -> Result<u64, Error> {
    match answer {
        Err(Error::Refused { message, .. }) if message == format!("not banned: ['{REPORT_ABSENT}']") => Ok(0),
        answer => command::count(&answer?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(entries: &[&str]) -> Vec<String> {
        ["set", "sshd", "unbanip"].iter().chain(entries).map(ToString::to_string).collect()
    }

    #[test]
    fn an_entry_that_is_an_option_never_comes_first_alone() {
        for (entries, sent) in [
            (&["203.0.113.5", REPORT_ABSENT][..], &["203.0.113.5", REPORT_ABSENT][..]),
            (&[REPORT_ABSENT, "203.0.113.5"], &["203.0.113.5", REPORT_ABSENT]),
            (&[REPORT_ABSENT], &[REPORT_ABSENT, REPORT_ABSENT]),
            (&["--all"], &["--all"]),
            (&[], &[]),
        ] {
            assert_eq!(with_no_option_in_front(words(entries)), words(sent));
        }
    }

    #[test]
    fn that_such_an_entry_was_not_banned_is_no_refusal() {
        let refused = |message: &str| {
            unbanned(Err(Error::Refused { class: "ValueError".to_owned(), message: message.to_owned() }))
        };
        assert!(matches!(refused("not banned: ['--report-absent']"), Ok(0)));
        assert!(refused("not banned: ['203.0.113.5']").is_err());
        assert!(matches!(unbanned(Ok(Value::Int(2))), Ok(2)));
    }
}
