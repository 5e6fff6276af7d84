//! One value of a setting: set, unset, hidden or unknown.

use crate::domain::jail::{Length, Reading, Unread};

use super::format;

/// More entries than this are folded away.
const MANY: usize = 4;
/// More characters than this are folded away.
const LONG: usize = 400;

/// Presentation of a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShownValue {
    /// It is not set.
    Unset,
    /// It is a secret.
    Hidden,
    /// It could not be read.
    Unknown(Unread),
    /// A few words, and the exact value where the words are not it.
    Words(String, Option<String>),
    /// Text as fail2ban has it, an entry each.
    Code(Vec<String>),
}

impl ShownValue {
    /// Returns true if it is so long that it is folded away.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Code(texts) => {
                texts.len() > MANY || texts.iter().map(|text| text.chars().count()).sum::<usize>() > LONG
            }
            Self::Unset | Self::Hidden | Self::Unknown(_) | Self::Words(..) => false,
        }
    }

    /// Describes the size of the part that is folded away.
    pub(crate) fn size(&self) -> String {
        match self {
            Self::Code(texts) if texts.len() > 1 => format!("{} entries", format::number(texts.len())),
            Self::Code(texts) => {
                let characters = texts.iter().map(|text| text.chars().count()).sum::<usize>();
                format!("{} characters", format::number(characters))
            }
            Self::Unset | Self::Hidden | Self::Unknown(_) | Self::Words(..) => String::new(),
        }
    }

    pub(super) fn from_reading<T>(reading: &Reading<T>, shown: impl FnOnce(&T) -> Self) -> Self {
        reading.as_ref().map_or_else(|unread| Self::Unknown(unread.clone()), shown)
    }

    pub(super) fn option<T>(reading: &Reading<Option<T>>, shown: impl FnOnce(&T) -> Self) -> Self {
        Self::from_reading(reading, |value| value.as_ref().map_or(Self::Unset, shown))
    }

    pub(super) fn list(reading: &Reading<Vec<String>>) -> Self {
        Self::from_reading(reading, |texts| Self::code(texts))
    }

    pub(super) fn code(texts: &[String]) -> Self {
        if texts.is_empty() { Self::Unset } else { Self::Code(texts.to_vec()) }
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Code(vec![text.to_owned()])
    }

    pub(super) fn plain(text: &str) -> Self {
        Self::Words(text.to_owned(), None)
    }

    pub(super) fn yes(is_so: bool) -> Self {
        Self::plain(if is_so { "yes" } else { "no" })
    }

    pub(super) fn length(length: &Length) -> Self {
        Self::Words(format::length(length), Some(format::exact_length(length)))
    }

    pub(super) fn number(number: impl ToString) -> Self {
        Self::plain(&format::number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_and_unknown_are_never_taken_for_each_other_nor_for_a_value() {
        assert_eq!(ShownValue::option(&Ok(None::<bool>), |is_so| ShownValue::yes(*is_so)), ShownValue::Unset);
        assert_eq!(
            ShownValue::option(&Ok(Some(false)), |is_so| ShownValue::yes(*is_so)),
            ShownValue::plain("no")
        );
        assert_eq!(ShownValue::list(&Ok(Vec::new())), ShownValue::Unset);
        let unread = Unread::Refused("no".to_owned());
        assert_eq!(ShownValue::list(&Err(unread.clone())), ShownValue::Unknown(unread.clone()));
        assert_eq!(
            ShownValue::from_reading(&Err(unread.clone()), |number: &u64| ShownValue::number(*number)),
            ShownValue::Unknown(unread.clone())
        );
    }

    #[test]
    fn only_what_is_long_is_folded_away() {
        let code = |text: &str, many| ShownValue::Code(vec![text.to_owned(); many]);
        assert!(!code("short", MANY).is_long());
        assert!(code("short", MANY + 1).is_long());
        assert!(code(&"x".repeat(LONG + 1), 1).is_long());
        assert_eq!(code("short", 9).size(), "9 entries");
    }
}
