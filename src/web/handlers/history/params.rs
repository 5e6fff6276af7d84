//! The part of the record that a URL asks for, and the URL for a part.

use serde::Deserialize;

use crate::domain::address::Banned;
use crate::domain::address::Target;
use crate::domain::ban::page::MOST_PER_PAGE;
use crate::domain::geo::origin::Origin;
use crate::domain::history::{Ending, HistoryQuery, HistorySort};
use crate::web::extract::ban_query::{number, query_string};
use crate::web::extract::field::{TOO_FAR, day_or_time, given, local_minute};
use crate::web::problem::error::Error;

/// Rows a page unless the URL says otherwise.
pub(super) const PER_PAGE: usize = 50;
const LONGEST_ENTRY: usize = 1000;
const DAY: i64 = 24 * 60 * 60;
/// The second before which every ban of the record begins, in 2106.
const END_OF_TIME: i64 = u32::MAX as i64;

/// A time that ends now: its word in a URL, its name, its length in seconds.
pub(super) type Period = (&'static str, &'static str, i64);

/// The times to choose from; the first one is that of the plain page.
pub(super) const PERIODS: [Period; 4] = [
    ("24h", "24 hours", DAY),
    ("7d", "7 days", 7 * DAY),
    ("30d", "30 days", 30 * DAY),
    ("365d", "365 days", 365 * DAY),
];

/// The query, as it came.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Params {
    pub(super) time: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) jail: Option<String>,
    pub(super) country: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) ended: Option<String>,
    sort: Option<String>,
    dir: Option<String>,
    at: Option<String>,
    page: Option<String>,
    per_page: Option<String>,
}

