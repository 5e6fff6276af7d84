//! Secrets in the settings of fail2ban's actions: tokens, keys and passwords that a page, a log or the
//! audit must not show.
//!
//! A secret is known in two ways:
//! - by its **name**: the value of `cftoken`, `abuseipdb_apikey`, `password` and their like
//!   ([`is_secret_name`]), wherever it stands in the other settings of the same jail, as it is or quoted,
//!   percent-encoded or within Base64;
//! - by its **place**: what follows such a name in a header, an option, an assignment, a parameter of an
//!   address or in JSON; the password of `user:password@host` and `-u user:password`; the path of a web
//!   hook; a line of a configuration file that fail2ban could not read.
//!
//! A value that is known by its name is masked whole and at any length. Elsewhere a value of fewer
//! than [`SHORTEST`] characters is masked only in such a place, not wherever it occurs: a password
//! `1` would blank every 1. Neither are words that switch something on or off (`auth = true`)
//! looked for. More is masked than necessary rather than less.

pub(crate) mod address;
pub(crate) mod command;
pub(crate) mod config_error;
pub(crate) mod name;
pub(crate) mod spelling;
pub(crate) mod structure;
#[cfg(test)]
mod tests;
pub(crate) mod word;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::jail::Unread;
use super::jail_detail::Property;

/// The mask that replaces a secret.
pub(crate) const MASK: &str = "••••••";
/// The shortest value that is masked wherever it occurs, in characters.
pub(crate) const SHORTEST: usize = 4;
/// The shortest value that is looked for elsewhere where only its place made it a secret, in characters.
const SHORTEST_BY_PLACE: usize = 8;

/// Returns true if something with the name `name` is a secret.
#[must_use]
pub(crate) fn is_secret_name(name: &str) -> bool {
    name::is_secret(name)
}

/// Values that are secret. The debug output holds only their number.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    values: BTreeSet<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.values.len())
    }
}

impl Secrets {
    /// The secrets among settings, each with its name.
    pub(crate) fn of_settings<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut secrets = Self::default();
        for (name, value) in settings {
            if name::is_secret(name) {
                secrets.add_named(value);
            } else {
                secrets.add_by_place(value, SHORTEST_BY_PLACE);
            }
        }
        secrets
    }

    /// The secrets among the properties of actions.
    pub(crate) fn of_properties<'a>(properties: impl IntoIterator<Item = &'a Property>) -> Self {
        Self::of_settings(properties.into_iter().filter_map(|property| {
            let value = property.value.as_ref().ok()?.as_deref()?;
            Some((property.name.as_str(), value))
        }))
    }

    /// Returns the secrets that the structure of `text` reveals, where it quotes them also as they
    /// are without.
    #[must_use]
    pub(crate) fn of_text(text: &str) -> Self {
        let mut secrets = Self::default();
        for range in by_place(text) {
            let mut value = text.get(range).unwrap_or_default().to_owned();
            // JSON within a text of Python's has backslashes of both.
            for _ in 0..3 {
                secrets.add(&value, SHORTEST);
                value = spelling::unquoted(&value);
            }
        }
        secrets
    }

    /// Adds the secrets of `other`.
    pub fn extend(&mut self, other: Self) {
        self.values.extend(other.values);
    }

    /// Adds the value of something that is secret by its name, and its parts.
    fn add_named(&mut self, value: &str) {
        let value = value.trim();
        self.add(value, SHORTEST);
        self.add_by_place(value, SHORTEST);
        let bare = value.trim_matches(['"', '\'']);
        self.add(bare, SHORTEST);
        // `Bearer x`, `Authorization: Basic x`
        let last = bare.split_whitespace().next_back().unwrap_or_default();
        self.add(last, SHORTEST_BY_PLACE);
        let decoded = spelling::decoded(last);
        for pair in [Some(last), decoded.as_deref()].into_iter().flatten() {
            match pair.split_once(':') {
                Some((_, password)) if !password.starts_with("//") => self.add(password, SHORTEST),
                _ => {}
            }
        }
        for line in value.lines().map(str::trim) {
            self.add(line, SHORTEST_BY_PLACE);
        }
    }

    fn add_by_place(&mut self, text: &str, shortest: usize) {
        for range in by_place(text) {
            self.add(text.get(range).unwrap_or_default(), shortest);
        }
    }

    fn add(&mut self, value: &str, shortest: usize) {
        if value.chars().count() >= shortest && !word::is_switch(value) && !value.contains(MASK) {
            self.values.insert(value.to_owned());
        }
    }

    /// Adds the places in `text` where they stand.
    fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        for spelling in self.values.iter().flat_map(|value| spelling::spellings(value)) {
            let places = text.match_indices(spelling.as_str());
            found.extend(places.map(|(begin, written)| begin..begin + written.len()));
        }
        let values = self.values.iter().map(String::as_str);
        spelling::find_percent(text, &values, found);
        spelling::find_base64(text, &values, found);
    }
}

/// `text` with every secret in it masked: `secrets` wherever they stand, others by their place. For
/// whatever fail2ban or its programs say, before it is logged or shown.
#[must_use]
pub(crate) fn mask_text(text: &str, secrets: &Secrets) -> String {
    let mut found = by_place(text);
    secrets.find(text, &mut found);
    covered(text, found)
}

/// The properties of an action with every secret in them masked, `secrets` among them.
#[must_use]
pub(crate) fn masked_with(properties: &[Property], secrets: &Secrets) -> Vec<Property> {
    properties.iter().map(|property| masked_property(property, secrets)).collect()
}

fn masked_property(property: &Property, secrets: &Secrets) -> Property {
    let Property { name, value, .. } = property;
    let shown = match value {
        Ok(Some(_)) if name::is_secret(name) => Ok(Some(MASK.to_owned())),
        Ok(Some(value)) => Ok(Some(mask_text(value, secrets))),
        Ok(None) => Ok(None),
        Err(Unread::Refused(words)) => Err(Unread::Refused(mask_text(words, secrets))),
        Err(Unread::Unreadable(what)) => Err(Unread::Unreadable(mask_text(what, secrets))),
        Err(unread @ (Unread::Unanswered | Unread::NotAsked)) => Err(unread.clone()),
    };
    Property { name: name.clone(), is_masked: shown != *value, value: shown }
}

/// Returns the places in `text` with secrets that are known by their place.
fn by_place(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    structure::find(text, &mut found);
    command::find(text, &mut found);
    address::find(text, &mut found);
    config_error::find(text, &mut found);
    found.retain(|range| range.start < range.end);
    found
}

/// Returns `text` with a mask in the place of the ranges, one for those that touch. Only pieces of
/// `text` between the ranges remain, so that no value that was found can be in it.
fn covered(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut covered = String::with_capacity(text.len());
    let mut done = 0;
    let mut is_open = false;
    for range in ranges {
        if range.start > done || !is_open {
            covered.push_str(text.get(done..range.start).unwrap_or_default());
            covered.push_str(MASK);
            is_open = true;
        }
        done = done.max(range.end);
    }
    covered.push_str(text.get(done..).unwrap_or_default());
    covered
}
