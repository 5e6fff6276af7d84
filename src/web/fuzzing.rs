//! Fields of a form and of a URL's query, of any bytes.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::web::Query;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::account::{AccountName, Password, Role};
use crate::domain::address::{Banned, Target, parse_targets};
use crate::domain::audit;
use crate::domain::ignore::{IgnoreEntry, Listed, Note};
use crate::domain::jail::JailName;
use crate::domain::server::{LogLevel, MaxMatches, PurgeAge};
use crate::domain::text::{escaped, is_hidden, is_safe_argument, printable, truncate};

use super::extract::ban_key;
use super::extract::ban_query::{BanParams, jail_path, to_url};
use super::extract::form::Fields;
use super::view::format;

/// The body of a form, or a URL's query: they are written alike.
///
/// # Panics
/// Where a field is taken for something that it is not.
pub fn form_inputs(body: &[u8]) {
    ban_query(body);
    let fields = Fields::parse(body);
    for (name, value) in fields.pairs() {
        assert!(fields.all(name).any(|own| own == value));
        field(value);
    }
    drop(ban_key::read_all(fields.all("ban")));
}

/// Every part of a ban list has one URL, which leads to it.
fn ban_query(query: &[u8]) {
    let read = |query: &str| Query::<BanParams>::from_query(query).ok()?.read().ok();
    let Some(asked) = str::from_utf8(query).ok().and_then(read) else { return };
    let url = to_url(&asked);
    let again = read(url.trim_start_matches('?'));
    assert_eq!(again.as_ref(), Some(&asked), "{url}");
}

/// The text of a field as each thing that it may have to be.
fn field(text: &str) {
    if let Some(target) = normal::<Target>(text) {
        assert_eq!(Banned::from_daemon(&target.to_string()), Banned::Target(target));
        assert!(is_plain_word(&target));
    }
    for target in parse_targets(text).into_iter().flatten() {
        assert!(is_plain_word(&target));
    }
    if let Some(entry) = normal::<IgnoreEntry>(text) {
        assert!(is_plain_word(&entry));
        assert_eq!(Listed::from_daemon(entry.to_string()).entry(), Some(entry));
    }
    if let Some(jail) = normal::<JailName>(text) {
        assert!(is_safe_argument(jail.as_str()) && jail.as_str() != "--all");
        let path = jail_path(&jail);
        assert_eq!(path.matches('/').count(), 2);
        assert!(!["/jails/.", "/jails/..", "/jails/table"].contains(&path.as_str()));
        let word = ban_key::format_ban_key(&jail, text);
        assert_eq!(ban_key::parse_ban_key(&word).ok(), Some((jail, text.to_owned())));
    }
    assert_eq!(Banned::from_daemon(text).to_string(), text);
    drop(ban_key::parse_ban_key(text));
    others(text);
}

fn others(text: &str) {
    if let Ok(note) = text.parse::<Note>() {
        assert_eq!(note.as_str().parse(), Ok(note));
    }
    normal::<LogLevel>(text);
    if let Ok(age) = text.parse::<PurgeAge>() {
        assert_eq!(age.seconds().to_string().parse(), Ok(age));
    }
    if let Ok(most) = text.parse::<MaxMatches>() {
        assert_eq!(most.number().to_string().parse(), Ok(most));
    }
    normal::<AccountName>(text);
    normal::<Role>(text);
    drop(text.parse::<Password>());
    if let Ok(day) = text.parse::<Date>() {
        assert!(!format::day(&day).is_empty());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert!(!format::ago(&time, &Timestamp::UNIX_EPOCH).is_empty());
    }
    assert!(!escaped(text).contains(is_hidden) && !printable(text).contains(is_hidden));
    assert!(truncate(text, audit::LONGEST).chars().count() <= audit::LONGEST);
}

/// The value that `text` reads as, if it does. How that is written reads as the same value.
fn normal<T: FromStr + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let written = value.to_string();
    assert!(written.parse::<T>().is_ok_and(|again| again == value), "{text:?} as {written:?}");
    Some(value)
}

/// Returns true if it is one word of printable ASCII that is no option.
fn is_plain_word(value: &impl Display) -> bool {
    let word = value.to_string();
    !word.is_empty() && !word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_graphic())
}
