//! The fields of a form that may hold the same name several times.

use super::error::Error;

/// The fields, in the order in which they came.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form's body.
    ///
    /// # Errors
    /// When it is no form.
    pub(super) fn read(body: &[u8]) -> Result<Self, Error> {
        serde_urlencoded::from_bytes(body)
            .map(Self)
            .map_err(|_| Error::BadInput("The form could not be read.".to_owned()))
    }

    /// Every value of `name`.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The first value of `name`.
    pub(super) fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}
