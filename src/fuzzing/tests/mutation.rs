//! Changes of an input, the same ones each time.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Bytes that the readers look for.
const TOKENS: [&[u8]; 12] = [
    b"<F2B_END_COMMAND>",
    b"\x80\x04",
    b"\x94h\x00",
    b"(t",
    b"X\xff\xff\xff\xff",
    b"\x8c\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"%0a",
    b"&",
    b" \t",
    b" + ",
    b"/",
];
/// The longest input that is made.
const LONGEST: usize = 8192;

pub struct Mutation(StdRng);

impl Mutation {
    pub fn new(number: u64) -> Self {
        Self(StdRng::seed_from_u64(number))
    }

    /// Makes one to four changes to `input`, some of which insert parts of `other`.
    pub fn of(mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut changed = input.to_vec();
        for _ in 0..self.0.random_range(1..=4) {
            self.change(&mut changed, other);
        }
        changed.truncate(LONGEST);
        changed
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let range = self.range(bytes.len());
        match self.0.random_range(0..7) {
            0 => bytes.truncate(range.start),
            1 => drop(bytes.drain(range)),
            2 => {
                let copied = bytes[range.clone()].repeat(self.0.random_range(1..4));
                bytes.splice(range.start..range.start, copied);
            }
            3 => {
                let token = TOKENS[self.0.random_range(0..TOKENS.len())];
                bytes.splice(range.start..range.start, token.iter().copied());
            }
            4 => {
                let part = other[self.range(other.len())].to_vec();
                bytes.splice(range, part);
            }
            5 => {
                let bit: u32 = self.0.random_range(0..8);
                if let Some(byte) = bytes.get_mut(range.start) {
                    *byte ^= 1 << bit;
                }
            }
            _ => {
                let new: u8 = self.0.random();
                if let Some(byte) = bytes.get_mut(range.start) {
                    *byte = new;
                }
            }
        }
    }

    /// A range within this length, mostly a short one.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.0.random_range(0..=length);
        let most = if self.0.random_range(0..4) == 0 { length } else { 8 };
        let end = start + self.0.random_range(0..=most.min(length - start));
        start..end
    }
}
