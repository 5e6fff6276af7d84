//! A search in a table of bans, and its result.

use crate::domain::geo::origin::Origin;
use crate::domain::geo::origin::sets::{Origins, Tally};

/// A search, made ready to run on several tables.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) needle: String,
    /// The countries that the text stands for.
    pub(crate) meant: Origins,
    pub(crate) origin: Option<Origin>,
}

impl Search {
    /// Makes a search for the bans whose entry contains `text`, in any case, or for whose country
    /// it stands; of those the ones with the origin `origin`. An empty text and no origin find all.
    #[must_use]
    pub fn new(text: &str, origin: Option<Origin>) -> Self {
        Self { needle: text.trim().to_lowercase(), meant: Origins::meant_by(text), origin }
    }
}

/// The bans that a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// True at the place of each ban that was found; `None` where it is all of them.
    pub(crate) places: Option<Vec<bool>>,
    /// Number of bans that were found.
    pub number: usize,
    /// The origins of the bans that the text alone finds.
    pub(crate) origins: Tally,
}

impl Found {
    pub(crate) fn has(&self, place: u32) -> bool {
        self.places.as_ref().is_none_or(|found| found.get(place as usize) == Some(&true))
    }
}
