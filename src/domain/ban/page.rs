//! A page of a ban list: searched, sorted and cut. Pure, over lists in memory.

use std::cmp::Ordering;

use itertools::Itertools as _;

use crate::domain::ban::order::{Direction, Sort};
use crate::domain::geo::origin::Origin;
use crate::domain::geo::origin::sets::Tally;
use crate::domain::jail::JailName;

use super::Ban;
use super::table::BanTable;
use super::table::found::{Found, Search};

/// The most rows that one page shows.
pub(crate) const MOST_PER_PAGE: usize = 100;

/// The part of a ban list that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BanQuery {
    /// Part of an address or name of a country; empty for all.
    pub search: String,
    /// The origin that the bans have; `None` for any.
    pub origin: Option<Origin>,
    /// True if every country is shown beside the list, not only the most frequent ones.
    pub(crate) every_country: bool,
    pub sort: Sort,
    /// The direction of the sort.
    pub direction: Direction,
    /// The page, from 1.
    pub page: usize,
    /// Rows a page, from 1 to [`MOST_PER_PAGE`].
    pub(crate) per_page: usize,
    /// The only jail wanted of a list over all jails; `None` for all of them.
    pub jail: Option<JailName>,
}

/// A ban, and the jail that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailBan {
    pub jail: JailName,
    pub ban: Ban,
    /// The origin of the banned entry.
    pub origin: Origin,
}

/// One page of a ban list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BanPage {
    /// The bans on it.
    pub bans: Vec<JailBan>,
    /// The number of this page, from 1. The last one where a later one was asked for.
    pub page: usize,
    /// Number of pages, at least 1.
    pub pages: usize,
    /// Number of bans that match the search and have the origin that was asked for.
    pub matching: usize,
    /// The origins of the bans that match the search.
    pub(crate) origins: Tally,
    /// Number of bans.
    pub all: usize,
    /// The number of bans before the first of this page.
    pub offset: usize,
    /// Number of rows of this page of the list as it is now.
    pub rows: usize,
    /// Number of bans that came since the page was opened and that it does not show.
    pub new: usize,
}

/// Cuts the page that `query` asks for out of the lists of the wanted jails.
#[must_use]
pub(crate) fn cut_page(lists: &[(&JailName, &BanTable)], query: &BanQuery) -> BanPage {
    let search = Search::new(&query.search, query.origin);
    let found: Vec<_> = lists.iter().map(|(jail, list)| (*jail, *list, list.search(&search))).collect();
    let matching = found.iter().map(|(_, _, found)| found.number).sum();
    let per_page = query.per_page.clamp(1, MOST_PER_PAGE);
    let pages = usize::div_ceil(matching, per_page).max(1);
    let page = query.page.clamp(1, pages);
    let offset = (page - 1) * per_page;
    let mut origins = Tally::default();
    for (_, _, found) in &found {
        origins.add_all(&found.origins);
    }
    let rows = per_page.min(matching - offset);
    // From the nearer end.
    let after = matching - offset - rows;
    let part = |direction, before| {
        let row = |(jail, ban, origin): Row| JailBan { jail: jail.clone(), ban: ban.clone(), origin };
        merged(&found, query.sort, direction).skip(before).take(rows).map(row).collect::<Vec<_>>()
    };
    let bans = if offset <= after {
        part(query.direction, offset)
    } else {
        let mut bans = part(query.direction.turned(), after);
        bans.reverse();
        bans
    };
    BanPage {
        bans,
        page,
        pages,
        matching,
        origins,
        all: lists.iter().map(|(_, list)| list.len()).sum(),
        offset,
        rows,
        new: 0,
    }
}

/// A list, its jail, and the bans that were found in it.
type Searched<'a> = (&'a JailName, &'a BanTable, Found);

