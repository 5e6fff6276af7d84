//! A ban as one word in a form: its jail and its entry, with a slash between. Both may hold any
//! character, so each is escaped, and the slash can be of neither.

use std::fmt::Display;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::domain::address::{Banned, Target};
use crate::domain::jail::JailName;
use crate::web::problem::error::Error;

use super::ban_query::UNRESERVED;
use super::form::Fields;

/// The word for `banned` in `jail`, as `sshd/203.0.113.5` or `a%20jail/2001%3Adb8%3A%3A5`.
pub(crate) fn format_ban_key(jail: &JailName, banned: impl Display) -> String {
    let banned = banned.to_string();
    format!(
        "{}/{}",
        utf8_percent_encode(jail.as_str(), &UNRESERVED),
        utf8_percent_encode(&banned, &UNRESERVED)
    )
}

/// Reads such a word.
///
/// # Errors
/// When it is not one.
pub(crate) fn parse_ban_key(word: &str) -> Result<(JailName, String), Error> {
    let bad = || Error::BadInput("The form names a ban that cannot be read.".to_owned());
    let (jail, banned) = word.split_once('/').ok_or_else(bad)?;
    let plain = |text| percent_decode_str(text).decode_utf8().map_err(|_| bad());
    let jail = plain(jail)?.parse().map_err(|_| bad())?;
    let banned = plain(banned)?.into_owned();
    if banned.is_empty() { Err(bad()) } else { Ok((jail, banned)) }
}

/// A field of a form that names one entry.
pub(crate) struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// The field that names `banned`: `ip` with the entry as it stands, or `entry` with it escaped where a form
/// would not bring it as it stands. A browser turns a line feed into two characters, and whoever types an
/// address may put spaces around it.
pub(crate) fn field(banned: &Banned) -> Field {
    let text = banned.to_string();
    if text.trim() == text && !text.contains(char::is_control) {
        Field { name: "ip", value: text }
    } else {
        Field { name: "entry", value: utf8_percent_encode(&text, &UNRESERVED).to_string() }
    }
}

/// Reads the entries that such fields name.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn named(fields: &Fields) -> Result<Vec<String>, Error> {
    let bad = || Error::BadInput("The form names an entry that cannot be read.".to_owned());
    let escaped = fields.all("entry").map(|entry| {
        percent_decode_str(entry).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| bad())
    });
    fields.all("ip").map(|ip| Ok(ip.to_owned())).chain(escaped).collect()
}

/// Returns true if one of the entries that such fields name is a large network.
pub(crate) fn names_many(fields: &Fields) -> bool {
    let holds_many = |named: &String| named.parse::<Target>().is_ok_and(|target| target.holds_many());
    named(fields).is_ok_and(|named| named.iter().any(holds_many))
}

/// Reads several.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) fn read_all<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<(JailName, String)>, Error> {
    words.map(parse_ban_key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_jail_and_any_entry_read_back_as_they_were() {
        for (jail, banned) in [("sshd", "203.0.113.5"), ("a/b %2F", "2001:db8::/32"), ("ü", "a/b c%&=+")] {
            let name: JailName = jail.parse().unwrap_or_else(|e| unreachable!("{e}"));
            let word = format_ban_key(&name, banned);
            assert_eq!(parse_ban_key(&word).ok(), Some((name, banned.to_owned())), "{word}");
        }
    }

    #[test]
    fn an_entry_that_a_form_would_change_is_escaped() -> Result<(), Error> {
        for (entry, name) in [
            ("2001:db8::5", "ip"),
            ("o'hara, a%b", "ip"),
            ("a\nb", "entry"),
            (" lead", "entry"),
            ("t%\t", "entry"),
        ] {
            let field = field(&Banned::from_daemon(entry));
            let mut body = form_urlencoded::Serializer::new(String::new());
            let body = body.append_pair(field.name, &field.value).finish();
            assert_eq!((field.name, named(&Fields::parse(body.as_bytes()))?), (name, vec![entry.to_owned()]));
        }
        assert!(named(&Fields::parse(b"entry=%25FF")).is_err());
        Ok(())
    }

    #[test]
    fn what_is_no_such_word_is_refused() {
        for word in
            ["", "sshd", "/203.0.113.5", "sshd/", "sshd/%FF", "a%0Ab/203.0.113.5", "logtarget/203.0.113.5"]
        {
            assert!(parse_ban_key(word).is_err(), "{word}");
        }
    }
}
