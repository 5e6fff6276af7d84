//! Reading a pickle opcode by opcode, without the meaning that the opcodes have together.

use super::opcode::{self as op, Operand};

/// The longest line of an operand, in bytes. Python writes the name of a module or a class there.
const LONGEST_LINE: usize = 1024;

/// Returns the number of bytes that the opcode at the beginning of `bytes` takes with its operand;
/// the least possible number, where too few bytes are there to tell. `None` for a byte that is no
/// opcode of a pickle.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let Some((opcode, behind)) = bytes.split_first() else { return Some(1) };
    match op::operand(*opcode)? {
        Operand::Bytes(count) => Some(1 + count),
        Operand::Counted(width) => {
            let count = behind.get(..width).map_or(0, number);
            Some((1 + width).saturating_add(count))
        }
        Operand::TwoLines => two_lines(behind).map(|length| 1 + length),
    }
}

/// Reads a length or the number of a memo entry: up to eight bytes, little-endian. A number beyond
/// what this machine can address becomes the greatest that it can.
pub(crate) fn number(digits: &[u8]) -> usize {
    let number = digits.iter().rev().fold(0, |number, digit| number << 8 | u64::from(*digit));
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the number of bytes that two lines take; the least possible number, where they are not
/// all there.
fn two_lines(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    for _ in 0..2 {
        let rest = bytes.get(end..).unwrap_or_default();
        match rest.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') {
            Some(place) => end += place + 1,
            None if rest.len() >= LONGEST_LINE => return None,
            None => return Some(bytes.len() + 1),
        }
    }
    Some(end)
}

/// The opcodes of a pickle with their operands, without those that mean nothing where nothing is
/// referred to: frames and the memo. Ends with the pickle, at a byte that is no opcode and where
/// bytes are missing.
pub(crate) struct Steps<'a> {
    /// The bytes that have not been read.
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Steps<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (step, rest) = self.rest.split_at_checked(length(self.rest)?)?;
            self.rest = rest;
            if !matches!(step.first(), Some(&(op::FRAME | op::MEMOIZE))) {
                return Some(step);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opcode_is_never_taken_for_shorter_than_it_is() {
        let opcodes: [&[u8]; 6] = [
            b"N",
            b"K\x07",
            b"\x8c\x02ab",
            b"\x8b\x03\0\0\0abc",
            b"cos\nsystem\n",
            b"\x96\x01\0\0\0\0\0\0\0x",
        ];
        for opcode in opcodes {
            assert_eq!(length(&[opcode, b"N."].concat()), Some(opcode.len()), "{opcode:?}");
            for cut in 0..opcode.len() {
                let least = length(&opcode[..cut]);
                assert!(
                    least.is_some_and(|least| least > cut && least <= opcode.len()),
                    "{opcode:?} at {cut}"
                );
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_no_operand() {
        assert_eq!(length(&[b"c".as_slice(), &[b'x'; LONGEST_LINE]].concat()), None);
        assert_eq!(length(b"\xff"), None);
        assert_eq!(length(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff"), Some(usize::MAX));
    }
}
