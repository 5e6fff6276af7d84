//! The bans of one jail, made ready to be searched, sorted and cut at any size: each order is kept
//! as the places of the bans in it, and all entries stand in one text that is searched as a whole.

use std::fmt::Write as _;
use std::sync::OnceLock;

use jiff::Timestamp;
use rayon::slice::ParallelSliceMut as _;

use crate::domain::address::Banned;
use crate::domain::geo::origin::Origin;
use crate::domain::geo::origin::sets::Tally;
use crate::memory;

use super::Ban;
use super::order::{Direction, Sort};

pub(crate) mod changed;
pub(crate) mod found;
pub(crate) mod search;

pub(crate) use found::{Found, Search};

/// The bans of one jail; each entry is in it once.
#[derive(Debug, Clone, Default)]
pub(crate) struct BanTable {
    bans: Vec<Ban>,
    /// Every entry in lower case, a line each, in the order of `bans`.
    text: String,
    /// The offset in `text` at which each line begins.
    lines: Vec<u32>,
    by_ip: Vec<u32>,
    by_since: Vec<u32>,
    /// These two are sorted when they are needed, or when there is time.
    by_end: OnceLock<Vec<u32>>,
    by_origin: OnceLock<Vec<u32>>,
    /// The origin of each ban, in the order of `bans`.
    origins: Vec<Origin>,
    tally: Tally,
}

/// A place as it is kept. There are fewer than 2³²: the longest list that is read has 160 MB.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl BanTable {
    /// The table of `bans`. Sorts them, on every core: not for an async thread.
    #[must_use]
    pub fn new(bans: Vec<Ban>) -> Self {
        let by_entry = || {
            let entries = bans.iter().zip(0..).map(|(ban, at)| (ban.banned.clone(), at));
            sorted(bans.len(), entries)
        };
        let columns = || {
            let mut table = Self::default();
            for ban in &bans {
                table.write_line(&ban.banned);
                table.add_origin(Origin::of_banned(&ban.banned));
            }
            table
        };
        let (by_ip, table) = rayon::join(by_entry, columns);
        let by_since = order(&by_ip, |at| Some(bans.get(at as usize)?.since.as_second()));
        Self { bans, by_ip, by_since, ..table }
    }

    /// Sorts what [`Self::new`] has left for later: a table is first shown sorted by the time of
    /// the ban.
    pub(crate) fn sort_the_rest(&self) {
        self.ends();
        self.countries();
    }

    fn ends(&self) -> &[u32] {
        self.by_end.get_or_init(|| order(&self.by_ip, |at| self.bans.get(at as usize).map(end)))
    }

    fn countries(&self) -> &[u32] {
        self.by_origin.get_or_init(|| order(&self.by_ip, |at| self.origins.get(at as usize).copied()))
    }

    fn write_line(&mut self, banned: &Banned) {
        self.lines.push(place(self.text.len()));
        // Writing into a String does not fail.
        let _written = match banned {
            Banned::Target(target) => write!(self.text, "{target}"),
            Banned::Text(text) => write!(self.text, "{}", text.to_lowercase()),
        };
        self.text.push('\n');
    }

    fn add_origin(&mut self, origin: Origin) {
        self.origins.push(origin);
        self.tally.add(origin);
    }

    fn each_line(&self) -> impl Iterator<Item = &str> {
        let ends = self.lines.iter().skip(1).map(|end| *end as usize).chain([self.text.len()]);
        self.lines.iter().zip(ends).filter_map(|(begin, end)| self.text.get(*begin as usize..end))
    }

    /// Every ban, in no order.
    #[must_use]
    pub fn bans(&self) -> &[Ban] {
        &self.bans
    }

    /// Returns the number of bans.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bans.len()
    }

    /// The ban of just this entry.
    #[must_use]
    pub fn find(&self, banned: &Banned) -> Option<&Ban> {
        self.bans.get(self.place_of(banned)?)
    }

    /// Returns the number of bans that are listed as this entry. They can be several: fail2ban
    /// lists `203.0.113.3/33` without its prefix.
    #[must_use]
    pub(crate) fn count_of(&self, banned: &Banned) -> usize {
        let entry = |at: &u32| self.bans.get(*at as usize).map(|ban| &ban.banned);
        let begin = self.by_ip.partition_point(|at| entry(at) < Some(banned));
        let same = self.by_ip.iter().skip(begin).take_while(|at| entry(at) == Some(banned));
        same.count()
    }

    fn place_of(&self, banned: &Banned) -> Option<usize> {
        let entry = |at: &u32| self.bans.get(*at as usize).map(|ban| &ban.banned);
        let at = self.by_ip.binary_search_by(|at| entry(at).cmp(&Some(banned))).ok()?;
        Some(*self.by_ip.get(at)? as usize)
    }

    /// Every ban, the first to end first; permanent ones last.
    pub(crate) fn by_end(&self) -> impl Iterator<Item = &Ban> {
        self.ends().iter().filter_map(|at| self.bans.get(*at as usize))
    }

    /// The `number` bans that were made last, the latest first; of the same second by entry.
    #[must_use]
    pub fn latest(&self, number: usize) -> Vec<&Ban> {
        let ban = |at: &u32| self.bans.get(*at as usize);
        let (mut latest, mut earlier) = (Vec::new(), self.by_since.as_slice());
        while let Some(last) = earlier.last().and_then(ban).filter(|_| latest.len() < number) {
            let begin = earlier.partition_point(|at| ban(at).is_some_and(|ban| ban.since < last.since));
            let (before, second) = earlier.split_at(begin);
            latest.extend(second.iter().take(number - latest.len()).filter_map(ban));
            earlier = before;
        }
        latest
    }

    /// The bans of `found` that were made after `moment`, the latest first.
    pub(crate) fn made_after<'a>(
        &'a self,
        found: &'a Found,
        moment: Timestamp,
    ) -> impl Iterator<Item = &'a Ban> {
        let places = self.by_since.iter().rev().filter(|at| found.has(**at));
        let bans = places.filter_map(|at| self.bans.get(*at as usize));
        bans.take_while(move |ban| ban.since > moment)
    }

    /// The bans of `found` and their origins, sorted.
    #[must_use]
    pub fn sorted<'a>(
        &'a self,
        found: &'a Found,
        sort: Sort,
        direction: Direction,
    ) -> Box<dyn Iterator<Item = (&'a Ban, Origin)> + 'a> {
        let order = match sort {
            Sort::Ip => self.by_ip.as_slice(),
            Sort::Banned => self.by_since.as_slice(),
            Sort::Expires => self.ends(),
            Sort::Country => self.countries(),
        };
        let places = order.iter().filter(|at| found.has(**at));
        let ban = |at: &u32| Some((self.bans.get(*at as usize)?, *self.origins.get(*at as usize)?));
        match direction {
            Direction::Ascending => Box::new(places.filter_map(ban)),
            Direction::Descending => Box::new(places.rev().filter_map(ban)),
        }
    }
}

