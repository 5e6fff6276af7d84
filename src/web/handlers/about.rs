//! `GET /about`: which BanGUI this is, and whose work is in it.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::web::problem::error::Error;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment};

/// The libraries with their licences, made by `sh packaging/licences/make`.
const LICENCES: &str = "licences.txt";

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    page: Page,
    version: &'static str,
    /// The day that its source is of; `None` in a build that is no release.
    day: Option<Date>,
    libraries: usize,
}

/// The page.
pub(crate) async fn show(page: Page) -> Result<HttpResponse, Error> {
    let shown = AboutPage {
        page,
        version: env!("CARGO_PKG_VERSION"),
        day: option_env!("SOURCE_DATE_EPOCH").and_then(day),
        libraries: libraries(&assets::text(LICENCES)),
    };
    fragment::full_page(&shown, StatusCode::OK)
}

/// How many libraries `licences` names, each in lines such as `- actix-web 4.11.0`, one for each of its licences.
fn libraries(licences: &str) -> usize {
    let named = licences.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(' '));
    let versions = named.filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
    versions.collect::<BTreeSet<_>>().len()
}

/// The day of a time in seconds since 1970, as reproducible builds name it.
fn day(seconds: &str) -> Option<Date> {
    let time = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    Some(time.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_library_with_two_licences_is_one() {
        assert_eq!(libraries("MIT\n- a 1.0.0\n- b 2.0.0\n\n- all rights\n\nISC\n- a 1.0.0\n- a 2.0.0"), 3);
    }

    #[test]
    fn the_day_of_a_release_is_that_of_its_source() {
        assert_eq!(day("1796083199"), Some(date(2026, 11, 30)));
        assert_eq!(day("soon"), None);
    }
}
