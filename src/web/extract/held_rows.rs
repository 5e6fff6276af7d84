//! The header in which an open page says which rows it shows, so that they stay where they are (`static/rows.js`).

use actix_web::http::header::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::domain::address::Banned;
use crate::domain::ban::held::HeldRows;
use crate::web::problem::error::Error;

use super::ban_key::parse_ban_key;

/// Name of the header: the moment when the page was opened, then each row as its `id` names it, with spaces between.
pub(crate) const ROWS: &str = "x-rows";

/// Reads the rows that the page shows; `None` where the request names none.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<HeldRows>, Error> {
    let bad = || Error::BadInput("The rows of the open page cannot be read.".to_owned());
    let Some(value) = headers.get(ROWS) else { return Ok(None) };
    let mut words = value.to_str().map_err(|_| bad())?.split_ascii_whitespace();
    let opened = words.next().and_then(|moment| moment.parse().ok()).ok_or_else(bad)?;
    let row = |word: &str| {
        if word.contains('/') {
            return parse_ban_key(word).map(|(jail, entry)| (Some(jail), Banned::from_daemon(&entry)));
        }
        let entry = percent_decode_str(word).decode_utf8().map_err(|_| bad())?;
        Ok((None, Banned::from_daemon(&entry)))
    };
    let rows = words.map(row).collect::<Result<_, _>>()?;
    Ok(Some(HeldRows { opened, rows }))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::domain::jail::JailName;

    fn rows(value: &str) -> Result<Option<HeldRows>, Error> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(value).unwrap_or_else(|e| unreachable!("{e}"));
        headers.insert(HeaderName::from_static(ROWS), value);
        read(&headers)
    }

    #[test]
    fn rows_of_one_jail_and_of_several_are_read() -> Result<(), Box<dyn std::error::Error>> {
        let held = rows("2026-01-02T03:04:05Z 203.0.113.5 2001:db8::1 a%20b web/2001%3Adb8%3A%3A2")?;
        let held = held.ok_or("no rows")?;
        let read: Vec<(Option<&str>, String)> = held
            .rows
            .iter()
            .map(|(jail, banned)| (jail.as_ref().map(JailName::as_str), banned.to_string()))
            .collect();
        let expected =
            [(None, "203.0.113.5"), (None, "2001:db8::1"), (None, "a b"), (Some("web"), "2001:db8::2")];
        assert_eq!(read, expected.map(|(jail, entry)| (jail, entry.to_owned())));
        assert!(read_nothing()?);
        Ok(())
    }

    fn read_nothing() -> Result<bool, Error> {
        Ok(read(&HeaderMap::new())?.is_none())
    }

    #[test]
    fn what_no_page_of_ours_sends_is_refused() {
        for value in ["", "203.0.113.5", "2026-01-02T03:04:05Z %FF", "2026-01-02T03:04:05Z sshd/"] {
            assert!(rows(value).is_err(), "{value}");
        }
    }
}
