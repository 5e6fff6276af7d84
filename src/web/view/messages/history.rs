//! The record of bans in words.

use jiff::Timestamp;

use crate::domain::history::{Ending, RecordGap, RecordedBan};
use crate::domain::jail::Length;
use crate::domain::neighbours::Distance;
use crate::domain::text;
use crate::history::{Absent, Source};
use crate::web::view::format;

use super::Explain;

impl Explain for Absent {
    fn explain(&self) -> String {
        match self {
            Self::SwitchedOff => "The record of bans is switched off: BanGUI was started with --history-days 0.",
            Self::Unopened => {
                "The file of the record of bans cannot be opened, so no ban is recorded. BanGUI's log says why."
            }
        }
        .to_owned()
    }
}

/// What limits the record now; `None` where it is complete as far as fail2ban's database is.
impl Explain for Source {
    fn explain(&self) -> String {
        match self {
            Self::Database => String::new(),
            Self::Lists(reason) => format!(
                "{} Bans are therefore recorded from the lists of the jails, once a minute: one that came and went in between is missing.",
                reason.explain().replace(", so there is no ban history.", ".")
            ),
            Self::Nothing => {
                "fail2ban does not answer now. Bans that it made meanwhile are added when it answers again."
                    .to_owned()
            }
        }
    }
}

/// The time that a list is of, to follow “bans”. `period` is the name of a time that ends now.
pub(crate) fn time(period: Option<&str>) -> String {
    period.map_or_else(|| "in the chosen time".to_owned(), |name| format!("in the last {name}"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
/// The name of an ending, where one is chosen.
pub(crate) fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Standing => "Still standing",
        Ending::RanOut => "Ran out",
        Ending::Lifted => "Lifted",
        Ending::Unknown => "Ended, unknown how",
    }
}

/// A start of fail2ban.
pub(crate) fn started(at: Timestamp) -> String {
    format!("{}: fail2ban started", format::stamp(&at))
}

/// Failures that a jail found one soon after the other.
pub(crate) fn found(first: Timestamp, last: Timestamp, number: usize) -> String {
    let begin = format::stamp(&first);
    match number {
        1 => format!("{begin}: 1 failure found"),
        _ if first.as_second() == last.as_second() => {
            format!("{begin}: {} failures found", format::number(number))
        }
        _ => format!("{begin} to {}: {} failures found", format::stamp(&last), format::number(number)),
    }
}

/// How a ban ended, in a few words, or that it stands; `blocks_nothing` where its jail does not run.
pub(crate) fn stands_or_ended(ban: &RecordedBan, blocks_nothing: bool) -> String {
    if blocks_nothing { "its jail does not run".to_owned() } else { ended(ban) }
}

/// How a ban ended, in a few words.
pub(crate) fn ended(ban: &RecordedBan) -> String {
    match (ban.ending, &ban.by, ban.length) {
        (Ending::Standing, _, Some(Length::Permanent | Length::PracticallyForever)) => {
            "stands forever".to_owned()
        }
        (Ending::Standing, ..) => "still standing".to_owned(),
        (Ending::RanOut, ..) => "ran out".to_owned(),
        (Ending::Lifted, Some(by), _) => format!("lifted by {}", text::escaped(by)),
        (Ending::Lifted, None, _) => "lifted outside BanGUI".to_owned(),
        (Ending::Unknown, ..) => "ended, unknown how".to_owned(),
    }
}

/// How far something is from a jail that counts bans, in a sentence.
pub(crate) fn distance(distance: &Distance) -> String {
    let Distance { jail, needed, counted, within } = distance;
    format!(
        "{} needs {} within {}. BanGUI has recorded {}.",
        text::escaped(jail),
        format::bans(*needed, None),
        format::length(within),
        format::bans(*counted, None)
    )
}

/// A gap in a sentence.
pub(crate) fn gap(gap: &RecordGap) -> String {
    format!(
        "Between {} and {} BanGUI could not see which bans came and went: some may be missing.",
        format::exact(&gap.since),
        format::exact(&gap.until)
    )
}
