//! A ban list as the daemon sends it.

use jiff::tz::TimeZone;

use super::pickle::{self, Value};
use super::{Error, command};
use crate::domain::ban::{self, BanListing};
use crate::memory;

/// What a line and its opcodes take in a reply: 60 bytes at the least, mostly some more.
const BYTES_A_BAN: usize = 64;

/// Reads the reply to `get J banip --with-time`. A good reply is read line by line, without its texts
/// ever being in memory together; any other is read as what it is. An entry of another form than fail2ban's
/// costs nothing but itself.
pub(super) fn read(reply: &[u8], zone: &TimeZone) -> Result<BanListing, Error> {
    let mut listing = BanListing { bans: memory::roomy(reply.len() / BYTES_A_BAN), ..BanListing::default() };
    let each = |line: &str| {
        add(&mut listing, line, zone);
        Ok::<_, Error>(())
    };
    if pickle::each_text(reply, each)? {
        listing.bans.shrink_to_fit();
        return Ok(listing);
    }
    let Value::List(entries) = command::payload(pickle::decode(reply)?)? else {
        return Err(command::unreadable("no list where one was due"));
    };
    let mut listing = BanListing::default();
    for entry in &entries {
        match entry {
            Value::Text(line) => add(&mut listing, line, zone),
            _ => listing.unread.add("(no text)"),
        }
    }
    Ok(listing)
}

fn add(listing: &mut BanListing, line: &str, zone: &TimeZone) {
    match ban::parse_ban_line(line, zone) {
        Ok(ban) => listing.bans.push(ban),
        Err(error) => {
            tracing::debug!(%error, "an entry of a ban list cannot be read");
            listing.unread.add(line);
        }
    }
}
