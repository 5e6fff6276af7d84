//! A table made from the one before, with some entries added and others removed.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::domain::address::Banned;
use crate::domain::ban::Ban;
use crate::domain::geo::origin::Origin;

use super::{BanTable, end, place};

/// The place of an entry that is no longer in the table.
const NOWHERE: u32 = u32::MAX;

impl BanTable {
    /// Returns the same table without the entries `gone` and with `added`, which are not in it.
    /// Takes time in proportion to the whole, but far less than [`Self::new`]: nothing is sorted
    /// anew.
    #[must_use]
    pub fn with(&self, gone: &HashSet<&Banned>, added: Vec<Ban>) -> Self {
        let (mut table, moved) = self.without(gone, added.len());
        let new: Vec<u32> = (place(table.len())..place(table.len() + added.len())).collect();
        for ban in &added {
            table.write_line(&ban.banned);
            table.add_origin(Origin::of_banned(&ban.banned));
        }
        table.bans.extend(added);
        let now = |order: &[u32]| -> Vec<u32> {
            let places = order.iter().filter_map(|at| moved.get(*at as usize).copied());
            places.filter(|at| *at != NOWHERE).collect()
        };
        let ban = |at: u32| table.bans.get(at as usize);
        let entries = |a: u32, b: u32| ban(a).map(|ban| &ban.banned).cmp(&ban(b).map(|ban| &ban.banned));
        let since = |at: u32| ban(at).map(|ban| ban.since);
        let ends = |at: u32| ban(at).map(end);
        let origin = |at: u32| table.origins.get(at as usize);
        let by_ip = merged(&now(&self.by_ip), &new, entries);
        let by_since =
            merged(&now(&self.by_since), &new, |a, b| since(a).cmp(&since(b)).then_with(|| entries(a, b)));
        let by_end =
            merged(&now(self.ends()), &new, |a, b| ends(a).cmp(&ends(b)).then_with(|| entries(a, b)));
        let by_origin = merged(&now(self.countries()), &new, |a, b| {
            origin(a).cmp(&origin(b)).then_with(|| entries(a, b))
        });
        Self { by_ip, by_since, by_end: by_end.into(), by_origin: by_origin.into(), ..table }
    }

    /// Returns the bans that are not `gone`, in no order yet and with room for `more`; and the
    /// place that each of this table's places has in it.
    fn without(&self, gone: &HashSet<&Banned>, more: usize) -> (Self, Vec<u32>) {
        let mut moved = vec![0; self.len()];
        for banned in gone {
            if let Some(to) = self.place_of(banned).and_then(|at| moved.get_mut(at)) {
                *to = NOWHERE;
            }
        }
        let mut table = Self::default();
        table.bans.reserve_exact(self.len() + more);
        table.lines.reserve(self.len() + more);
        table.text.reserve(self.text.len());
        let bans = self.bans.iter().zip(self.each_line()).zip(&self.origins);
        for (((ban, line), origin), to) in bans.zip(&mut moved).filter(|(_, to)| **to != NOWHERE) {
            *to = place(table.len());
            table.bans.push(ban.clone());
            table.lines.push(place(table.text.len()));
            table.text.push_str(line);
            table.add_origin(*origin);
        }
        (table, moved)
    }
}

/// Returns `sorted`, with `new` in the right places.
fn merged(sorted: &[u32], new: &[u32], compare: impl Fn(u32, u32) -> Ordering) -> Vec<u32> {
    let mut new = new.to_vec();
    new.sort_by(|a, b| compare(*a, *b));
    let mut merged = Vec::with_capacity(sorted.len() + new.len());
    let mut rest = sorted;
    for at in new {
        let (before, after) = rest.split_at(rest.partition_point(|known| compare(*known, at).is_lt()));
        merged.extend_from_slice(before);
        merged.push(at);
        rest = after;
    }
    merged.extend_from_slice(rest);
    merged
}
