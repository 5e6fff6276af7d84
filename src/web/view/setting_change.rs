//! Description of how one setting changes, in a few words.

use crate::domain::jail::Length;
use crate::domain::reload::{Change, Difference};
use crate::domain::text::{printable, truncate};

use super::format;
use super::messages::Explain as _;

/// Most values of one setting that are written out.
const MOST_VALUES: usize = 5;
/// The longest value that is written out, in characters.
const LONGEST_VALUE: usize = 160;
/// The settings that are a list.
const LISTS: [&str; 6] = ["failregex", "ignoreregex", "ignoreip", "logpath", "journalmatch", "actions"];
/// The settings that are a number of seconds.
const LENGTHS: [&str; 5] = ["bantime", "findtime", "bantime.maxtime", "bantime.rndtime", "dbpurgeage"];
/// Name that fail2ban gives its built-in date patterns (`fail2ban/server/filter.py`,
/// `getDatePattern`).
const DEFAULT_DATE_PATTERNS: &str = "Default Detectors";

/// A difference in a few words.
pub(crate) fn words_of(difference: &Difference) -> String {
    let setting = name(difference);
    match &difference.change {
        Change::Values { gone, new } if gone.len() <= 1 && new.len() <= 1 && !is_list(difference) => {
            format!("{setting}: {} → {}", value(difference, gone), value(difference, new))
        }
        Change::Values { gone, new } => {
            let gone = (!gone.is_empty()).then(|| format!("without {}", values(difference, gone)));
            let new = (!new.is_empty()).then(|| format!("with {}", values(difference, new)));
            format!("{setting}: {}", gone.into_iter().chain(new).collect::<Vec<_>>().join(", "))
        }
        Change::Order => format!("{setting}: order changed"),
        Change::Hidden => format!("{setting}: changed"),
        Change::Unknown(why) => format!("{setting}: unknown now ({})", printable(&why.explain())),
    }
}

/// Describes the part of the difference that is in no file and is lost.
pub(crate) fn lost(difference: &Difference) -> Option<String> {
    if difference.lost.is_empty() {
        return None;
    }
    let setting = name(difference);
    match &difference.change {
        Change::Values { .. } => Some(format!("{setting} {}", values(difference, &difference.lost))),
        Change::Order | Change::Hidden | Change::Unknown(_) => Some(setting),
    }
}

fn name(difference: &Difference) -> String {
    let setting = printable(&difference.setting);
    match &difference.action {
        Some(action) => format!("{setting} of the action {}", printable(action)),
        None => setting,
    }
}

fn is_list(difference: &Difference) -> bool {
    LISTS.contains(&difference.setting.as_str())
}

fn value(difference: &Difference, texts: &[String]) -> String {
    if texts.is_empty() { "not set".to_owned() } else { values(difference, texts) }
}

fn values(difference: &Difference, texts: &[String]) -> String {
    let shown = |text: &String| shown(&difference.setting, text);
    let mut some: Vec<String> = texts.iter().take(MOST_VALUES).map(shown).collect();
    if texts.len() > MOST_VALUES {
        some.push(format!("{} more", texts.len() - MOST_VALUES));
    }
    some.join(", ")
}

/// A value as people read it.
fn shown(setting: &str, text: &str) -> String {
    let length = text.parse().ok().filter(|_| LENGTHS.contains(&setting));
    match length {
        Some(-1) => format::length(&Length::Permanent),
        Some(seconds @ 0_i64..) => days(seconds.unsigned_abs()),
        None if setting == "datepattern" && text == DEFAULT_DATE_PATTERNS => "default".to_owned(),
        Some(_) | None => truncate(&printable(text), LONGEST_VALUE),
    }
}

/// A length without weeks, beside another one.
fn days(seconds: u64) -> String {
    let length = format::length(&Length::Seconds(seconds));
    if length.contains("week") { format::seconds(seconds) } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_people_read_it() {
        for (setting, text, words) in [
            ("dbpurgeage", "86400", "1 day"),
            ("dbpurgeage", "604800", "7 days"),
            ("bantime", "-1", "permanent"),
            ("bantime", "90", "1 min 30 s"),
            ("findtime", "-7", "-7"),
            ("bantime.maxtime", "1.5", "1.5"),
            ("maxretry", "86400", "86400"),
            ("datepattern", "Default Detectors", "default"),
            ("datepattern", "^(((", "^((("),
        ] {
            assert_eq!(shown(setting, text), words, "{setting} {text}");
        }
    }
}
