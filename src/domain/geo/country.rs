//! Countries: code, English name, and how a search finds them.

use serde::{Deserialize, Serialize};

pub(crate) mod names;

use names::NAMES;

/// The number of letters of a code's alphabet.
const LETTERS: usize = 26;
/// No country has this rank.
const NONE: u8 = u8::MAX;
/// The rank of each of the 26 times 26 codes.
const RANKS: [u8; LETTERS * LETTERS] = ranks();

/// A country, or another area with a code of its own in ISO 3166-1. In the order of the English names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(u8);

impl Country {
    /// Number of countries.
    pub(crate) const NUMBER: usize = NAMES.len();

    /// The country with this code, in capital or small letters.
    #[must_use]
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        let [first, second] = code.as_bytes() else { return None };
        let place = place(first.to_ascii_uppercase(), second.to_ascii_uppercase())?;
        let rank = *RANKS.get(place)?;
        (rank != NONE).then_some(Self(rank))
    }

    /// Its code of two capital letters, as ISO 3166-1 gives it.
    #[must_use]
    pub fn code(self) -> &'static str {
        NAMES[usize::from(self.0)].0
    }

    /// Its common English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)].1
    }

    /// Its place in the order of the names, from 0, below [`Country::NUMBER`].
    #[must_use]
    pub(crate) fn rank(self) -> usize {
        usize::from(self.0)
    }

    /// All of them, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NONE).take(Self::NUMBER).map(Self)
    }
}

impl TryFrom<String> for Country {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| format!("no country has the code {code:?}"))
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

/// Returns the index of a code of two capital letters in [`RANKS`].
const fn place(first: u8, second: u8) -> Option<usize> {
    if first.is_ascii_uppercase() && second.is_ascii_uppercase() {
        Some((first - b'A') as usize * LETTERS + (second - b'A') as usize)
    } else {
        None
    }
}

const fn ranks() -> [u8; LETTERS * LETTERS] {
    let mut ranks = [NONE; LETTERS * LETTERS];
    let mut rank: u8 = 0;
    while (rank as usize) < NAMES.len() {
        let code = NAMES[rank as usize].0.as_bytes();
        if let Some(place) = place(code[0], code[1]) {
            ranks[place] = rank;
        }
        rank += 1;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_is_found_by_its_code_and_stands_in_the_order_of_the_names() {
        let mut before = String::new();
        for country in Country::all() {
            assert_eq!(Country::from_code(country.code()), Some(country), "{}", country.name());
            assert_eq!(Country::from_code(&country.code().to_lowercase()), Some(country));
            let name = super::super::fold::plain(country.name());
            assert!(before < name, "{before} stands before {name}");
            before = name;
        }
        assert_eq!(Country::all().count(), 251);
    }

    #[test]
    fn names_are_the_common_ones() {
        for (code, name) in
            [("RU", "Russia"), ("KR", "South Korea"), ("TW", "Taiwan"), ("TR", "Türkiye"), ("XK", "Kosovo")]
        {
            assert_eq!(Country::from_code(code).map(Country::name), Some(name));
        }
    }

    #[test]
    fn what_is_no_code_is_no_country() {
        for text in ["", "D", "DEU", "ZZ", "1A", "é", "D\0", "AÅ"] {
            assert_eq!(Country::from_code(text), None, "{text:?}");
        }
    }
}