/// Returns the bans that were found in all of the lists, sorted.
fn merged<'a>(found: &'a [Searched<'a>], sort: Sort, direction: Direction) -> impl Iterator<Item = Row<'a>> {
    let rows = |(jail, list, found): &'a Searched<'a>| {
        list.sorted(found, sort, direction).map(move |(ban, origin)| (*jail, ban, origin))
    };
    let before = move |a: &Row, b: &Row| match direction {
        Direction::Ascending => compare(a, b, sort).is_lt(),
        Direction::Descending => compare(a, b, sort).is_gt(),
    };
    found.iter().map(rows).kmerge_by(before)
}

type Row<'a> = (&'a JailName, &'a Ban, Origin);

/// Equal ones by address and jail, so that paging never shows one twice.
fn compare((a_jail, a, a_origin): &Row, (b_jail, b, b_origin): &Row, sort: Sort) -> Ordering {
    let by_key = match sort {
        Sort::Ip => Ordering::Equal,
        Sort::Country => a_origin.cmp(b_origin),
        Sort::Banned => a.since.cmp(&b.since),
        Sort::Expires => match (a.ends(), b.ends()) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(&b),
        },
    };
    by_key.then_with(|| a.banned.cmp(&b.banned)).then_with(|| a_jail.cmp(b_jail))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ban;
    use super::*;
    use crate::domain::jail::length::Length;

    fn bans() -> Vec<Ban> {
        vec![
            ban("203.0.113.10", 30, Length::Seconds(100)),
            ban("203.0.113.9", 10, Length::Permanent),
            ban("2001:db8::1", 20, Length::Seconds(10)),
            ban("198.51.100.0/24", 40, Length::Seconds(1)),
            ban("Some-User", 5, Length::Seconds(1)),
        ]
    }

    fn page_of(bans: &[Ban], query: &BanQuery) -> BanPage {
        let jail: JailName = "sshd".parse().unwrap_or_else(|e| unreachable!("{e}"));
        cut_page(&[(&jail, &BanTable::new(bans.to_vec()))], query)
    }

    fn query(search: &str, sort: Sort, direction: Direction) -> BanQuery {
        BanQuery {
            search: search.to_owned(),
            origin: None,
            every_country: false,
            sort,
            direction,
            page: 1,
            per_page: 25,
            jail: None,
        }
    }

    fn shown(query: &BanQuery) -> Vec<String> {
        page_of(&bans(), query).bans.iter().map(|row| row.ban.banned.to_string()).collect()
    }

    #[test]
    fn addresses_sort_as_numbers_and_text_comes_last() {
        let ascending = shown(&query("", Sort::Ip, Direction::Ascending));
        assert_eq!(ascending, ["203.0.113.9", "203.0.113.10", "2001:db8::1", "198.51.100.0/24", "Some-User"]);
    }

    #[test]
    fn permanent_bans_end_last() {
        let soonest = shown(&query("", Sort::Expires, Direction::Ascending));
        assert_eq!(soonest.last().map(String::as_str), Some("203.0.113.9"));
        let newest = shown(&query("", Sort::Banned, Direction::Descending));
        assert_eq!(newest[0], "198.51.100.0/24");
    }

    #[test]
    fn a_search_finds_parts_in_any_case() {
        assert_eq!(shown(&query("some-user", Sort::Ip, Direction::Ascending)), ["Some-User"]);
        assert_eq!(
            shown(&query(" 203.0.113 ", Sort::Ip, Direction::Ascending)),
            ["203.0.113.9", "203.0.113.10"]
        );
        assert!(shown(&query("no such", Sort::Ip, Direction::Ascending)).is_empty());
    }

    #[test]
    fn pages_cover_the_list_once_and_the_last_one_stands_for_later_ones() {
        let page = |page| {
            page_of(&bans(), &BanQuery { page, per_page: 2, ..query("", Sort::Ip, Direction::Ascending) })
        };
        let seen: Vec<String> =
            (1..=3).flat_map(|n| page(n).bans).map(|row| row.ban.banned.to_string()).collect();
        assert_eq!(seen.len(), 5);
        assert_eq!((page(99).page, page(99).pages, page(99).offset), (3, 3, 4));
        let empty = page_of(&[], &query("", Sort::Ip, Direction::Ascending));
        assert_eq!((empty.page, empty.pages, empty.matching), (1, 1, 0));
    }

    #[test]
    fn a_page_over_several_jails_is_that_of_all_their_bans() {
        let jails: Vec<JailName> = ["a", "b"].iter().filter_map(|name| name.parse().ok()).collect();
        let (first, second) = (BanTable::new(bans()[..3].to_vec()), BanTable::new(bans()[1..].to_vec()));
        for sort in [Sort::Ip, Sort::Banned, Sort::Expires, Sort::Country] {
            for direction in [Direction::Ascending, Direction::Descending] {
                let page = |page, per_page| {
                    let query = BanQuery { page, per_page, ..query("", sort, direction) };
                    cut_page(&[(&jails[0], &first), (&jails[1], &second)], &query).bans
                };
                let all = page(1, 100);
                assert_eq!(all.len(), 7);
                assert_eq!((1..=4).flat_map(|number| page(number, 2)).collect::<Vec<_>>(), all);
            }
        }
    }
}
