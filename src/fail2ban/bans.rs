//! A ban list as the daemon sends it.

use jiff::tz::TimeZone;

use super::pickle::{self, PickleError, Value};
use super::{Error, command};
use crate::domain::ban::{self, Ban};

/// Reads the reply to `get J banip --with-time`. A good reply goes straight into its strings, which
/// is what makes 100,000 of them quick; any other is read as what it is.
pub(super) fn read(reply: &[u8], zone: &TimeZone) -> Result<Vec<Ban>, Error> {
    let lines = match pickle::decode::<(i64, Vec<String>)>(reply) {
        Ok((0, lines)) => lines,
        Ok(_) | Err(PickleError::Shape(_)) => {
            command::payload(pickle::decode::<Value>(reply)?)?;
            return Err(command::unreadable("a ban list that is no list of texts"));
        }
        Err(error) => return Err(error.into()),
    };
    lines
        .iter()
        .map(|line| ban::parse_ban_line(line, zone).map_err(|error| Error::Unreadable(error.to_string())))
        .collect()
}
