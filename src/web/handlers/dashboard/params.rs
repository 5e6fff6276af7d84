//! What a dashboard is narrowed to, by its URL.

use serde::Deserialize;

use crate::domain::geo::origin::Origin;
use crate::domain::overview::OverviewQuery;
use crate::web::extract::ban_query::query_string;
use crate::web::extract::field::given;
use crate::web::problem::error::Error;

use super::times::{self, Period};

/// The query, as it came.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Params {
    time: Option<String>,
    /// The second in which the chosen bar begins.
    bar: Option<String>,
    pub(super) jail: Option<String>,
    pub(super) country: Option<String>,
}

impl Params {
    /// Reads the query. Times end `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(super) fn read(&self, now: i64) -> Result<OverviewQuery, Error> {
        let period = self.period()?;
        let edges = times::edges(period, now);
        let begin: Option<i64> = match given(self.bar.as_ref()) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| bad("There is no such bar in the chart."))?),
        };
        let place =
            |begin: i64| edges.iter().rposition(|edge| *edge == begin).filter(|at| at + 1 < edges.len());
        let origin = given(self.country.as_ref());
        let origin = origin.map(|code| {
            Origin::from_slug(code).ok_or_else(|| bad("Write a country as a two-letter code such as DE."))
        });
        let (today, yesterday, weekdays) = times::today(now);
        Ok(OverviewQuery {
            bar: begin.and_then(place),
            edges,
            jail: given(self.jail.as_ref()).map(str::to_owned),
            origin: origin.transpose()?,
            wants_addresses: false,
            today,
            yesterday,
            weekdays,
        })
    }

    pub(super) fn period(&self) -> Result<Period, Error> {
        let word = given(self.time.as_ref()).unwrap_or("24h");
        word.parse().map_err(|_| bad("The time is 24h, 7d, 30d or 365d."))
    }

    /// Returns true if a bar is chosen, which the chart may have left behind.
    pub(super) fn has_bar(&self) -> bool {
        given(self.bar.as_ref()).is_some()
    }

    /// The query of the same dashboard, with `changes` in place of its own values.
    pub(super) fn to_url(&self, changes: &[(&'static str, String)]) -> String {
        let own =
            [("time", &self.time), ("bar", &self.bar), ("jail", &self.jail), ("country", &self.country)];
        let pair = |(name, value): (&'static str, &Option<String>)| {
            let anew = changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| value.clone());
            let value = anew.or_else(|| given(value.as_ref()).map(str::to_owned))?;
            let is_usual = value.is_empty() || (name == "time" && value == "24h");
            (!is_usual).then_some((name, value))
        };
        query_string(own.into_iter().filter_map(pair).collect())
    }
}

fn bad(sentence: &str) -> Error {
    Error::BadInput(sentence.to_owned())
}
