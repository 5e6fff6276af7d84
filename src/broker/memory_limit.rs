//! Reading a frame within a fixed amount of memory. An empty text is one byte in a frame and a
//! `String` in memory, so without a limit a frame could grow to thirty times its size.

use postcard::de_flavors::Flavor;
use postcard::{Deserializer, Error};
use serde::Deserialize;

use super::version::FrameError;

/// Cost of a text besides its bytes. Each thing of which there may be many holds one.
const TEXT_COST: usize = 64;

struct LimitedReader<'de> {
    rest: &'de [u8],
    /// Bytes of memory that may still be used.
    left: Option<usize>,
}

impl<'de> Flavor<'de> for LimitedReader<'de> {
    type Remainder = Self;
    type Source = &'de [u8];

    fn pop(&mut self) -> postcard::Result<u8> {
        let (first, rest) = self.rest.split_first().ok_or(Error::DeserializeUnexpectedEnd)?;
        self.rest = rest;
        Ok(*first)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }

    fn try_take_n(&mut self, count: usize) -> postcard::Result<&'de [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Error::DeserializeUnexpectedEnd)?;
        self.rest = rest;
        self.left = self.left.and_then(|left| left.checked_sub(count.saturating_add(TEXT_COST)));
        if self.left.is_some() { Ok(taken) } else { Err(Error::SerdeDeCustom) }
    }

    fn finalize(self) -> postcard::Result<Self> {
        Ok(self)
    }
}

/// Reads the value at the beginning of `frame`, which may take about `most` bytes of memory;
/// returns it with the rest.
pub(crate) fn read_head<'de, T>(frame: &'de [u8], most: usize) -> Result<(T, &'de [u8]), FrameError>
where
    T: Deserialize<'de>,
{
    let mut deserializer = Deserializer::from_flavor(LimitedReader { rest: frame, left: Some(most) });
    let read = T::deserialize(&mut deserializer);
    let unreadable = |error: Error| FrameError::Unreadable(error.to_string());
    let end = deserializer.finalize().map_err(unreadable)?;
    if end.left.is_none() {
        return Err(FrameError::Unreadable(format!("it would take more than {most} bytes of memory")));
    }
    Ok((read.map_err(unreadable)?, end.rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_texts_of_no_length_are_not_read_to_their_end() {
        let frame = [&[232, 7], [0; 1000].as_slice()].concat();
        let read = |most| read_head::<Vec<String>>(&frame, most).map(|(texts, _)| texts.len());
        assert_eq!(read(64_000).ok(), Some(1000));
        let refused = read(63_999).map_err(|error| error.to_string());
        assert_eq!(refused, Err("it would take more than 63999 bytes of memory".to_owned()));
    }
}
