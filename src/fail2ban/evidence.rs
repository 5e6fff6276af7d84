//! Why an address was banned, as fail2ban writes it beside a ban (`fail2ban/server/database.py`,
//! `addBan`): `{"matches": [log lines…], "failures": 3, "user": "root", …}`.

use serde_json::Value;

use crate::domain::lookup::{Evidence, shown};

/// The most log lines of one ban, and the most user names. fail2ban keeps ten (`dbmaxmatches`).
const MOST: usize = 100;

/// Reads the record of one ban. `None` where it is of another form.
pub(super) fn read(json: &str) -> Option<Evidence> {
    let record: Value = serde_json::from_str(json).ok()?;
    let record = record.as_object()?;
    let matches = match record.get("matches") {
        None | Some(Value::Null) => &[][..],
        Some(matches) => matches.as_array()?.as_slice(),
    };
    let failures = match record.get("failures") {
        None => 0,
        Some(failures) => failures.as_u64()?,
    };
    Some(Evidence {
        failures,
        users: users(record.get("user")),
        lines: matches.iter().take(MOST).map(line).collect::<Option<_>>()?,
    })
}

/// A line is a text, or three: what stands before the time, the time, what stands after it.
fn line(written: &Value) -> Option<String> {
    match written {
        Value::String(text) => Some(shown(text)),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().map(Value::as_str).collect::<Option<_>>()?;
            Some(shown(&parts.concat()))
        }
        _ => None,
    }
}

/// One user name or several; text alone is one.
fn users(written: Option<&Value>) -> Vec<String> {
    let names = match written {
        Some(one @ Value::String(_)) => std::slice::from_ref(one),
        Some(Value::Array(several)) => several.as_slice(),
        _ => &[],
    };
    names.iter().take(MOST).filter_map(Value::as_str).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_whether_they_came_in_one_piece_or_three() {
        let json = r#"{"matches": [["", "Nov 22 13:31:06", " host sshd[1]: x"], "Nov 22 13:31:07 host y"],
                       "failures": 3, "user": "root", "ip4": "203.0.113.5"}"#;
        let read = read(json);
        let expected = ["Nov 22 13:31:06 host sshd[1]: x", "Nov 22 13:31:07 host y"];
        assert_eq!(read.as_ref().map(|read| read.lines.clone()), Some(expected.map(str::to_owned).to_vec()));
        assert_eq!(read.map(|read| (read.failures, read.users)), Some((3, vec!["root".to_owned()])));
    }

    #[test]
    fn a_ban_by_hand_has_no_lines_and_another_form_is_not_guessed_at() {
        assert_eq!(read(r#"{"matches": [], "failures": 0}"#), Some(Evidence::default()));
        assert_eq!(read("{}"), Some(Evidence::default()));
        for other in ["", "[]", r#"{"matches": 3}"#, r#"{"matches": [{"a": 1}]}"#, r#"{"failures": -1}"#] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
