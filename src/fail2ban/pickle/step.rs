//! A pickle opcode by opcode, without what the opcodes mean together.

use super::opcode as op;

/// How many bytes the opcode at the beginning of `bytes` takes with its operand; the least that it can
/// be, where too few are there to tell. `None` for an opcode that no reply may hold.
pub(in crate::fail2ban) fn length(bytes: &[u8]) -> Option<usize> {
    let Some(opcode) = bytes.first() else { return Some(1) };
    let (operand, tells_length) = match *opcode {
        op::STOP
        | op::MARK
        | op::MEMOIZE
        | op::NONE
        | op::NEWTRUE
        | op::NEWFALSE
        | op::EMPTY_TUPLE
        | op::TUPLE1
        | op::TUPLE2
        | op::TUPLE3
        | op::TUPLE
        | op::EMPTY_LIST
        | op::APPEND
        | op::APPENDS
        | op::EMPTY_DICT
        | op::SETITEM
        | op::SETITEMS
        | op::STACK_GLOBAL
        | op::REDUCE => (0, false),
        op::PROTO | op::BININT1 | op::BINGET => (1, false),
        op::BININT2 => (2, false),
        op::BININT | op::LONG_BINGET => (4, false),
        op::BINFLOAT | op::FRAME => (8, false),
        op::SHORT_BINUNICODE | op::LONG1 => (1, true),
        op::BINUNICODE => (4, true),
        _ => return None,
    };
    let letters = match bytes.get(1..=operand) {
        Some(digits) if tells_length => {
            digits.iter().rev().fold(0, |length, digit| length << 8 | usize::from(*digit))
        }
        _ => 0,
    };
    Some((1 + operand).saturating_add(letters))
}

/// The opcodes of a pickle with their operands, without those that mean nothing where nothing is
/// referred to: frames and the memo. Ends with the pickle, at a refused opcode and where bytes are missing.
pub(super) struct Steps<'a> {
    /// What has not been gone through.
    pub(super) rest: &'a [u8],
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
