//! Finding the end of one reply and the beginning of the next.
//!
//! A reply is a pickle and the end marker after it. The marker may also stand inside a pickled
//! string (a failregex, a banned text), so it is the pickle's own opcodes that tell where it ends.

use crate::domain::text::END_OF_MESSAGE;
use crate::fail2ban::pickle::error::PickleError;
use crate::fail2ban::pickle::step;
use crate::memory;

/// A ban list of megabytes is not to be paid for until the next one.
const IDLE_CAPACITY: usize = 1 << 16;
/// Room for a longer reply, which makes more for itself where it must.
const LONG: usize = 1 << 20;
/// The opcode that begins every pickle of protocol 2 or later.
const PROTO: u8 = 0x80;
/// The opcode that ends a pickle.
const STOP: u8 = b'.';

/// Reason why the bytes that came are no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FramingError {
    /// It does not begin like a pickle.
    #[error("this is no pickle")]
    NoPickle,
    /// It is, or will be, longer than the limit in bytes.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// Its pickle is over, and the end marker does not follow.
    #[error("the end marker does not follow the reply")]
    NoMarker,
    /// It holds something that no reply holds.
    #[error(transparent)]
    Refused(#[from] PickleError),
}

/// Bytes that have come and are not yet handed out as replies.
#[derive(Default)]
pub(crate) struct Frames {
    buffer: Vec<u8>,
    /// Offset at which the reply in work begins.
    start: usize,
    /// Offset at which its next opcode begins.
    next: usize,
    /// True if its last opcode has been read.
    stopped: bool,
}

