//! Changes that bring an older ban list up to date, found from the jail's counts, fail2ban's
//! database and the clock, without reading the list again.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ban::Ban;
use crate::domain::ban::table::BanTable;
use crate::fail2ban::{NewBan, RowId};

/// The database rounds the second in which a ban began (`fail2ban/server/database.py`, `addBan`), the list
/// cuts it off.
pub(super) const ROUNDED: i64 = 1;

/// Delay, in seconds, with which a ban that ends by itself is lifted: the jail looks every second
/// (`actions.py`, `run`). A ban that is still counted so long after its end waits for something
/// else: the jail is idle, or has more to lift than the 20 that it lifts at a time, in another
/// order than they ended.
const OVERDUE: i64 = 3;

/// Difference between an older list and the present one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changes<'a> {
    /// Entries that are not banned any more, or are banned anew.
    pub(crate) gone: HashSet<&'a Banned>,
    /// Bans that are new.
    pub(crate) added: Vec<Ban>,
    /// The last row of the database that was needed.
    pub(crate) mark: Option<RowId>,
}

/// Finds the changes that bring `list`, accurate at `as_of`, up to date, where fail2ban now counts
/// `banned_now` bans and `newly` that came since. `rows` are the bans that the database got since
/// then, the oldest first.
///
/// A new ban is counted and written in the same order (`fail2ban/server/actions.py`, `__checkBan`;
/// `observer.py`, `banFound`), so the first of the rows that the list does not have are the new
/// ones. Entries that are missing then have ended, the first to end first (`banmanager.py`,
/// `unBanList`). Returns `None` where that does not explain the counts, as after an unban by
/// somebody else.
pub(crate) fn changes<'a>(
    list: &'a BanTable,
    as_of: Timestamp,
    banned_now: u64,
    newly: u64,
    rows: &'a [NewBan],
    now: Timestamp,
) -> Option<Changes<'a>> {
    let newly = usize::try_from(newly).ok()?;
    let new: Vec<&NewBan> = unlisted(list, rows, now).take(newly).collect();
    if new.len() != newly {
        return None;
    }
    // Who came twice ended in between.
    let added: HashMap<&Banned, &Ban> = new.iter().map(|row| (&row.ban.banned, &row.ban)).collect();
    let mut gone: HashSet<&Banned> =
        added.keys().copied().filter(|banned| list.find(banned).is_some()).collect();
    let size = list.len() - gone.len() + added.len();
    let ended = size.checked_sub(usize::try_from(banned_now).ok()?)?;
    let before = gone.len();
    let mut by_end = list.by_end().filter(|ban| !added.contains_key(&ban.banned)).peekable();
    let mut latest = None;
    while gone.len() - before < ended {
        let ban = by_end.next()?;
        latest = ban.ends();
        let end = latest?.as_second();
        if end > now.as_second() + ROUNDED || end + OVERDUE < as_of.as_second() {
            return None;
        }
        gone.insert(&ban.banned);
    }
    // Of two that end in the same second it is not known which one is lifted already.
    if latest.is_some() && by_end.peek().is_some_and(|next| next.ends() == latest) {
        return None;
    }
    let mark = new.last().map(|row| row.row);
    // What the database rounded up has begun all the same.
    let begun = |ban: &Ban| Ban { since: ban.since.min(now), ..ban.clone() };
    let added = added.into_values().map(begun).collect();
    Some(Changes { gone, added, mark })
}

/// Those of `rows` that `list` does not have and that hold `now`: one that has ended may be an old one that
/// was written late.
pub(crate) fn unlisted<'a>(
    list: &BanTable,
    rows: &'a [NewBan],
    now: Timestamp,
) -> impl Iterator<Item = &'a NewBan> {
    let is_listed = |row: &NewBan| list.find(&row.ban.banned).is_some_and(|known| is_same(known, &row.ban));
    let holds = move |row: &NewBan| row.ban.ends().is_none_or(|end| end > now);
    rows.iter().filter(move |row| holds(row) && !is_listed(row))
}

