//! The columns of fail2ban's database. SQLite takes any value in any column, and fail2ban writes
//! what it has: a ban time with a random part or out of a formula is a REAL. A value of no use
//! reads as `None`, so that it costs its own field or row and no other.

use jiff::Timestamp;
use rusqlite::types::ValueRef;

use crate::domain::address::Banned;
use crate::domain::jail::Length;

/// fail2ban's mark for a ban time that it does not know (`fail2ban/server/database.py`, `updateDb`).
pub(crate) const LENGTH_UNKNOWN: i64 = -2;

/// Reads the time when a ban began.
pub(crate) fn time(value: ValueRef<'_>) -> Option<Timestamp> {
    Timestamp::from_second(whole(value)?).ok()
}

/// Reads the length of a ban.
pub(crate) fn length(value: ValueRef<'_>) -> Option<Length> {
    match value {
        ValueRef::Integer(LENGTH_UNKNOWN) | ValueRef::Blob(_) | ValueRef::Null => None,
        ValueRef::Integer(seconds) => Some(Length::from_daemon(seconds)),
        ValueRef::Real(seconds) => Length::from_fraction(seconds),
        ValueRef::Text(text) => {
            let text = str::from_utf8(text).ok()?.trim();
            Length::from_digits(text).or_else(|| Length::from_fraction(text.parse().ok()?))
        }
    }
}

/// Reads a count.
pub(crate) fn count(value: ValueRef<'_>) -> Option<u64> {
    u64::try_from(whole(value)?).ok()
}

/// Reads a text as it stands.
pub(crate) fn text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(text) => str::from_utf8(text).ok(),
        _ => None,
    }
}

/// Reads the entry that was banned.
pub(crate) fn banned(value: ValueRef<'_>) -> Option<Banned> {
    text(value).map(Banned::from_daemon)
}

/// Reads a whole number; the part behind the point of another one is left out.
fn whole(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) => rounded_down(number),
        ValueRef::Text(text) => {
            let text = str::from_utf8(text).ok()?.trim();
            text.parse().ok().or_else(|| rounded_down(text.parse().ok()?))
        }
        ValueRef::Blob(_) | ValueRef::Null => None,
    }
}

fn rounded_down(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the guard bounds it")]
    let whole = (number.abs() < 9e15).then(|| number.floor() as i64);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_however_they_are_stored() {
        for (value, seconds) in [
            (ValueRef::Integer(7), Some(7)),
            (ValueRef::Real(7.9), Some(7)),
            (ValueRef::Real(-0.5), Some(-1)),
            (ValueRef::Text(b" 7 "), Some(7)),
            (ValueRef::Text(b"7.9"), Some(7)),
            (ValueRef::Real(1e300), None),
            (ValueRef::Real(f64::NAN), None),
            (ValueRef::Text(b"soon"), None),
            (ValueRef::Text(b"\xff"), None),
            (ValueRef::Text(b"inf"), None),
            (ValueRef::Blob(b"7"), None),
            (ValueRef::Null, None),
        ] {
            assert_eq!(whole(value), seconds, "{value:?}");
        }
    }

    #[test]
    fn a_length_is_read_as_the_ban_list_tells_it() {
        for (value, length) in [
            (ValueRef::Integer(3600), Some(Length::Seconds(3600))),
            (ValueRef::Integer(-1), Some(Length::Permanent)),
            (ValueRef::Integer(-2), None),
            (ValueRef::Real(298.809), Some(Length::Seconds(298))),
            (ValueRef::Real(6.986e19), Some(Length::PracticallyForever)),
            (ValueRef::Text(b"69868542114970189824"), Some(Length::PracticallyForever)),
            (ValueRef::Text(b"298.8"), Some(Length::Seconds(298))),
            (ValueRef::Text(b"1 week"), None),
            (ValueRef::Null, None),
        ] {
            assert_eq!(super::length(value), length, "{value:?}");
        }
    }
}
