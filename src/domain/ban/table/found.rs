//! What is searched for in a table of bans, and what was found.

use crate::domain::geo::origin::Origin;
use crate::domain::geo::origin::sets::{Origins, Tally};

/// What is searched for, made ready to be asked of several tables.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) needle: String,
    /// The countries that the text means.
    pub(crate) meant: Origins,
    pub(crate) origin: Option<Origin>,
}

impl Search {
    /// The bans whose entry contains `text`, in any case, or whose country it means; of those the ones
    /// that come from `origin`. An empty text and no origin find all.
    #[must_use]
    pub fn new(text: &str, origin: Option<Origin>) -> Self {
        Self { needle: text.trim().to_lowercase(), meant: Origins::meant_by(text), origin }
    }
}

/// Which bans a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// By place; `None` where it is all of them.
    pub(crate) places: Option<Vec<bool>>,
    /// How many they are.
    pub number: usize,
    /// From where those come that the text alone finds.
    pub(crate) origins: Tally,
}

impl Found {
    pub(crate) fn has(&self, place: u32) -> bool {
        self.places.as_ref().is_none_or(|found| found.get(place as usize) == Some(&true))
    }
}
