//! The rules for new passwords.

mod guess;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Sorted by bytes, in small letters (`common_passwords/README.md`).
const COMMON: &str = include_str!("common_passwords/list.txt");

/// A password that somebody wants from now on: of any characters, and not a common
/// password. Never shown, never logged. A password typed at a login is not one of these: it is only
/// compared.
#[derive(Clone)]
pub struct Password(String);

/// Reason why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// It is too short or too long.
    #[error("too short or too long for a password")]
    Length,
    /// It is one of those that are guessed first.
    #[error("one of the most common passwords")]
    Common,
    /// It is made of what is tried first here: names, dates, sequences.
    #[error("a password that is soon guessed")]
    Guessed,
}

impl Password {
    /// The fewest characters.
    pub(crate) const SHORTEST: usize = 8;
    /// The most characters: more would only cost time to hash.
    pub(crate) const LONGEST: usize = 128;

    /// Takes `text` for a password. `words` are those that somebody would try first who knows whose it is
    /// and where: names of the account and of the host.
    ///
    /// # Errors
    /// The reason that it cannot be one.
    pub fn new(text: &str, words: &[&str]) -> Result<Self, PasswordError> {
        if !(Self::SHORTEST..=Self::LONGEST).contains(&text.chars().count()) {
            return Err(PasswordError::Length);
        }
        if is_common(text) {
            return Err(PasswordError::Common);
        }
        if guess::is_guessed(text, words) {
            return Err(PasswordError::Guessed);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Without any words: where a person chooses one there is `Accounts::new_password`.
impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        Self::new(text, &[])
    }
}

/// Returns true if `text` is in the list, in whatever case.
fn is_common(text: &str) -> bool {
    let wanted = text.to_lowercase();
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let (start, end) = line_around(low + (high - low) / 2);
        match COMMON[start..end].cmp(&wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// Returns where the line that holds the byte at `middle` begins and ends.
fn line_around(middle: usize) -> (usize, usize) {
    let bytes = COMMON.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..middle]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[middle..]).map_or(bytes.len(), |length| middle + length);
    (start, end)
}

impl Password {
    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<PasswordError> {
        text.parse::<Password>().err()
    }

    #[test]
    fn passwords_have_their_limits_in_characters() {
        assert_eq!(refused("1a2b3c4"), Some(PasswordError::Length));
        assert_eq!(refused("7f-lk2q!"), None);
        let long = "größer als 東京 🔑 ".repeat(9);
        assert_eq!(refused(&long.chars().take(128).collect::<String>()), None);
        assert_eq!(refused(&long.chars().take(129).collect::<String>()), Some(PasswordError::Length));
        assert_eq!(refused("\0 \n🔑 東京 é"), None);
        assert_eq!(format!("{:?}", "quiet harbour lamp".parse::<Password>()), "Ok(Password(…))");
    }

    #[test]
    fn every_common_password_is_refused_in_any_case() {
        for line in COMMON.lines() {
            assert_eq!(refused(line), Some(PasswordError::Common), "{line:?}");
            assert_eq!(refused(&line.to_uppercase()), Some(PasswordError::Common), "{line:?}");
        }
        for typed in ["Password1", "QWERTYUIOP", "12345678", "iLoveYou", "TrustNo1"] {
            assert_eq!(refused(typed), Some(PasswordError::Common), "{typed:?}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_holds_what_the_sources_promise() {
        assert!(COMMON.lines().is_sorted_by(|one, next| one < next));
        assert_eq!(COMMON.lines().count(), 12_196);
        assert!(COMMON.lines().all(|line| line.chars().count() >= 8 && line.to_lowercase() == line));
    }
}
