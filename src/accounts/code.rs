//! One-time codes that people type: of the setup, and for the day that the second factor is lost.

use std::fmt;

use subtle::ConstantTimeEq;

/// The 32 characters of a code, 5 bits each: none that is mistaken for another (i, l, o), and no u, against
/// words.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `LENGTH` random characters of 5 bits each, shown in groups of four, as `k7qm-3v0z-…`.
#[derive(Clone)]
pub struct Code<const LENGTH: usize>(String);

impl<const LENGTH: usize> Code<LENGTH> {
    pub(crate) fn generate() -> Self {
        let bytes: [u8; LENGTH] = rand::random();
        let letter = |byte: u8| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]);
        Self(bytes.into_iter().map(letter).collect())
    }

    /// The code without hyphens.
    pub(crate) fn plain(&self) -> &str {
        &self.0
    }

    /// Returns true if somebody typed this code, in a time that does not depend on how much of it is right.
    pub(crate) fn is(&self, typed: &str) -> bool {
        self.0.as_bytes().ct_eq(plain(typed).as_bytes()).into()
    }
}

/// Normalises what somebody typed as a code: in any case, with or without hyphens and spaces, with letters
/// for the digits that look like them.
pub(crate) fn plain(typed: &str) -> String {
    let figure = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    typed.chars().filter(|c| c.is_alphanumeric()).map(figure).collect()
}

impl<const LENGTH: usize> fmt::Display for Code<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}
