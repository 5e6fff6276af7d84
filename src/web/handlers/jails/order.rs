//! The order of the list of jails, and the part of it that a search finds.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use strum::{Display, EnumString};

use crate::domain::jail::length::Length;
use crate::domain::jail::{JailName, JailSummary, Reading};
use crate::web::extract::ban_query::query_string;
use crate::web::problem::error::Error;

/// The query of `/jails` and its table, as it came.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct JailParams {
    q: Option<String>,
    sort: Option<String>,
    dir: Option<String>,
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Sort {
    Name,
    Banned,
    Total,
    Failing,
    Failed,
    Last,
    Length,
    /// What is broken, stopped or idle comes first.
    State,
}

/// The order of the list, and what is searched for in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JailOrder {
    pub(crate) search: String,
    pub(crate) sort: Sort,
    pub(crate) is_descending: bool,
}

/// What a jail is sorted by. What is not known comes last in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u64),
    Time(Timestamp),
}

impl JailParams {
    /// Reads the query.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(crate) fn read(&self) -> Result<JailOrder, Error> {
        let bad = |sentence: &str| Error::BadInput(sentence.to_owned());
        let search = self.q.as_deref().map_or("", str::trim).to_owned();
        if search.chars().count() > 100 {
            return Err(bad("A search has 100 characters at most."));
        }
        let sort = match self.sort.as_deref() {
            None | Some("") => Sort::Name,
            Some(sort) => sort.parse().map_err(|_| {
                bad("Jails can be sorted by name, banned, total, failing, failed, last, length or state.")
            })?,
        };
        let is_descending = match self.dir.as_deref() {
            None | Some("") => falls(sort),
            Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(bad("The direction is asc or desc.")),
        };
        Ok(JailOrder { search, sort, is_descending })
    }
}

/// True if the greatest comes first where nothing is said.
fn falls(sort: Sort) -> bool {
    !matches!(sort, Sort::Name | Sort::State)
}

impl JailOrder {
    /// The query of this list as it stands in a URL.
    pub(crate) fn to_url(&self) -> String {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        if self.sort != Sort::Name {
            pairs.push(("sort", self.sort.to_string()));
        }
        if self.is_descending != falls(self.sort) {
            pairs.push(("dir", if self.is_descending { "desc" } else { "asc" }.to_owned()));
        }
        query_string(pairs)
    }

    /// The list sorted by `sort`; the other way round where it is that already.
    pub(crate) fn by(&self, sort: Sort) -> Self {
        let is_descending = if self.sort == sort { !self.is_descending } else { falls(sort) };
        Self { search: self.search.clone(), sort, is_descending }
    }

    /// `ascending` or `descending` if the list is sorted by `sort`.
    pub(crate) fn sorted(&self, sort: Sort) -> Option<&'static str> {
        (self.sort == sort).then_some(if self.is_descending { "descending" } else { "ascending" })
    }

    /// Returns true if a jail with this name is found.
    pub(crate) fn finds(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.search.to_lowercase())
    }

    /// Sorts `jails`, which are in the order of their names. `rank` tells the state of each: the worst has the least.
    pub(crate) fn arrange(
        &self,
        jails: &mut [&JailSummary],
        last: Option<&HashMap<JailName, Timestamp>>,
        rank: impl Fn(&JailSummary) -> u64,
    ) {
        let key = |jail: &JailSummary| match self.sort {
            Sort::Name => None,
            Sort::State => Some(Key::Number(rank(jail))),
            Sort::Last => last.and_then(|last| last.get(&jail.name)).copied().map(Key::Time),
            sort => figure(jail, sort).map(Key::Number),
        };
        if self.sort == Sort::Name {
            if self.is_descending {
                jails.reverse();
            }
            return;
        }
        jails.sort_by(|a, b| match (key(a), key(b)) {
            (Some(a), Some(b)) if self.is_descending => Reverse(a).cmp(&Reverse(b)),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()).then(Ordering::Equal),
        });
    }
}

fn figure(jail: &JailSummary, sort: Sort) -> Option<u64> {
    let known = |reading: &Reading<u64>| reading.as_ref().ok().copied();
    if sort == Sort::Length {
        return Some(match jail.times.ban_time.as_ref().ok()? {
            Length::Seconds(seconds) => *seconds,
            Length::PracticallyForever => u64::MAX - 1,
            Length::Permanent => u64::MAX,
        });
    }
    let status = jail.status.as_ref().ok()?;
    match sort {
        Sort::Banned => known(&status.banned_now),
        Sort::Total => known(&status.banned_total),
        Sort::Failing => known(&status.failing_now),
        Sort::Failed => known(&status.failed_total),
        Sort::Name | Sort::State | Sort::Last | Sort::Length => None,
    }
}
