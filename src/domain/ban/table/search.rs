//! Searching a table: all entries as one text, and their countries as one column.

use memchr::memmem;

use crate::domain::ban::table::found::{Found, Search};
use crate::domain::geo::origin::sets::Tally;

use super::BanTable;

impl BanTable {
    /// The bans that `search` finds.
    #[must_use]
    pub fn search(&self, search: &Search) -> Found {
        if search.needle.is_empty() && search.origin.is_none() {
            return Found { places: None, number: self.bans.len(), origins: self.tally.clone() };
        }
        let (mut places, origins) = if search.needle.is_empty() {
            (vec![true; self.bans.len()], self.tally.clone())
        } else {
            self.search_text(search)
        };
        let mut number = 0;
        for (place, origin) in places.iter_mut().zip(&self.origins) {
            *place &= search.origin.is_none_or(|wanted| wanted == *origin);
            number += usize::from(*place);
        }
        Found { places: Some(places), number, origins }
    }

    /// Returns the bans that the text alone finds, and their origins.
    fn search_text(&self, search: &Search) -> (Vec<bool>, Tally) {
        let mut places: Vec<bool> = self.origins.iter().map(|origin| search.meant.contain(*origin)).collect();
        let finder = memmem::Finder::new(&search.needle);
        let text = self.text.as_bytes();
        let (mut line, mut from) = (0, 0);
        let line_end = |line: usize| self.lines.get(line + 1).map_or(text.len(), |end| *end as usize) - 1;
        while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
            let begin = from + at;
            while line_end(line) < begin {
                line += 1;
            }
            // An entry may be any text, with line ends of its own, so a needle may reach over two lines.
            if begin + search.needle.len() > line_end(line) {
                from = begin + 1;
                continue;
            }
            if let Some(place) = places.get_mut(line) {
                *place = true;
            }
            from = line_end(line) + 1;
        }
        let mut tally = Tally::default();
        for (origin, _) in self.origins.iter().zip(&places).filter(|(_, found)| **found) {
            tally.add(*origin);
        }
        (places, tally)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::geo::origin::Origin;
    use jiff::Timestamp;

    use super::super::super::Ban;
    use super::super::super::order::{Direction, Sort};
    use super::*;
    use crate::domain::address::Banned;
    use crate::domain::jail::length::Length;

    fn table() -> BanTable {
        let entries =
            ["1.1.1.1", "8.8.8.8", "8.8.0.0/16", "10.0.0.7", "somebody-from-germany", "2a02:8071::1"];
        let ban = |entry: &str| Ban {
            banned: Banned::from_daemon(entry),
            since: Timestamp::UNIX_EPOCH,
            length: Length::Permanent,
        };
        BanTable::new(entries.map(ban).to_vec())
    }

    fn origin(word: &str) -> Option<Origin> {
        Origin::from_slug(word)
    }

    fn entries(search: &str, from: Option<Origin>, direction: Direction) -> Vec<String> {
        let table = table();
        let found = table.search(&Search::new(search, from));
        let sorted = table.sorted(&found, Sort::Country, direction);
        let entries: Vec<String> = sorted.map(|(ban, _)| ban.banned.to_string()).collect();
        assert_eq!(entries.len(), found.number);
        entries
    }

    #[test]
    fn bans_are_sorted_by_the_name_of_the_country_and_what_has_none_comes_last() {
        let mut sorted = entries("", None, Direction::Ascending);
        let expected =
            ["1.1.1.1", "2a02:8071::1", "8.8.8.8", "8.8.0.0/16", "10.0.0.7", "somebody-from-germany"];
        assert_eq!(sorted, expected);
        sorted.reverse();
        assert_eq!(entries("", None, Direction::Descending), sorted);
    }

    #[test]
    fn a_search_finds_entries_and_names_of_countries() {
        let found = |search: &str| entries(search, None, Direction::Ascending);
        assert_eq!(found("GERMANY"), ["2a02:8071::1", "somebody-from-germany"]);
        assert_eq!(found("us"), ["8.8.8.8", "8.8.0.0/16"]);
        assert_eq!(found("private"), ["10.0.0.7"]);
        assert_eq!(found("8.8"), ["8.8.8.8", "8.8.0.0/16"]);
        assert!(found("France").is_empty());
    }

    #[test]
    fn one_country_is_cut_out_of_what_is_found_and_all_of_it_is_counted() {
        assert_eq!(entries("", origin("US"), Direction::Ascending), ["8.8.8.8", "8.8.0.0/16"]);
        assert_eq!(entries("8.8.8", origin("US"), Direction::Ascending), ["8.8.8.8"]);
        assert_eq!(entries("", origin("unknown"), Direction::Ascending), ["somebody-from-germany"]);
        assert!(entries("", origin("FR"), Direction::Ascending).is_empty());
        let words = |search: &str, from: Option<Origin>| -> Vec<(&str, usize)> {
            let ranked = table().search(&Search::new(search, from)).origins.ranked();
            ranked.into_iter().map(|(origin, number)| (origin.slug(), number)).collect()
        };
        assert_eq!(
            words("", origin("DE")),
            [("US", 2), ("AU", 1), ("DE", 1), ("private", 1), ("unknown", 1)]
        );
        assert_eq!(words("germany", origin("US")), [("DE", 1), ("unknown", 1)]);
        assert_eq!(words("8", None), [("US", 2), ("DE", 1)]);
    }
}
