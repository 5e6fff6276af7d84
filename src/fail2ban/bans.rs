//! A ban list as the daemon sends it.

use jiff::tz::TimeZone;

use super::pickle;
use super::{Error, command};
use crate::domain::ban::{self, Ban};
use crate::memory;

/// What a line and its opcodes take in a reply: 60 bytes at the least, mostly some more.
const BYTES_A_BAN: usize = 64;

/// Reads the reply to `get J banip --with-time`. A good reply is read line by line, without its texts
/// ever being in memory together; any other is read as what it is.
pub(super) fn read(reply: &[u8], zone: &TimeZone) -> Result<Vec<Ban>, Error> {
    let read = |line: &str| ban::parse_ban_line(line, zone).map_err(|e| Error::Unreadable(e.to_string()));
    let mut bans = memory::roomy(reply.len() / BYTES_A_BAN);
    if pickle::each_text(reply, |line| read(line).map(|ban| bans.push(ban)))? {
        bans.shrink_to_fit();
        return Ok(bans);
    }
    let lines = command::texts(command::payload(pickle::decode(reply)?)?)?;
    lines.iter().map(|line| read(line)).collect()
}
