//! The part of a ban list that a URL asks for, and the URL for a part.

use serde::Deserialize;

use crate::domain::ban::order::{Direction, Sort};
use crate::domain::ban::page::{BanQuery, MOST_PER_PAGE};
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;
use crate::web::problem::error::Error;

/// Rows a page unless the URL says otherwise.
const PER_PAGE: usize = 25;

const NO_COUNTRY: &str = "Write a country as a two-letter code such as DE, or a range such as private.";

/// The query of `/jails/{jail}`, `/bans` and their tables, as it came.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BanParams {
    page: Option<String>,
    per_page: Option<String>,
    q: Option<String>,
    country: Option<String>,
    countries: Option<String>,
    sort: Option<String>,
    dir: Option<String>,
    jail: Option<String>,
}

impl BanParams {
    /// Reads the query.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(crate) fn read(&self) -> Result<BanQuery, Error> {
        let sort = match self.sort.as_deref() {
            None | Some("") => Sort::Banned,
            Some(sort) => {
                sort.parse().map_err(|_| bad("The list can be sorted by ip, banned, expires or country."))?
            }
        };
        let direction = match self.dir.as_deref() {
            None | Some("") => usual(sort),
            Some(direction) => direction.parse().map_err(|_| bad("The direction is asc or desc."))?,
        };
        let search: String = self.q.as_deref().map_or("", str::trim).to_owned();
        if search.chars().count() > 100 {
            return Err(bad("A search has 100 characters at most."));
        }
        let jail = match self.jail.as_deref() {
            None | Some("") => None,
            Some(name) => Some(name.parse().map_err(|_| Error::NoPage)?),
        };
        let origin = match self.country.as_deref() {
            None | Some("") => None,
            Some(word) => Some(Origin::from_slug(word).ok_or_else(|| bad(NO_COUNTRY))?),
        };
        let every_country = match self.countries.as_deref() {
            None | Some("") => false,
            Some("all") => true,
            Some(_) => {
                return Err(bad("The countries are all, or the most frequent ones where nothing is said."));
            }
        };
        Ok(BanQuery {
            jail,
            search,
            origin,
            every_country,
            sort,
            direction,
            page: number(self.page.as_deref(), 1, usize::MAX)?,
            per_page: number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?,
        })
    }
}

fn bad(sentence: &str) -> Error {
    Error::BadInput(sentence.to_owned())
}

/// Reads the number of a page or of its rows: from 1 to `most`, `default` where none is given.
///
/// # Errors
/// When it is no such number.
pub(crate) fn number(text: Option<&str>, default: usize, most: usize) -> Result<usize, Error> {
    match text {
        None | Some("") => Ok(default),
        Some(text) => match text.parse() {
            Ok(number @ 1..) if number <= most => Ok(number),
            _ => Err(Error::BadInput(format!(
                "The page is a number from 1, and a page has 1 to {MOST_PER_PAGE} rows."
            ))),
        },
    }
}

/// The direction in which a column is first sorted: newest first, addresses and ends from the front.
pub(crate) fn usual(sort: Sort) -> Direction {
    match sort {
        Sort::Banned => Direction::Descending,
        Sort::Ip | Sort::Expires | Sort::Country => Direction::Ascending,
    }
}

/// The query as it stands in a URL, with a leading `?`; empty for the list as it first comes. What is
/// as usual is left out, so that each part of the list has one URL.
pub(crate) fn to_url(query: &BanQuery) -> String {
    query_string(pairs(query))
}

/// `pairs` as the query of a URL, with a leading `?`; empty where there are none.
pub(crate) fn query_string(pairs: Vec<(&'static str, String)>) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).extend_pairs(pairs).finish()
}

fn pairs(query: &BanQuery) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    if let Some(jail) = &query.jail {
        pairs.push(("jail", jail.to_string()));
    }
    if !query.search.is_empty() {
        pairs.push(("q", query.search.clone()));
    }
    if let Some(origin) = query.origin {
        pairs.push(("country", origin.slug().to_owned()));
    }
    if query.every_country {
        pairs.push(("countries", "all".to_owned()));
    }
    if query.sort != Sort::Banned {
        pairs.push(("sort", query.sort.to_string()));
    }
    if query.direction != usual(query.sort) {
        pairs.push(("dir", query.direction.to_string()));
    }
    if query.per_page != PER_PAGE {
        pairs.push(("per_page", query.per_page.to_string()));
    }
    if query.page != 1 {
        pairs.push(("page", query.page.to_string()));
    }
    pairs
}

/// Characters that need no escaping in a path: the unreserved characters of RFC 3986.
pub(crate) const UNRESERVED: percent_encoding::AsciiSet =
    percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page of a jail: its name may hold anything, so it is escaped. A browser takes `.` and `..` out of a
/// path however they are written (`%2E` too), and `/jails/table` is another page: such names get a tilde in
/// front, and so do those that begin with one.
pub(crate) fn jail_path(jail: &JailName) -> String {
    let name = jail.as_str();
    let tilde = if matches!(name, "." | ".." | "table") || name.starts_with('~') { "~" } else { "" };
    format!("/jails/{tilde}{}", percent_encoding::utf8_percent_encode(name, &UNRESERVED))
}

/// The name of the jail that a part of such a path, no longer escaped, stands for.
pub(crate) fn jail_in_path(part: &str) -> &str {
    part.strip_prefix('~').unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use actix_web::web::Query;

    use super::*;

    fn params(query: &str) -> BanParams {
        Query::from_query(query).map_or_else(|e| unreachable!("{e}"), Query::into_inner)
    }

    #[test]
    fn a_query_reads_back_from_its_url() {
        for url in [
            "",
            "?q=203.0&sort=ip&dir=desc&per_page=100&page=3",
            "?sort=expires",
            "?q=a%26b+c",
            "?country=DE&sort=country",
            "?countries=all&page=2",
            "?country=unique-local",
            "?jail=a+%26b",
        ] {
            let query = params(url.trim_start_matches('?')).read();
            assert_eq!(query.map(|query| to_url(&query)).ok().as_deref(), Some(url));
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for url in [
            "page=0",
            "page=x",
            "per_page=101",
            "per_page=0",
            "sort=colour",
            "country=Germany",
            "country=ZZ",
            "countries=DE",
            "dir=up",
            &format!("q={}", "x".repeat(101)),
        ] {
            assert!(params(url).read().is_err(), "{url}");
        }
    }

    #[test]
    fn any_jail_name_makes_one_path_segment() {
        let path = |name: &str| name.parse().map(|name| jail_path(&name));
        assert_eq!(path("nginx-http-auth"), Ok("/jails/nginx-http-auth".to_owned()));
        assert_eq!(path("a/b c?"), Ok("/jails/a%2Fb%20c%3F".to_owned()));
        assert_eq!(path(".."), Ok("/jails/~..".to_owned()));
        for name in [".", "..", "table", "~", "~~x", "...", "a~"] {
            let segment = path(name).ok().and_then(|path| path.strip_prefix("/jails/").map(str::to_owned));
            let read = segment.as_deref().map(jail_in_path);
            assert_eq!(read, Some(name));
            assert!(![Some("."), Some(".."), Some("table")].contains(&segment.as_deref()), "{name}");
        }
    }
}
