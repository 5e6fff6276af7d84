//! The bounded pass that every reply goes through before serde-pickle sees it.
//!
//! It walks the opcodes once with a virtual stack, admits only what Python's own pickler writes for
//! fail2ban's answers, and writes the same value again in a plainer form:
//!
//! - **without a memo**: a memo reference becomes a copy of what it refers to. serde-pickle's own
//!   memo loses a value that is shared by a value that is shared (as the `builtins.str` of
//!   every address in an ignore list), and hides how large the result will be.
//! - **without classes**: `builtins.str(x)` becomes `x`, any other object the pair
//!   `(arguments, b"module\0class")`. Bytes are never admitted, so no genuine tuple looks like it.
//!
//! The result on a prefix of a reply is [`PickleError::Truncated`] or the very error that the whole
//! reply gives, since every bound depends on what has been read so far alone.

mod stack;
mod values;

use super::PickleError;
use super::opcode as op;

/// Levels of containers; `status` of a jail, the deepest answer, has six.
const MAX_DEPTH: usize = 32;
/// serde-pickle's 32 bytes for a value, twice since vectors grow by doubling.
const VALUE_COST: usize = 64;
/// What the first item of a container allocates: four values.
const CONTAINER_COST: usize = 128;
/// serde-pickle makes room for 128 values at each mark, and a tuple keeps that room.
const MARKED_TUPLE_COST: usize = 4096;
/// A reference of two bytes may honestly stand for a long jail name in a list of its own.
const COST_PER_BYTE: usize = 256;
const FREE_COST: usize = 1 << 20;
const MAX_COST: usize = 512 << 20;

/// Checks `reply` and returns it in the plainer form.
pub(in crate::fail2ban) fn admit(reply: &[u8]) -> Result<Vec<u8>, PickleError> {
    Walk {
        input: reply,
        at: 0,
        opcode: op::PROTO,
        opcode_at: 0,
        output: Vec::with_capacity(reply.len()),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
        classes: Vec::new(),
        cost: 0,
    }
    .run()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    None,
    Bool,
    Int,
    Float,
    Text,
    List,
    Map,
    Tuple,
    /// A tuple of exactly one text: what `builtins.str` is called with.
    TupleOfText,
    Object,
    /// The class of an object by its place in `classes`. Writes nothing to the output.
    Class(usize),
}

/// A value on the virtual stack or in the memo.
#[derive(Clone, Copy)]
struct Slot {
    kind: Kind,
    depth: usize,
    /// Bytes of memory, about.
    cost: usize,
    /// Where the output holds it.
    start: usize,
    end: usize,
    memo: Option<usize>,
    /// Has been copied from or into the memo: to append to one of the two would part them.
    shared: bool,
}

/// An open mark: how high the stack was and where the output holds it.
#[derive(Clone, Copy)]
struct Mark {
    height: usize,
    start: usize,
}

struct Walk<'a> {
    input: &'a [u8],
    at: usize,
    /// The opcode in work and where it stands.
    opcode: u8,
    opcode_at: usize,
    output: Vec<u8>,
    stack: Vec<Slot>,
    marks: Vec<Mark>,
    memo: Vec<Slot>,
    /// `module\0class`
    classes: Vec<String>,
    /// Of everything that was ever on the stack.
    cost: usize,
}

impl<'a> Walk<'a> {
    fn run(mut self) -> Result<Vec<u8>, PickleError> {
        self.opcode = self.byte()?;
        if self.opcode != op::PROTO {
            return Err(self.refused());
        }
        if !matches!(self.byte()?, 4 | 5) {
            return Err(self.malformed("neither protocol 4 nor 5"));
        }
        while self.opcode != op::STOP {
            self.opcode_at = self.at;
            self.opcode = self.byte()?;
            self.step()?;
        }
        self.finish()
    }

    fn step(&mut self) -> Result<(), PickleError> {
        match self.opcode {
            op::STOP => Ok(()),
            op::FRAME => self.frame(),
            op::MARK => self.mark(),
            op::MEMOIZE => self.memoize(),
            op::BINGET => self.fetch(1),
            op::LONG_BINGET => self.fetch(4),
            op::NONE => self.plain(Kind::None, 0),
            op::NEWTRUE | op::NEWFALSE => self.plain(Kind::Bool, 0),
            op::BININT1 => self.plain(Kind::Int, 1),
            op::BININT2 => self.plain(Kind::Int, 2),
            op::BININT => self.plain(Kind::Int, 4),
            op::BINFLOAT => self.plain(Kind::Float, 8),
            op::LONG1 => self.long(),
            op::SHORT_BINUNICODE => self.text(1),
            op::BINUNICODE => self.text(4),
            op::EMPTY_LIST => self.plain(Kind::List, 0),
            op::EMPTY_DICT => self.plain(Kind::Map, 0),
            op::APPEND => self.fill(Kind::List, 1),
            op::SETITEM => self.fill(Kind::Map, 2),
            op::APPENDS => self.fill_from_mark(Kind::List),
            op::SETITEMS => self.fill_from_mark(Kind::Map),
            op::EMPTY_TUPLE => self.tuple(0),
            op::TUPLE1 => self.tuple(1),
            op::TUPLE2 => self.tuple(2),
            op::TUPLE3 => self.tuple(3),
            op::TUPLE => self.tuple_from_mark(),
            op::STACK_GLOBAL => self.class(),
            op::REDUCE => self.object(),
            _ => Err(self.refused()),
        }
    }

    fn finish(mut self) -> Result<Vec<u8>, PickleError> {
        self.output.push(op::STOP);
        if self.at != self.input.len() {
            return Err(self.malformed("bytes after its end"));
        }
        match self.stack.as_slice() {
            [Slot { kind: Kind::Class(_), .. }] => Err(self.malformed("a class that is not called")),
            [_] if self.marks.is_empty() => Ok(self.output),
            _ => Err(self.malformed("not one value at its end")),
        }
    }

    // Reading

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or(PickleError::Truncated)?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        let byte = *self.input.get(self.at).ok_or(PickleError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    /// A length or number of one to eight bytes, little-endian.
    fn number(&mut self, width: usize) -> Result<usize, PickleError> {
        let bytes = self.take(width)?;
        let number = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        // More than this machine can address is more than is there.
        usize::try_from(number).map_err(|_| PickleError::Truncated)
    }

    fn frame(&mut self) -> Result<(), PickleError> {
        let length = self.number(8)?;
        if length > self.input.len() - self.at { Err(PickleError::Truncated) } else { Ok(()) }
    }

    fn refused(&self) -> PickleError {
        PickleError::refused(self.opcode, self.opcode_at)
    }

    fn malformed(&self, reason: &'static str) -> PickleError {
        PickleError::Malformed { reason, position: self.opcode_at }
    }
}
