//! Where one reply ends and the next begins.
//!
//! A reply is a pickle and the end marker after it. The marker may also stand inside a pickled
//! string (a failregex, a banned text), so a marker counts only when what is before it is whole.

use memchr::memmem;

use super::pickle::PickleError;
use super::pickle::admission::admit;
use crate::domain::text::END_OF_MESSAGE;

/// Each marker inside a string costs one more look at the reply from its start.
const MAX_FALSE_MARKERS: usize = 16;
/// A ban list of megabytes is not to be paid for until the next one.
const IDLE_CAPACITY: usize = 1 << 16;
/// The opcode that begins every pickle of protocol 2 or later.
const PROTO: u8 = 0x80;

/// Why what came is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingError {
    /// It does not begin like a pickle.
    #[error("this is no pickle")]
    NoPickle,
    /// It is, or will be, longer than the limit in bytes.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// It holds the end marker more often than any answer of fail2ban's.
    #[error("the end marker stands inside the reply more than {MAX_FALSE_MARKERS} times")]
    TooManyMarkers,
    /// The admission pass refused it.
    #[error(transparent)]
    Refused(#[from] PickleError),
}

/// Bytes that have come and are not yet handed out as replies.
#[derive(Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// Where the reply in work begins.
    start: usize,
    /// No end marker begins between `start` and here that has not been tried.
    searched: usize,
    false_markers: usize,
}

impl Frames {
    /// Where to put the bytes that come next. What was handed out makes room first.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        if self.buffer.is_empty() {
            self.buffer.shrink_to(IDLE_CAPACITY);
        }
        &mut self.buffer
    }

    /// Whether there are bytes of a reply that has not been handed out.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// The next whole reply without its end marker, or nothing if more has to come first.
    ///
    /// # Errors
    /// When what has come can never become a reply of at most `limit` bytes. Nothing that comes
    /// later can be told apart then.
    pub(super) fn next_reply(&mut self, limit: usize) -> Result<Option<Vec<u8>>, FramingError> {
        if self.buffer.get(self.start).is_some_and(|first| *first != PROTO) {
            return Err(FramingError::NoPickle);
        }
        while let Some(end) = self.next_marker() {
            let reply = &self.buffer[self.start..end];
            if reply.len() > limit {
                return Err(FramingError::TooLong(limit));
            }
            match admit(reply) {
                Ok(_) => {
                    let reply = reply.to_vec();
                    self.start = end + END_OF_MESSAGE.len();
                    self.searched = self.start;
                    self.false_markers = 0;
                    return Ok(Some(reply));
                }
                Err(PickleError::Truncated) => self.false_markers += 1,
                Err(refused) => return Err(refused.into()),
            }
            if self.false_markers > MAX_FALSE_MARKERS {
                return Err(FramingError::TooManyMarkers);
            }
            self.searched = end + 1;
        }
        // Up to all but one byte of the marker may be there already.
        let unfinished = END_OF_MESSAGE.len() - 1;
        let come = self.buffer.len() - self.start;
        if come > limit.saturating_add(unfinished) {
            return Err(FramingError::TooLong(limit));
        }
        self.searched = self.searched.max(self.buffer.len().saturating_sub(unfinished));
        Ok(None)
    }

    fn next_marker(&self) -> Option<usize> {
        let rest = self.buffer.get(self.searched..)?;
        memmem::find(rest, END_OF_MESSAGE.as_bytes()).map(|found| self.searched + found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    const LIMIT: usize = 1000;

    /// As Python pickles a short string.
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
    fn a_text_of_nothing_but_markers_is_given_up() -> TestResult {
        let mut frames = Frames::default();
        frames.buffer().extend(b"\x80\x04X\xff\x0f\0\0");
        frames.buffer().extend(END_OF_MESSAGE.repeat(MAX_FALSE_MARKERS).bytes());
        assert_eq!(frames.next_reply(LIMIT)?, None);
        frames.buffer().extend(END_OF_MESSAGE.bytes());
        assert_eq!(frames.next_reply(LIMIT), Err(FramingError::TooManyMarkers));
        Ok(())
    }

    #[test]
    fn what_is_no_pickle_is_refused_at_its_first_byte() {
        let mut frames = Frames::default();
        frames.buffer().extend_from_slice(b"H");
        assert_eq!(frames.next_reply(LIMIT), Err(FramingError::NoPickle));
    }
}
