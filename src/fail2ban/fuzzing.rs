//! A reply and a ban line, of any bytes.

use std::str;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use crate::domain::ban::{Ban, parse_ban_line};
use crate::domain::jail::Length;
use crate::domain::text::END_OF_MESSAGE;

use super::clock::choice::Candidates;
use super::clock::samples::Wanted;
use super::daemon::ignore_list;
use super::pickle::decode;
use super::pickle::error::PickleError;
use super::pickle::value::Value;
use super::protocol::{bans, command, figures, values};
use super::socket::framing::{Frames, FramingError};

/// Longer than most seeds and shorter than some, so that the limit is met as well.
const REPLY_LIMIT: usize = 2048;

/// Reads a reply of fail2ban's, without its end marker.
///
/// # Panics
/// Panics if the decoder and the framing do not agree, or a reader does not take what was decoded.
pub fn pickle(reply: &[u8]) {
    let whole = decode(reply);
    for cut in cuts(reply.len()) {
        match decode(&reply[..cut]) {
            Err(PickleError::Truncated) => {}
            // More bytes do not mend a reply that is over or refused: the framing relies on it.
            prefix => assert!(
                !matches!(whole, Ok(_) | Err(PickleError::Truncated)),
                "{cut} of {}: {prefix:?}, then {whole:?}",
                reply.len()
            ),
        }
    }
    if let Ok(value) = &whole {
        assert!(value.summary().len() < 200, "{}", value.summary());
        readers(value);
    }
    drop(bans::parse_bans(reply, &mut Wanted::default(), &Candidates::default(), Timestamp::MAX));
    let stream = [reply, END_OF_MESSAGE.as_bytes()].concat();
    let at_once = replies(&stream, stream.len());
    for size in [3, 64] {
        assert_eq!(replies(&stream, size), at_once, "in chunks of {size}");
    }
}

/// Some lengths shorter than `length`: every one of a short reply.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(length / 64 + 1)
}

/// Calls every reader on the reply: each reads it or returns an error.
pub(crate) fn readers(reply: &Value) {
    let Ok(payload) = command::payload(reply.clone()) else { return };
    drop(command::listed_jails(payload.clone()));
    drop(figures::jail_status(Ok(payload.clone())));
    drop(figures::backends(Ok(payload.clone())));
    drop(ignore_list::listed(payload.clone()));
    drop(command::texts(payload.clone()));
    drop(command::count(&payload));
    drop(values::optional_text(&payload));
    drop(values::optional_length(&payload));
    drop(values::date_pattern(payload));
}

/// Returns the replies that the framing finds in `stream` when it comes in pieces of `size` bytes.
fn replies(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Option<FramingError>) {
    let (mut frames, mut replies) = (Frames::default(), Vec::new());
    for piece in stream.chunks(size) {
        frames.buffer().extend_from_slice(piece);
        loop {
            match frames.next_reply(REPLY_LIMIT) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(error) => return (replies, Some(error)),
            }
        }
    }
    (replies, None)
}

/// Reads a line of `get J banip --with-time`.
///
/// # Panics
/// Panics if the ban is not the one that the line tells.
pub fn ban_line(line: &[u8]) {
    let Ok(line) = str::from_utf8(line) else { return };
    for zone in zones() {
        let Ok(ban) = parse_ban_line(line, &zone, Timestamp::MAX) else { continue };
        let named = format!("{} \t", ban.banned);
        assert!(line.starts_with(&named), "{ban:?}");
        assert!(ban.seconds_left(Timestamp::MAX).is_none_or(|left| left == 0), "{ban:?}");
        assert!(ban.ends().is_none_or(|end| end >= ban.since), "{ban:?}");
        assert_eq!(parse_ban_line(&line_of(&ban, &zone), &zone, Timestamp::MAX).as_ref(), Ok(&ban));
    }
}

/// Returns a zone without a change of the clock, one that is behind UTC, and one in which an hour
/// is missing and another comes twice.
fn zones() -> [TimeZone; 3] {
    let with_summer_time = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3");
    [TimeZone::UTC, TimeZone::fixed(offset(-11)), with_summer_time.unwrap_or(TimeZone::UTC)]
}

fn line_of(ban: &Ban, zone: &TimeZone) -> String {
    let length = match ban.length {
        Length::Seconds(seconds) => seconds.to_string(),
        Length::PracticallyForever => u128::MAX.to_string(),
        Length::Permanent => "-1".to_owned(),
    };
    let end = zone.to_datetime(ban.ends().unwrap_or(Timestamp::MAX));
    format!("{} \t{} + {length} = {end}", ban.banned, zone.to_datetime(ban.since))
}
