//! The evidence for a ban, as fail2ban writes it beside the ban (`fail2ban/server/database.py`,
//! `addBan`): `{"matches": [log lines…], "failures": 3, "user": "root", …}`. Read piece by piece: a
//! record of 10,000 lines is in memory only as its own text, never as a whole besides.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::domain::lookup::Evidence;
use crate::domain::text::printable;

/// The most log lines of one ban that are shown, and the most user names. fail2ban keeps ten
/// (`dbmaxmatches`).
const MOST: usize = 100;

/// Reads the record of one ban. `None` where it is of another form.
pub(crate) fn parse_evidence(json: &str) -> Option<Evidence> {
    let record: Record = serde_json::from_str(json).ok()?;
    let matches = record.matches.unwrap_or_default();
    Some(Evidence {
        failures: record.failures.unwrap_or_default(),
        users: record.user.unwrap_or_default().0,
        lines: matches.first.into_iter().map(|Line(line)| line).collect(),
        more_lines: matches.more,
    })
}

#[derive(serde::Deserialize)]
struct Record {
    matches: Option<First<Line>>,
    failures: Option<u64>,
    user: Option<Users>,
}

/// The first items of a list, and the number of further ones.
struct First<T> {
    first: Vec<T>,
    more: u64,
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self { first: Vec::new(), more: 0 }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = First<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<First<T>, A::Error> {
                let mut list = First::default();
                while list.first.len() < MOST {
                    match items.next_element()? {
                        Some(item) => list.first.push(item),
                        None => return Ok(list),
                    }
                }
                while items.next_element::<IgnoredAny>()?.is_some() {
                    list.more += 1;
                }
                Ok(list)
            }
        }

        from.deserialize_seq(List(PhantomData))
    }
}

/// A line is a text, or three: the part before the time, the time, the part after it.
struct Line(String);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Parts;

        impl<'de> Visitor<'de> for Parts {
            type Value = Line;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a log line")
            }

            fn visit_str<E>(self, line: &str) -> Result<Line, E> {
                Ok(Line(printable(line)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Line, A::Error> {
                let mut line = String::new();
                while let Some(part) = parts.next_element::<String>()? {
                    line.push_str(&part);
                }
                Ok(Line(printable(&line)))
            }
        }

        from.deserialize_any(Parts)
    }
}

/// One user name or several; anything else is none.
#[derive(Default)]
struct Users(Vec<String>);

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = match serde_json::Value::deserialize(from)? {
            one @ serde_json::Value::String(_) => vec![one],
            serde_json::Value::Array(several) => several,
            _ => Vec::new(),
        };
        Ok(Self(names.iter().take(MOST).filter_map(serde_json::Value::as_str).map(printable).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_whether_they_came_in_one_piece_or_three() {
        let json = r#"{"matches": [["", "Nov 22 13:31:06", " host sshd[1]: x"], "Nov 22 13:31:07 host y"],
                       "failures": 3, "user": "root", "ip4": "203.0.113.5"}"#;
        let read = parse_evidence(json);
        let expected = ["Nov 22 13:31:06 host sshd[1]: x", "Nov 22 13:31:07 host y"];
        assert_eq!(read.as_ref().map(|read| read.lines.clone()), Some(expected.map(str::to_owned).to_vec()));
        assert_eq!(read.map(|read| (read.failures, read.users)), Some((3, vec!["root".to_owned()])));
    }

    #[test]
    fn of_very_many_lines_the_first_are_read_and_the_others_counted() {
        let json = format!(r#"{{"matches": [{}"last"], "failures": 5}}"#, r#""x","#.repeat(9_999));
        let read = parse_evidence(&json).unwrap_or_default();
        assert_eq!((read.lines.len(), read.more_lines, read.failures), (MOST, 9_900, 5));
        let long = super::parse_evidence(&format!(r#"{{"matches": ["{}"]}}"#, "x".repeat(1_000_000)));
        assert_eq!(long.map(|long| long.lines.concat().chars().count()), Some(600));
    }

    #[test]
    fn a_ban_by_hand_has_no_lines_and_another_form_is_not_guessed_at() {
        assert_eq!(parse_evidence(r#"{"matches": [], "failures": 0}"#), Some(Evidence::default()));
        assert_eq!(
            parse_evidence(r#"{"matches": null, "failures": null, "user": 3}"#),
            Some(Evidence::default())
        );
        assert_eq!(parse_evidence("{}"), Some(Evidence::default()));
        for other in ["", "[]", r#"{"matches": 3}"#, r#"{"matches": [{"a": 1}]}"#, r#"{"failures": -1}"#] {
            assert_eq!(parse_evidence(other), None, "{other}");
        }
    }
}
