//! The part of the audit that a URL asks for, and the URL for a part.

use std::net::IpAddr;

use serde::Deserialize;

use crate::domain::audit::AuditQuery;
use crate::domain::audit::query::Kind;
use crate::domain::ban::page::MOST_PER_PAGE;
use crate::web::extract::ban_query::{number, query_string};
use crate::web::extract::field::{day, given};
use crate::web::problem::error::Error;

/// Lines a page unless the URL says otherwise.
pub(crate) const PER_PAGE: usize = 50;

/// The query, as it came.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
    per_page: Option<String>,
    pub(super) show: Option<String>,
    pub(super) who: Option<String>,
    pub(super) action: Option<String>,
    pub(super) from: Option<String>,
    pub(super) day: Option<String>,
    fold: Option<String>,
    q: Option<String>,
    before: Option<String>,
}

impl Params {
    /// Reads the query.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(super) fn read(&self) -> Result<AuditQuery, Error> {
        let search = given(self.q.as_ref()).unwrap_or_default();
        if search.chars().count() > 100 {
            return Err(bad("A search has 100 characters at most."));
        }
        let kind = match given(self.show.as_ref()) {
            None => Kind::Changes,
            Some(kind) => {
                kind.parse().map_err(|_| bad("The audit shows changes, logins, refused or all."))?
            }
        };
        let before = given(self.before.as_ref()).map(str::parse).transpose();
        Ok(AuditQuery {
            kind,
            account: given(self.who.as_ref()).map(str::to_owned),
            action: given(self.action.as_ref()).map(str::to_owned),
            // However it is written, the audit has it in one way.
            address: given(self.from.as_ref()).map(|text| {
                text.parse().map_or_else(|_| text.to_owned(), |address: IpAddr| address.to_string())
            }),
            between: given(self.day.as_ref()).map(day).transpose()?,
            search: search.to_owned(),
            before: before.map_err(|_| bad("There is no such row."))?,
            folds: given(self.fold.as_ref()) != Some("no"),
            page: number(self.page.as_deref(), 1, usize::MAX)?,
            per_page: number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?,
        })
    }

    /// Returns true if the list is narrowed by more than its kind and a search.
    pub(super) fn filters(&self) -> bool {
        [&self.who, &self.action, &self.from, &self.day].iter().any(|value| given(value.as_ref()).is_some())
    }

    /// The query of the same list, as it stands in a URL: its first page, with `changes` in place of its own values.
    pub(super) fn to_url(&self, changes: &[(&'static str, String)]) -> String {
        let own = [
            ("show", &self.show),
            ("who", &self.who),
            ("action", &self.action),
            ("from", &self.from),
            ("day", &self.day),
            ("fold", &self.fold),
            ("q", &self.q),
            ("per_page", &self.per_page),
        ];
        let own = own.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let own = own.filter_map(|(name, value)| Some((name, given(value.as_ref())?.to_owned())));
        let changes = changes.iter().filter(|(_, value)| !value.is_empty()).cloned();
        query_string(own.chain(changes).collect())
    }
}

fn bad(sentence: &str) -> Error {
    Error::BadInput(sentence.to_owned())
}
