//! Many origins: those that a search stands for, and the number of times that each occurs.

use super::Origin;

/// Some origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origins(Vec<bool>);

impl Origins {
    /// Returns those that a search for `text` stands for; see [`Origin::is_meant_by`].
    #[must_use]
    pub(crate) fn meant_by(text: &str) -> Self {
        Self(Origin::all().map(|origin| origin.is_meant_by(text)).collect())
    }

    /// Returns true if `origin` is one of them.
    #[must_use]
    pub(crate) fn contain(&self, origin: Origin) -> bool {
        self.0[origin.rank()]
    }
}

/// The number of times that each origin occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally(Vec<usize>);

impl Default for Tally {
    fn default() -> Self {
        Self(vec![0; Origin::NUMBER])
    }
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, origin: Origin) {
        self.0[origin.rank()] += 1;
    }

    /// Counts all that `other` counted.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(&other.0) {
            *own += more;
        }
    }

    /// Returns the number of times that `origin` occurs.
    #[must_use]
    pub(crate) fn count_of(&self, origin: Origin) -> usize {
        self.0[origin.rank()]
    }

    /// Returns the origins that occur, the most frequent first, equal ones in their order.
    #[must_use]
    pub(crate) fn ranked(&self) -> Vec<(Origin, usize)> {
        let mut ranked: Vec<(Origin, usize)> =
            Origin::all().zip(self.0.iter().copied()).filter(|(_, number)| *number > 0).collect();
        ranked.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Origin {
        Origin::from_slug(word).unwrap_or_else(|| unreachable!("{word}"))
    }

    #[test]
    fn a_search_means_each_country_whose_name_it_begins() {
        let origins = Origins::meant_by("united");
        let names: Vec<&str> =
            Origin::all().filter(|origin| origins.contain(*origin)).map(Origin::name).collect();
        assert_eq!(names, ["United Arab Emirates", "United Kingdom", "United States"]);
    }

    #[test]
    fn the_most_frequent_stands_first() {
        let mut tally = Tally::default();
        for word in ["US", "DE", "US", "private", "FR", "unknown"] {
            tally.add(of(word));
        }
        let words: Vec<(&str, usize)> =
            tally.ranked().into_iter().map(|(origin, number)| (origin.slug(), number)).collect();
        assert_eq!(words, [("US", 2), ("FR", 1), ("DE", 1), ("private", 1), ("unknown", 1)]);
        assert_eq!(
            (
                tally.ranked().iter().map(|(_, number)| number).sum::<usize>(),
                tally.count_of(of("US")),
                tally.count_of(of("CN"))
            ),
            (6, 2, 0)
        );
    }
}