impl Frames {
    /// Returns the buffer for the bytes that come next. Replies that were handed out make room
    /// first.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.start);
        self.next -= self.start;
        self.start = 0;
        if self.buffer.is_empty() {
            self.buffer.shrink_to(IDLE_CAPACITY);
        } else if self.buffer.len() > IDLE_CAPACITY && self.buffer.capacity() < LONG {
            let mut long = memory::roomy(LONG);
            long.append(&mut self.buffer);
            self.buffer = long;
        }
        &mut self.buffer
    }

    /// Returns true if no bytes are left that have not been handed out.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// The next whole reply without its end marker, or nothing if more has to come first.
    ///
    /// # Errors
    /// Fails if what has come can never become a reply of at most `limit` bytes. Nothing that comes
    /// later can be told apart then.
    pub(crate) fn next_reply(&mut self, limit: usize) -> Result<Option<Vec<u8>>, FramingError> {
        if self.buffer.get(self.start).is_some_and(|first| *first != PROTO) {
            return Err(FramingError::NoPickle);
        }
        while !self.stopped {
            let rest = self.buffer.get(self.next..).unwrap_or_default();
            let length = step::length(rest).ok_or_else(|| self.refused())?;
            let end = self.next.saturating_add(length);
            if end - self.start > limit {
                return Err(FramingError::TooLong(limit));
            }
            if end > self.buffer.len() {
                return Ok(None);
            }
            self.stopped = rest.first() == Some(&STOP);
            self.next = end;
        }
        let marker = END_OF_MESSAGE.as_bytes();
        let come = self.buffer.get(self.next..).unwrap_or_default();
        if come.starts_with(marker) {
            Ok(Some(self.hand_out(self.next + marker.len())))
        } else if marker.starts_with(come) {
            Ok(None)
        } else {
            Err(FramingError::NoMarker)
        }
    }

    /// Hands out the complete reply whose marker ends at `end`. A long one is not copied.
    fn hand_out(&mut self, end: usize) -> Vec<u8> {
        let reply = if self.start == 0 && self.next > IDLE_CAPACITY {
            let behind = self.buffer.split_off(end);
            let mut reply = std::mem::replace(&mut self.buffer, behind);
            reply.truncate(self.next);
            self.next = 0;
            reply
        } else {
            let reply = self.buffer[self.start..self.next].to_vec();
            self.next = end;
            reply
        };
        self.start = self.next;
        self.stopped = false;
        reply
    }

    fn refused(&self) -> PickleError {
        let opcode = self.buffer.get(self.next).copied().unwrap_or_default();
        PickleError::Opcode { opcode, position: self.next - self.start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    const LIMIT: usize = 1000;

    /// Pickles a short string as Python does.
    fn pickled(text: &str) -> Result<Vec<u8>, std::num::TryFromIntError> {
        let length = u8::try_from(text.len())?;
        Ok([b"\x80\x04\x8c".as_slice(), &[length], text.as_bytes(), b"\x94."].concat())
    }

    fn reply(text: &str) -> Result<Vec<u8>, std::num::TryFromIntError> {
        Ok([pickled(text)?.as_slice(), END_OF_MESSAGE.as_bytes()].concat())
    }

    #[test]
    fn replies_come_out_in_order_however_the_bytes_arrive() -> TestResult {
        let texts = ["one", "", "with <F2B_END_COMMAND> inside", "<F2B_END_COMMAND><F2B_END", "last"];
        let mut stream = Vec::new();
        for text in texts {
            stream.extend(reply(text)?);
        }
        for chunk_size in 1..=stream.len() {
            let (mut frames, mut replies) = (Frames::default(), Vec::new());
            for chunk in stream.chunks(chunk_size) {
                frames.buffer().extend_from_slice(chunk);
                while let Some(reply) = frames.next_reply(LIMIT)? {
                    replies.push(reply);
                }
            }
            let expected = texts.map(pickled).into_iter().collect::<Result<Vec<_>, _>>()?;
            assert_eq!(replies, expected, "in chunks of {chunk_size}");
            assert!(frames.is_empty());
        }
        Ok(())
    }

    #[test]
    fn a_reply_may_be_as_long_as_the_limit_and_no_longer() -> TestResult {
        let reply = reply("as long as this")?;
        let length = reply.len() - END_OF_MESSAGE.len();
        for chunk_size in 1..=reply.len() {
            let (mut frames, mut long, mut short) = (Frames::default(), None, Ok(None));
            for chunk in reply.chunks(chunk_size) {
                frames.buffer().extend_from_slice(chunk);
                short = short.and_then(|_| frames.next_reply(length - 1));
                if short.is_err() {
                    long = long.or(frames.next_reply(length)?);
                }
            }
            assert_eq!(short, Err(FramingError::TooLong(length - 1)), "{chunk_size}");
            assert!(long.is_some(), "{chunk_size}");
        }
        Ok(())
    }

    #[test]
    fn an_endless_reply_is_refused_at_its_limit() {
        let mut frames = Frames::default();
        frames.buffer().extend_from_slice(b"\x80\x04X\xff\xff\xff\x7f");
        let mut outcome = Ok(None);
        for _ in 0..LIMIT + 20 {
            assert_eq!(outcome, Ok(None));
            frames.buffer().push(b'x');
            outcome = frames.next_reply(LIMIT);
            if outcome.is_err() {
                break;
            }
        }
        assert_eq!(outcome, Err(FramingError::TooLong(LIMIT)));
    }

    #[test]
    fn a_text_may_be_nothing_but_markers() -> TestResult {
        let text = END_OF_MESSAGE.repeat(14);
        let (mut frames, reply) = (Frames::default(), reply(&text)?);
        frames.buffer().extend(&reply);
        assert_eq!(frames.next_reply(LIMIT)?, Some(pickled(&text)?));
        Ok(())
    }

    #[test]
    fn a_long_reply_takes_nothing_of_the_one_behind_it() -> TestResult {
        let long = [b"\x80\x04X\x00\x00\x02\x00".as_slice(), &b"x".repeat(1 << 17), b"\x94."].concat();
        let stream = [&long, END_OF_MESSAGE.as_bytes(), &reply("behind")?, &long].concat();
        let mut frames = Frames::default();
        frames.buffer().extend(&stream);
        assert_eq!(frames.next_reply(1 << 18)?, Some(long.clone()));
        assert_eq!(frames.next_reply(1 << 18)?, Some(pickled("behind")?));
        frames.buffer().extend(END_OF_MESSAGE.bytes());
        assert_eq!(frames.next_reply(1 << 18)?, Some(long));
        assert!(frames.is_empty());
        Ok(())
    }

    #[test]
    fn what_goes_on_after_its_end_is_refused() {
        let mut frames = Frames::default();
        frames.buffer().extend_from_slice(b"\x80\x04N.<F2B_END_");
        assert_eq!(frames.next_reply(LIMIT), Ok(None));
        frames.buffer().extend_from_slice(b"ALL>");
        assert_eq!(frames.next_reply(LIMIT), Err(FramingError::NoMarker));
    }

    #[test]
    fn what_is_no_pickle_is_refused_at_its_first_byte() {
        let mut frames = Frames::default();
        frames.buffer().extend_from_slice(b"H");
        assert_eq!(frames.next_reply(LIMIT), Err(FramingError::NoPickle));
    }
}
