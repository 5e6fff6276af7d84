//! Lifting bans of entries that read like an option of the command that lifts them.

use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::options::REPORT_ABSENT;

use super::command;

/// Reads the answer to an `unbanip`: the number of entries that were banned.
pub(crate) fn unbanned(answer: Result<Value, Error>) -> Result<u64, Error> {
    match answer {
        Err(Error::Refused { message, .. }) if message == format!("not banned: ['{REPORT_ABSENT}']") => Ok(0),
        answer => command::count(&answer?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fail2ban::protocol::options::with_no_option_in_front;

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
