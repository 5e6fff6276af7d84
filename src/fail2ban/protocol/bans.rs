//! A ban list as the daemon sends it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::ban;
use crate::domain::daemon_clock::BanListing;
use crate::fail2ban::clock::choice::{Candidates, Chosen};
use crate::fail2ban::clock::samples::Wanted;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle;
use crate::fail2ban::pickle::value::Value;
use crate::memory;

use super::command;

/// Size of a line and its opcodes in a reply: 60 bytes at the least, mostly some more.
const BYTES_A_BAN: usize = 64;

/// Reads the reply to `get J banip --with-time`, which came at `now`: the list but for its clock,
/// and the zone that its times are in. The bans of `wanted` that are in it decide between the zones
/// in question. An entry of another form than fail2ban's costs nothing but itself.
pub(crate) fn parse_bans(
    reply: &[u8],
    wanted: &mut Wanted,
    candidates: &Candidates,
    now: Timestamp,
) -> Result<(BanListing, Chosen), Error> {
    let first = candidates.first();
    let listing = read_in(reply, &first, now, |line| wanted.note(line))?;
    let chosen = candidates.choose(wanted);
    if chosen.zone == first {
        return Ok((listing, chosen));
    }
    // Not both at once: a list may have a million.
    drop(listing);
    Ok((read_in(reply, &chosen.zone, now, |_| ())?, chosen))
}

/// Reads a reply whose times are in `zone`. A good reply is read line by line, without its texts
/// ever being in memory together; any other is decoded as a whole.
fn read_in(
    reply: &[u8],
    zone: &TimeZone,
    now: Timestamp,
    mut note: impl FnMut(&str),
) -> Result<BanListing, Error> {
    let mut listing = BanListing { bans: memory::roomy(reply.len() / BYTES_A_BAN), ..BanListing::default() };
    let each = |line: &str| {
        note(line);
        add(&mut listing, line, zone, now);
        Ok::<_, Error>(())
    };
    if pickle::texts::each_text(reply, each)? {
        listing.bans.shrink_to_fit();
        return Ok(listing);
    }
    let mut listing = BanListing::default();
    for entry in command::list(command::payload(pickle::decode(reply)?)?)? {
        match entry {
            Value::Text(line) => {
                note(&line);
                add(&mut listing, &line, zone, now);
            }
            other => listing.unread.add(&format!("(no text: {})", other.summary())),
        }
    }
    Ok(listing)
}

fn add(listing: &mut BanListing, line: &str, zone: &TimeZone, now: Timestamp) {
    match ban::parse_ban_line(line, zone, now) {
        Ok(ban) => listing.bans.push(ban),
        Err(error) => {
            tracing::debug!(%error, "an entry of a ban list cannot be read");
            listing.unread.add(line);
        }
    }
}