/// The places of `by_ip`, sorted by `key`; equal ones by entry, so that paging never shows one twice.
fn order<K: Ord + Send>(by_ip: &[u32], key: impl Fn(u32) -> Option<K>) -> Vec<u32> {
    let keyed = by_ip.iter().zip(0..).filter_map(|(at, rank)| Some((key(*at)?, rank)));
    let mut order = sorted(by_ip.len(), keyed);
    for rank in &mut order {
        *rank = by_ip.get(*rank as usize).copied().unwrap_or_default();
    }
    order
}

/// The numbers of up to `length` pairs, sorted.
fn sorted<K: Ord + Send>(length: usize, keyed: impl Iterator<Item = (K, u32)>) -> Vec<u32> {
    let mut pairs = memory::roomy(length);
    pairs.extend(keyed);
    pairs.par_sort_unstable();
    // Not out of its items: the numbers would then keep the large piece.
    pairs.iter().map(|(_, number)| *number).collect()
}

/// Returns the end of a ban as a key to sort by: permanent ones come last.
fn end(ban: &Ban) -> i64 {
    ban.ends().map_or(i64::MAX, Timestamp::as_second)
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
            ban("Some\nUser", 5, Length::Seconds(1)),
            ban("user\nx", 5, Length::Seconds(1)),
        ]
    }

    fn entries(table: &BanTable, search: &str, sort: Sort) -> Vec<String> {
        let found = table.search(&Search::new(search, None));
        let entries: Vec<String> =
            table.sorted(&found, sort, Direction::Ascending).map(|(ban, _)| ban.banned.to_string()).collect();
        assert_eq!(entries.len(), found.number, "{search:?}");
        entries
    }

    #[test]
    fn a_search_finds_what_lies_within_one_entry() {
        let table = BanTable::new(bans());
        assert_eq!(entries(&table, "USER", Sort::Ip), ["Some\nUser", "user\nx"]);
        assert_eq!(entries(&table, "e\nu", Sort::Ip), ["Some\nUser"]);
        assert_eq!(entries(&table, "user\nu", Sort::Ip), [""; 0], "over two lines");
        assert_eq!(entries(&table, "r\nx", Sort::Ip), ["user\nx"]);
        assert_eq!(entries(&table, "203.0.113.9", Sort::Ip), ["203.0.113.9"]);
        assert_eq!(entries(&table, "1", Sort::Ip).len(), 3);
        assert_eq!(entries(&BanTable::default(), "1", Sort::Ip), [""; 0]);
    }

    #[test]
    fn the_latest_come_first_and_those_of_one_second_by_entry() {
        let table = BanTable::new(bans());
        let latest = |number| -> Vec<String> {
            table.latest(number).iter().map(|ban| ban.banned.to_string()).collect()
        };
        let all = ["203.0.113.10", "2001:db8::1", "203.0.113.9", "Some\nUser", "user\nx"];
        assert_eq!(
            (latest(9), latest(4), latest(0)),
            (all.map(str::to_owned).to_vec(), all[..4].iter().map(ToString::to_string).collect(), vec![])
        );
    }

    #[test]
    fn a_changed_table_is_the_table_of_the_changed_list() {
        let all = bans();
        for (gone, kept) in [(0..0, 0..3), (0..2, 2..5), (1..1, 0..5), (0..5, 5..5), (4..5, 0..4)] {
            let (gone, kept) = (&all[gone], &all[kept]);
            let before = BanTable::new([gone, kept].concat());
            let added =
                vec![ban("8.8.8.8", 20, Length::Seconds(10)), ban("203.0.113.11", 1, Length::Seconds(9))];
            let changed = before.with(&gone.iter().map(|ban| &ban.banned).collect(), added.clone());
            let anew = BanTable::new([kept, &added].concat());
            assert_eq!(changed.tally, anew.tally);
            for sort in [Sort::Ip, Sort::Banned, Sort::Expires, Sort::Country] {
                for search in ["", "203.0.113.1", "user"] {
                    assert_eq!(entries(&changed, search, sort), entries(&anew, search, sort));
                }
            }
            let missing = gone.iter().find(|ban| changed.find(&ban.banned).is_some());
            assert_eq!((missing, changed.len()), (None, anew.len()));
            assert!(added.iter().all(|ban| changed.find(&ban.banned) == Some(ban)));
        }
    }
}
