//! The rows of an open page, which stay where they are while the list changes.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ban::order::{Direction, Sort};
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;

use super::page::{BanPage, BanQuery, JailBan, cut_page};
use super::table::BanTable;
use super::table::found::Search;

/// The rows that a page shows since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldRows {
    /// The moment of the list that the page was opened with.
    pub opened: Timestamp,
    /// Each row's jail, where the page has several, and its entry.
    pub rows: Vec<(Option<JailName>, Banned)>,
}

/// Cuts the page that `query` asks for. Where it shows rows already, they stay: those of `held` that are still banned
/// come in place of its own, and the bans that came since are only counted.
#[must_use]
pub(crate) fn cut(lists: &[(&JailName, &BanTable)], query: &BanQuery, held: Option<&HeldRows>) -> BanPage {
    let page = cut_page(lists, query);
    let Some(held) = held.filter(|held| !held.rows.is_empty()) else { return page };
    let row = |(jail, banned): &(Option<JailName>, Banned)| {
        let is_wanted = |name: &JailName| jail.as_ref().is_none_or(|jail| jail == name);
        let (jail, table) = lists.iter().find(|(name, _)| is_wanted(name))?;
        let ban = table.find(banned)?.clone();
        Some(JailBan { jail: (*jail).clone(), origin: Origin::of_banned(banned), ban })
    };
    let bans: Vec<JailBan> = held.rows.iter().filter_map(row).collect();
    let is_known: HashSet<(&JailName, &Banned)> =
        bans.iter().map(|row| (&row.jail, &row.ban.banned)).collect();
    let (search, after) = (Search::new(&query.search, query.origin), newer_than(query, held, &bans));
    let new = lists.iter().map(|(jail, table)| {
        let found = table.search(&search);
        let newer = table.made_after(&found, after);
        newer.filter(|ban| !is_known.contains(&(*jail, &ban.banned))).count()
    });
    BanPage { new: new.sum(), bans, ..page }
}

/// Returns the moment after which a ban is new to the page. A ban has the time of its last failure, which may lie before
/// the page was opened. On the first page of the newest bans that does not matter: what is not on it and newer than a row
/// of it came later, and so did everything that is not on a page with room left.
fn newer_than(query: &BanQuery, held: &HeldRows, alive: &[JailBan]) -> Timestamp {
    let is_newest_first =
        query.sort == Sort::Banned && query.direction == Direction::Descending && query.page == 1;
    match alive.iter().map(|row| row.ban.since).min() {
        _ if query.page == 1 && held.rows.len() < query.per_page => Timestamp::MIN,
        Some(oldest) if is_newest_first => oldest,
        _ => held.opened,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ban;
    use super::*;
    use crate::domain::jail::length::Length;

    fn query(per_page: usize) -> BanQuery {
        BanQuery {
            jail: None,
            search: String::new(),
            origin: None,
            every_country: false,
            sort: Sort::Banned,
            direction: Direction::Descending,
            page: 1,
            per_page,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    /// Cuts a list of `now`, each an entry and its second, for a page that was opened at second 50 with the rows `held`.
    fn cut(now: &[(&str, i64)], held: &[&str], query: &BanQuery) -> (Vec<String>, usize) {
        let jail: JailName = "sshd".parse().unwrap_or_else(|e| unreachable!("{e}"));
        let bans = now.iter().map(|(entry, since)| ban(entry, *since, Length::Permanent)).collect();
        let rows = held.iter().map(|entry| (None, Banned::from_daemon(entry))).collect();
        let held = HeldRows { opened: at(50), rows };
        let page = super::cut(&[(&jail, &BanTable::new(bans))], query, Some(&held));
        (page.bans.iter().map(|row| row.ban.banned.to_string()).collect(), page.new)
    }

    #[test]
    fn held_rows_keep_their_order_and_newer_bans_are_only_counted() {
        let now = [("10.0.0.1", 10), ("10.0.0.2", 20), ("10.0.0.3", 49), ("10.0.0.4", 60)];
        assert_eq!(
            cut(&now, &["10.0.0.2", "10.0.0.1"], &query(2)),
            (vec!["10.0.0.2".to_owned(), "10.0.0.1".to_owned()], 2),
            "one of them with a time from before the page was opened"
        );
    }

    #[test]
    fn a_row_that_ended_is_left_out_and_what_moves_up_is_not_new() {
        let now = [("10.0.0.1", 10), ("10.0.0.2", 20)];
        assert_eq!(cut(&now, &["10.0.0.3", "10.0.0.2"], &query(2)), (vec!["10.0.0.2".to_owned()], 0));
    }

    #[test]
    fn on_a_page_with_room_left_everything_else_is_new() {
        let now = [("10.0.0.1", 10), ("10.0.0.2", 20)];
        let by_address = BanQuery { sort: Sort::Ip, ..query(25) };
        assert_eq!(cut(&now, &["10.0.0.2"], &by_address), (vec!["10.0.0.2".to_owned()], 1));
        assert_eq!(cut(&now, &["10.0.0.9"], &query(25)), (Vec::new(), 2));
    }

    #[test]
    fn further_pages_count_from_the_moment_when_they_were_opened() {
        let now = [("10.0.0.1", 10), ("10.0.0.2", 20), ("10.0.0.3", 60)];
        let second = BanQuery { page: 2, ..query(1) };
        assert_eq!(cut(&now, &["10.0.0.1"], &second), (vec!["10.0.0.1".to_owned()], 1));
    }
}
