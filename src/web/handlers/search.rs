//! `GET /search`: leads from an address, a network, a jail or a country to its page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::domain::address::Target;
use crate::domain::geo::fold::plain;
use crate::domain::geo::origin::Origin;
use crate::domain::jail::JailName;
use crate::web::extract::ban_query::{jail_path, query_string};
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

/// Matches of each kind that are listed.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    query: String,
    matches: Vec<Match>,
    /// True if the jails could not be read, so that more may match.
    without_jails: bool,
    /// True if it looks like an address or a network and is none.
    is_mistyped: bool,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Match {
    kind: &'static str,
    name: String,
    url: String,
    /// True if it is just what was written.
    is_exact: bool,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    q: Option<String>,
}

impl SearchPage {
    /// Where it leads if it is clear what was meant.
    fn only(&self) -> Option<&Match> {
        let mut exact = self.matches.iter().filter(|found| found.is_exact);
        match (exact.next(), exact.next(), self.matches.as_slice()) {
            (Some(one), None, _) | (None, _, [one]) => Some(one),
            _ => None,
        }
    }
}

/// `GET /search`, with `q`.
pub(crate) async fn find(
    page: Page,
    state: Data<State>,
    params: Query<Params>,
) -> Result<HttpResponse, Error> {
    let query = params.into_inner().q.unwrap_or_default().trim().to_owned();
    if query.chars().count() > 100 {
        return Err(Error::BadInput("A search has 100 characters at most.".to_owned()));
    }
    if let Ok(target) = query.parse::<Target>() {
        return Ok(see_other(&format!("/lookup?ip={target}")));
    }
    let is_mistyped = looks_like_an_address(&query);
    let mut shown = SearchPage { page, query, matches: Vec::new(), without_jails: false, is_mistyped };
    if !shown.query.is_empty() {
        match jails(&state).await {
            Ok(jails) => shown.matches.extend(named(&jails, &shown.query)),
            Err(error) => {
                tracing::warn!(%error, "a search goes on without the jails");
                shown.without_jails = true;
            }
        }
        shown.matches.extend(countries(&shown.query));
        if !shown.is_mistyped {
            shown.matches.extend(part_of_address(&shown.query));
        }
    }
    match shown.only() {
        Some(found) => Ok(see_other(&found.url)),
        None if shown.is_mistyped => fragment::full_page(&shown, StatusCode::UNPROCESSABLE_ENTITY),
        None => fragment::full_page(&shown, StatusCode::OK),
    }
}

/// The jails that run, and those that are stopped.
async fn jails(state: &State) -> Result<Vec<JailName>, crate::jail_service::Error> {
    let mut jails = state.jails.running_jails().await?;
    match state.jails.stopped_jails(&jails).await {
        Ok(stopped) => jails.extend(stopped),
        Err(error) => tracing::warn!(?error, "a search goes on without the stopped jails"),
    }
    Ok(jails)
}

fn named(jails: &[JailName], query: &str) -> Vec<Match> {
    let wanted = query.to_lowercase();
    let is_found = |jail: &&JailName| jail.as_str().to_lowercase().contains(&wanted);
    let found = jails.iter().filter(is_found).take(MOST).map(|jail| Match {
        kind: "Jail",
        name: format::shown(jail),
        url: jail_path(jail),
        is_exact: jail.as_str().to_lowercase() == wanted,
    });
    found.collect()
}

fn countries(query: &str) -> Vec<Match> {
    let wanted = plain(query);
    let found = Origin::all().filter(|origin| origin.is_meant_by(query)).take(MOST).map(|origin| Match {
        kind: "Bans from",
        name: origin.name().to_owned(),
        url: format!("/bans{}", query_string(vec![("country", origin.slug().to_owned())])),
        is_exact: plain(origin.name()) == wanted || origin.slug().to_lowercase() == wanted,
    });
    found.collect()
}

/// Returns true if `query`, which is no address and no network, is written like a whole one: `999.1.1.1`,
/// `203.0.113.7/99`.
fn looks_like_an_address(query: &str) -> bool {
    let address = query.split_once('/').map_or(query, |(address, _)| address);
    let parts: Vec<&str> = address.split('.').collect();
    let are_numbers =
        parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_hexadecimal = address.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
    are_numbers && (parts.len() > 3 || parts.len() > 1 && query.contains('/'))
        || is_hexadecimal
            && (address.matches(':').count() > 6 || address.contains(':') && query.contains('/'))
}

/// A part of an address, such as `203.0.113.` or `2001:db8:`.
fn part_of_address(query: &str) -> Option<Match> {
    let is_part =
        query.contains(['.', ':']) && query.chars().all(|c| c.is_ascii_hexdigit() || ".:/".contains(c));
    is_part.then(|| Match {
        kind: "Bans of addresses with",
        name: query.to_owned(),
        url: format!("/bans{}", query_string(vec![("q", query.to_owned())])),
        is_exact: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &[Match]) -> Vec<(&str, bool)> {
        found.iter().map(|found| (found.name.as_str(), found.is_exact)).collect()
    }

    #[test]
    fn jails_are_found_by_a_part_of_their_names() -> Result<(), Box<dyn std::error::Error>> {
        let jails = ["sshd".parse()?, "sshd-ddos".parse()?, "nginx".parse()?];
        assert_eq!(names(&named(&jails, "SSHD")), [("sshd", true), ("sshd-ddos", false)]);
        assert_eq!(names(&named(&jails, "gin")), [("nginx", false)]);
        Ok(())
    }

    #[test]
    fn countries_are_found_by_code_and_name() {
        assert_eq!(names(&countries("de")), [("Germany", true)]);
        assert_eq!(names(&countries("germany")), [("Germany", true)]);
        let turk = countries("turk");
        assert_eq!(names(&turk)[..2], [("Türkiye", false), ("Turkmenistan", false)]);
        assert!(countries("x1").is_empty());
    }

    #[test]
    fn what_is_written_like_an_address_and_is_none_is_no_search() {
        for query in [
            "999.1.1.1",
            "1.2.3.4.5",
            "203.0.113.7/99",
            "203.0.113/24",
            "2001:db8::/129",
            "1:2:3:4:5:6:7:8:9",
        ] {
            assert!(query.parse::<Target>().is_err() && looks_like_an_address(query), "{query}");
        }
        for query in ["203.0.113.", "203.0", "2001:db8:", "sshd", "v1.2.3.4", "de", "", ".", "a/b"] {
            assert!(!looks_like_an_address(query), "{query}");
        }
    }

    #[test]
    fn a_part_of_an_address_is_a_search_in_the_bans() {
        assert_eq!(part_of_address("203.0.113.").map(|it| it.url).as_deref(), Some("/bans?q=203.0.113."));
        assert!(part_of_address("sshd").is_none() && part_of_address("cafe").is_none());
    }
}
