//! Words for the trial of a jail's filter.

use crate::domain::filter_trial::{ExpressionsError, FilterTrial, LogFault, PastedLinesError, Untried};
use crate::domain::text::printable;
use crate::web::view::format;

use super::Explain;

impl Explain for Untried {
    fn explain(&self) -> String {
        match self {
            Self::Unread(_) => "None of the jail's logs can be read, so it bans nobody.".to_owned(),
            Self::NoLog => "The jail has no log file, so it bans nobody.".to_owned(),
            Self::NoJournalModule(words) => format!(
                "The jail reads the system journal, and the Python module for that (python3-systemd) is missing \
                 where BanGUI runs: {}. Paste lines instead.",
                printable(words)
            ),
            Self::Journal(words) => format!("The system journal cannot be read: {}.", printable(words)),
            Self::Refused { setting, index: None, words } => {
                format!("fail2ban refuses {setting}: {}", printable(words))
            }
            Self::Refused { setting, index: Some(index), words } => {
                format!("fail2ban refuses {setting} {}: {}", index + 1, printable(words))
            }
            Self::TooSlow => "The filter did not get through these lines within 10 seconds and was ended. An \
                              expression may try the same text in very many ways: look for a repetition inside a \
                              repetition, as in (a+)+."
                .to_owned(),
            Self::Memory => "The filter took too much memory and was ended.".to_owned(),
            Self::NoTime => "The filters of other jails took all the time that there is for a check. Try it on the \
                             page of its filter."
                .to_owned(),
            Self::Failed(words) => format!("fail2ban's own code failed: {}.", printable(words)),
        }
    }
}

impl Explain for LogFault {
    fn explain(&self) -> String {
        match self {
            Self::Gone => "is not there".to_owned(),
            Self::Denied => "may not be read".to_owned(),
            Self::NoFile => "is a directory, a pipe or a device".to_owned(),
            Self::Failed(words) => format!("cannot be read: {}", printable(words)),
        }
    }
}

impl Explain for PastedLinesError {
    fn explain(&self) -> String {
        "Paste at most 64 KiB.".to_owned()
    }
}

impl Explain for ExpressionsError {
    fn explain(&self) -> String {
        match self {
            Self::TooMany => "Enter at most 500 expressions of 64 KiB together.",
            Self::Unsafe => "An expression contains a control character.",
        }
        .to_owned()
    }
}

/// The refusal of an expression, beside its field.
pub(crate) fn refused_expression(index: Option<u64>, words: &str) -> String {
    let words = printable(words);
    index.map_or_else(
        || format!("fail2ban says: {words}"),
        |index| format!("fail2ban says of expression {}: {words}", index + 1),
    )
}

/// What was found, in a sentence.
pub(crate) fn verdict(trial: &FilterTrial) -> String {
    let lines =
        |count: u64| format!("{} {}", format::number(count), if count == 1 { "line" } else { "lines" });
    match (trial.lines, trial.matched, trial.suspicious_count) {
        (0, ..) => "There are no lines.".to_owned(),
        (all, 0, 0) => format!("The filter finds no failure in {}.", lines(all)),
        (all, 0, looks) => format!(
            "The filter finds no failure in {}, and {} like a failed login.",
            lines(all),
            if looks == 1 { "1 looks".to_owned() } else { format!("{} look", format::number(looks)) }
        ),
        (all, matched, looks) => {
            let of = format!("The filter finds a failure in {} of {}", format::number(matched), lines(all));
            match looks {
                0 => format!("{of}."),
                1 => format!("{of}. 1 other looks like a failed login."),
                _ => format!("{of}. {} others look like failed logins.", format::number(looks)),
            }
        }
    }
}
