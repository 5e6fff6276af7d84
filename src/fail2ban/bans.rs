//! A ban list as the daemon sends it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clock::{Candidates, Chosen, Wanted};
use super::pickle;
use super::{Error, command};
use crate::domain::ban::{self, Ban};
use crate::memory;

/// What a line and its opcodes take in a reply: 60 bytes at the least, mostly some more.
const BYTES_A_BAN: usize = 64;

/// Reads the reply to `get J banip --with-time`, which came at `now`: the bans, and the zone that their times
/// are in. The bans of `wanted` that are in it tell which of the zones in question that is.
pub(super) fn read(
    reply: &[u8],
    wanted: &mut Wanted,
    candidates: &Candidates,
    now: Timestamp,
) -> Result<(Vec<Ban>, Chosen), Error> {
    let first = candidates.first();
    let bans = read_in(reply, &first, now, |line| wanted.note(line))?;
    let chosen = candidates.choose(wanted);
    if chosen.zone == first {
        return Ok((bans, chosen));
    }
    // Not both at once: a list may have a million.
    drop(bans);
    Ok((read_in(reply, &chosen.zone, now, |_| ())?, chosen))
}

/// Reads a reply whose times are in `zone`. A good reply is read line by line, without its texts ever being in
/// memory together; any other is read as what it is.
fn read_in(
    reply: &[u8],
    zone: &TimeZone,
    now: Timestamp,
    mut note: impl FnMut(&str),
) -> Result<Vec<Ban>, Error> {
    let mut read = |line: &str| {
        note(line);
        ban::parse_ban_line(line, zone, now).map_err(|error| Error::Unreadable(error.to_string()))
    };
    let mut bans = memory::roomy(reply.len() / BYTES_A_BAN);
    if pickle::each_text(reply, |line| read(line).map(|ban| bans.push(ban)))? {
        bans.shrink_to_fit();
        return Ok(bans);
    }
    let lines = command::texts(command::payload(pickle::decode(reply)?)?)?;
    lines.iter().map(|line| read(line)).collect()
}