/// Returns true if both are the same ban.
fn is_same(listed: &Ban, written: &Ban) -> bool {
    (written.since.as_second() - listed.since.as_second()).abs() <= ROUNDED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jail::Length;

    fn ban(entry: &str, since: i64, seconds: u64) -> Ban {
        let since = Timestamp::from_second(since).unwrap_or(Timestamp::MIN);
        Ban { banned: Banned::from_daemon(entry), since, length: Length::Seconds(seconds) }
    }

    fn row(row: i64, entry: &str, since: i64) -> NewBan {
        NewBan { row: RowId(row), ban: ban(entry, since, 100) }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    /// Returns the entries that are gone and those that are added; `None` where the list has to be
    /// read again. The list was accurate in second 99, and it is second 110.
    fn told(banned_now: u64, newly: u64, rows: &[NewBan]) -> Option<(Vec<String>, Vec<String>)> {
        told_of(99, banned_now, newly, rows)
    }

    fn told_of(
        as_of: i64,
        banned_now: u64,
        newly: u64,
        rows: &[NewBan],
    ) -> Option<(Vec<String>, Vec<String>)> {
        let list =
            BanTable::new(vec![ban("192.0.2.1", 0, 100), ban("192.0.2.2", 8, 101), ban("192.0.2.3", 9, 900)]);
        let (as_of, now) = (second(as_of), second(110));
        changes(&list, as_of, banned_now, newly, rows, now).map(|changes| {
            let mut gone: Vec<String> = changes.gone.iter().map(ToString::to_string).collect();
            let mut added: Vec<String> = changes.added.iter().map(|ban| ban.banned.to_string()).collect();
            gone.sort();
            added.sort();
            (gone, added)
        })
    }

    fn are(gone: &[&str], added: &[&str]) -> (Vec<String>, Vec<String>) {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        (owned(gone), owned(added))
    }

    #[test]
    fn a_new_ban_is_added_and_the_first_to_end_are_gone() {
        let new = [row(7, "192.0.2.3", 9), row(8, "192.0.2.9", 105)];
        assert_eq!(told(4, 1, &new), Some(are(&[], &["192.0.2.9"])));
        assert_eq!(told(3, 1, &new), Some(are(&["192.0.2.1"], &["192.0.2.9"])));
        assert_eq!(told(2, 1, &new), Some(are(&["192.0.2.1", "192.0.2.2"], &["192.0.2.9"])));
        assert_eq!(told(2, 0, &[]), Some(are(&["192.0.2.1"], &[])));
    }

    #[test]
    fn who_is_banned_anew_is_listed_once() {
        assert_eq!(told(3, 1, &[row(8, "192.0.2.1", 105)]), Some(are(&["192.0.2.1"], &["192.0.2.1"])));
        let twice = [row(8, "192.0.2.9", 50), row(9, "192.0.2.9", 108)];
        assert_eq!(told(4, 2, &twice), Some(are(&[], &["192.0.2.9"])));
    }

    #[test]
    fn what_the_clock_and_the_database_do_not_explain_is_read_again() {
        assert_eq!(told(0, 0, &[]), None, "one of them was lifted by somebody");
        assert_eq!(told(4, 0, &[]), None, "more than there can be");
        assert_eq!(told(4, 1, &[]), None, "not written yet");
        assert_eq!(told(4, 1, &[row(7, "192.0.2.3", 9)]), None, "an old one alone");
        let later = [row(8, "192.0.2.9", 105), row(9, "192.0.2.10", 106)];
        assert_eq!(told(4, 1, &later), Some(are(&[], &["192.0.2.9"])), "the second came after the counting");
    }

    #[test]
    fn a_ban_that_outlived_its_end_is_not_taken_for_one_that_was_lifted() {
        assert_eq!(told_of(103, 2, 0, &[]), Some(are(&["192.0.2.1"], &[])));
        assert_eq!(told_of(104, 2, 0, &[]), None, "who was lifted by hand may be any of them");
    }

    #[test]
    fn a_ban_whose_time_was_rounded_up_has_begun() {
        let (list, now) = (BanTable::new(Vec::new()), second(110));
        let rows = [row(8, "192.0.2.9", 111)];
        let since = changes(&list, second(109), 1, 1, &rows, now).map(|changes| changes.added[0].since);
        assert_eq!(since, Some(now));
    }

    #[test]
    fn a_row_of_a_ban_that_has_ended_is_not_the_new_one() {
        let late = [row(7, "192.0.2.8", 5), row(8, "192.0.2.9", 105)];
        assert_eq!(told(4, 1, &late), Some(are(&[], &["192.0.2.9"])));
    }

    #[test]
    fn of_two_that_end_together_none_is_chosen() {
        let list = BanTable::new(vec![ban("192.0.2.1", 0, 100), ban("192.0.2.2", 0, 100)]);
        let (as_of, now) = (second(99), second(110));
        assert_eq!(changes(&list, as_of, 1, 0, &[], now), None);
        assert!(changes(&list, as_of, 0, 0, &[], now).is_some());
    }
}
