//! Limits on what one request may hold.

use serde::de::{Deserialize, Deserializer, Error};

use crate::domain::address::Banned;
use crate::domain::ignore::Listed;
use crate::fail2ban::database::recorded::ReadFrom;

/// The most arguments of one request. One form names some thousands, an unban of many 200 at once.
const MOST_ARGUMENTS: usize = 20_000;
/// The longest text that is no address, in bytes. fail2ban bans any text, as long as a log line.
const LONGEST_TEXT: usize = 64 * 1024;

/// Reads a list that is not too long.
pub(crate) fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(from)?;
    if list.len() <= MOST_ARGUMENTS { Ok(list) } else { Err(D::Error::custom("too many arguments")) }
}

/// Reads entries of a ban list, each of which can be named on fail2ban's wire.
pub(crate) fn sendable<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Banned>, D::Error> {
    let list: Vec<Banned> = few(from)?;
    if list.iter().all(|banned| banned.is_sendable() && is_short(banned)) {
        Ok(list)
    } else {
        Err(D::Error::custom("an entry that cannot be sent"))
    }
}

/// Reads an entry of an ignore list that can be named on fail2ban's wire.
pub(crate) fn sendable_entry<'de, D: Deserializer<'de>>(from: D) -> Result<Listed, D::Error> {
    let entry = Listed::deserialize(from)?;
    let is_short = entry.argument().is_some_and(|argument| argument.len() <= LONGEST_TEXT);
    if is_short && entry.is_sendable() {
        Ok(entry)
    } else {
        Err(D::Error::custom("an entry that cannot be sent"))
    }
}

/// Reads a place in fail2ban's database, which does not name many rows.
pub(crate) fn few_marks<'de, D: Deserializer<'de>>(from: D) -> Result<ReadFrom, D::Error> {
    let place = ReadFrom::deserialize(from)?;
    match &place {
        ReadFrom::Bans(marks) if marks.len() > MOST_ARGUMENTS => Err(D::Error::custom("too many rows")),
        ReadFrom::Bans(_) | ReadFrom::LastBans(_) => Ok(place),
    }
}

/// Reads the text of a look-up, which goes to the database alone.
pub(crate) fn short<'de, D: Deserializer<'de>>(from: D) -> Result<Banned, D::Error> {
    let asked = Banned::deserialize(from)?;
    if is_short(&asked) { Ok(asked) } else { Err(D::Error::custom("a text that is too long")) }
}

fn is_short(banned: &Banned) -> bool {
    match banned {
        Banned::Target(_) => true,
        Banned::Text(text) => text.len() <= LONGEST_TEXT,
    }
}