impl Params {
    /// Reads the query. Times end `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(super) fn read(&self, now: i64) -> Result<HistoryQuery, Error> {
        let sort = match given(self.sort.as_ref()) {
            None => HistorySort::Banned,
            Some(sort) => sort.parse().map_err(|_| bad("The list cannot be sorted by that."))?,
        };
        let direction = match given(self.dir.as_ref()) {
            None => sort.usual(),
            Some(direction) => direction.parse().map_err(|_| bad("The direction is asc or desc."))?,
        };
        let at = given(self.at.as_ref()).map(str::parse).transpose();
        Ok(HistoryQuery {
            between: self.between(now)?,
            jail: given(self.jail.as_ref()).map(str::to_owned),
            origin: given(self.country.as_ref()).map(origin).transpose()?,
            entry: given(self.ip.as_ref()).map(entry).transpose()?,
            ending: given(self.ended.as_ref()).map(ending).transpose()?,
            sort,
            direction,
            at: at.map_err(|_| bad("There is no such place in the list."))?,
            page: number(self.page.as_deref(), 1, usize::MAX)?,
            per_page: number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?,
        })
    }

    fn between(&self, now: i64) -> Result<(i64, i64), Error> {
        if self.has_days() {
            let begin = given(self.from.as_ref()).map(day_or_time).transpose()?.map_or(0, |(begin, _)| begin);
            let end =
                given(self.to.as_ref()).map(day_or_time).transpose()?.map_or(END_OF_TIME, |(_, end)| end);
            if begin >= END_OF_TIME {
                return Err(bad(TOO_FAR));
            }
            return if begin < end {
                Ok((begin, end))
            } else {
                Err(bad("“From” must be earlier than “To”."))
            };
        }
        let (.., seconds) = self.period().ok_or_else(|| bad("The time is 24h, 7d, 30d or 365d."))?;
        // What begins while this is read is there as well.
        Ok((now - seconds, now + DAY))
    }

    /// Returns true if days are named, which then count.
    pub(super) fn has_days(&self) -> bool {
        given(self.from.as_ref()).or(given(self.to.as_ref())).is_some()
    }

    /// The values of the fields *From* and *To*: of a day, which a URL may name as well, its first moment and its end.
    pub(super) fn times(&self) -> (String, String) {
        let time = |value: &Option<String>| given(value.as_ref()).map(day_or_time).and_then(Result::ok);
        let field = |second: Option<i64>| second.map(local_minute).unwrap_or_default();
        (field(time(&self.from).map(|(begin, _)| begin)), field(time(&self.to).map(|(_, end)| end)))
    }

    pub(super) fn period(&self) -> Option<Period> {
        match given(self.time.as_ref()) {
            None => PERIODS.first().copied(),
            Some(word) => PERIODS.into_iter().find(|(known, ..)| *known == word),
        }
    }

    /// Returns true if the list is narrowed by more than its time.
    pub(super) fn filters(&self) -> bool {
        [&self.jail, &self.country, &self.ip, &self.ended].iter().any(|value| given(value.as_ref()).is_some())
    }

    /// The query of the same list, as it stands in a URL: its first page, with `changes` in place of its own values.
    pub(super) fn to_url(&self, changes: &[(&'static str, String)]) -> String {
        let own = [
            ("time", &self.time),
            ("from", &self.from),
            ("to", &self.to),
            ("jail", &self.jail),
            ("country", &self.country),
            ("ip", &self.ip),
            ("ended", &self.ended),
            ("sort", &self.sort),
            ("dir", &self.dir),
            ("per_page", &self.per_page),
        ];
        let own = own.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let own = own.filter_map(|(name, value)| Some((name, given(value.as_ref())?.to_owned())));
        let changes = changes.iter().filter(|(_, value)| !value.is_empty()).cloned();
        query_string(own.chain(changes).collect())
    }

    /// The same of the page that is shown.
    pub(super) fn here(&self) -> String {
        let own = |value: &Option<String>| given(value.as_ref()).unwrap_or_default().to_owned();
        self.to_url(&[("at", own(&self.at)), ("page", own(&self.page))])
    }
}

fn bad(sentence: &str) -> Error {
    Error::BadInput(sentence.to_owned())
}

/// The origin of that code or name.
fn origin(word: &str) -> Result<Origin, Error> {
    let named = || Origin::all().find(|origin| origin.name().eq_ignore_ascii_case(word));
    Origin::from_slug(word).or_else(named).ok_or_else(|| {
        bad("Write a country as a two-letter code such as DE, a name, or a range such as private.")
    })
}

/// An address or a network in any form, or the text of anything else.
fn entry(text: &str) -> Result<Banned, Error> {
    if text.len() > LONGEST_ENTRY {
        return Err(bad("That is too long for an address."));
    }
    Ok(text.parse::<Target>().map_or_else(|_| Banned::from_daemon(text), Banned::Target))
}

fn ending(word: &str) -> Result<Ending, Error> {
    word.parse().map_err(|_| bad("A ban is standing, ran-out, lifted or unknown."))
}

#[cfg(test)]
mod tests {
    use actix_web::web::Query;

    use super::*;

    fn params(query: &str) -> Params {
        Query::from_query(query).map_or_else(|e| unreachable!("{e}"), Query::into_inner)
    }

    #[test]
    fn a_query_reads_back_from_its_url() {
        for url in [
            "",
            "?time=7d&jail=a+%26b&country=DE&ip=203.0.113.0%2F24&ended=ran-out&sort=ip&dir=desc&per_page=10",
            "?from=2026-11-01&to=2026-11-30",
            "?from=2026-11-01T06%3A00&to=2026-11-01T07%3A00",
            "?at=1790000000&page=3",
        ] {
            let params = params(url.trim_start_matches('?'));
            assert!(params.read(1_790_000_000).is_ok(), "{url}");
            assert_eq!(params.here(), url);
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for url in [
            "time=1y",
            "from=yesterday",
            "from=2026-11-01T25:00",
            "from=2026-11-02&to=2026-11-01",
            "country=ZZ",
            "ended=never",
            "sort=colour",
            "dir=up",
            "at=x",
            "page=0",
            "per_page=101",
        ] {
            assert!(params(url).read(0).is_err(), "{url}");
        }
    }

    #[test]
    fn an_address_is_read_in_any_form_and_a_country_by_its_name() {
        let read = |url: &str| params(url).read(0).ok();
        let address = read("ip=2001:0DB8::0:1").and_then(|query| query.entry);
        assert_eq!(address.map(|entry| entry.to_string()).as_deref(), Some("2001:db8::1"));
        assert_eq!(
            read("country=germany").map(|query| query.origin),
            read("country=de").map(|query| query.origin)
        );
    }
}
