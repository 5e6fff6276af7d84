//! A ban as one word in a form: its jail and its entry, with a slash between. Both may hold any
//! character, so each is escaped, and the slash can be of neither.

use std::fmt::Display;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::domain::jail::JailName;

use super::ban_query::UNRESERVED;
use super::error::Error;

/// The word for `banned` in `jail`, as `sshd/203.0.113.5` or `a%20jail/2001%3Adb8%3A%3A5`.
pub(super) fn write(jail: &JailName, banned: impl Display) -> String {
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
pub(super) fn read(word: &str) -> Result<(JailName, String), Error> {
    let bad = || Error::BadInput("The form names a ban that cannot be read.".to_owned());
    let (jail, banned) = word.split_once('/').ok_or_else(bad)?;
    let plain = |text| percent_decode_str(text).decode_utf8().map_err(|_| bad());
    let jail = plain(jail)?.parse().map_err(|_| bad())?;
    let banned = plain(banned)?.into_owned();
    if banned.is_empty() { Err(bad()) } else { Ok((jail, banned)) }
}

/// Reads several.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn read_all<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<(JailName, String)>, Error> {
    words.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_jail_and_any_entry_read_back_as_they_were() {
        for (jail, banned) in [("sshd", "203.0.113.5"), ("a/b %2F", "2001:db8::/32"), ("ü", "a/b c%&=+")] {
            let name: JailName = jail.parse().unwrap_or_else(|e| unreachable!("{e}"));
            let word = write(&name, banned);
            assert_eq!(read(&word).ok(), Some((name, banned.to_owned())), "{word}");
        }
    }

    #[test]
    fn what_is_no_such_word_is_refused() {
        for word in
            ["", "sshd", "/203.0.113.5", "sshd/", "sshd/%FF", "a%0Ab/203.0.113.5", "logtarget/203.0.113.5"]
        {
            assert!(read(word).is_err(), "{word}");
        }
    }
}
