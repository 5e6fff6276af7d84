//! The opcodes of Python's `pickle` (`Lib/pickletools.py`) that are read, and the operand behind
//! each that protocols from 2 on may hold: a reply with one that is not read is refused, but its
//! end is found.

pub(crate) const PROTO: u8 = 0x80;
pub(crate) const FRAME: u8 = 0x95;
pub(crate) const STOP: u8 = b'.';
pub(crate) const MARK: u8 = b'(';
pub(crate) const POP: u8 = b'0';
pub(crate) const POP_MARK: u8 = b'1';
pub(crate) const MEMOIZE: u8 = 0x94;
pub(crate) const BINPUT: u8 = b'q';
pub(crate) const LONG_BINPUT: u8 = b'r';
pub(crate) const BINGET: u8 = b'h';
pub(crate) const LONG_BINGET: u8 = b'j';
pub(crate) const NONE: u8 = b'N';
pub(crate) const NEWTRUE: u8 = 0x88;
pub(crate) const NEWFALSE: u8 = 0x89;
pub(crate) const BININT: u8 = b'J';
pub(crate) const BININT1: u8 = b'K';
pub(crate) const BININT2: u8 = b'M';
pub(crate) const LONG1: u8 = 0x8a;
pub(crate) const LONG4: u8 = 0x8b;
pub(crate) const BINFLOAT: u8 = b'G';
pub(crate) const SHORT_BINUNICODE: u8 = 0x8c;
pub(crate) const BINUNICODE: u8 = b'X';
pub(crate) const BINUNICODE8: u8 = 0x8d;
pub(crate) const SHORT_BINBYTES: u8 = b'C';
pub(crate) const BINBYTES: u8 = b'B';
pub(crate) const BINBYTES8: u8 = 0x8e;
pub(crate) const BYTEARRAY8: u8 = 0x96;
pub(crate) const EMPTY_TUPLE: u8 = b')';
pub(crate) const TUPLE1: u8 = 0x85;
pub(crate) const TUPLE2: u8 = 0x86;
pub(crate) const TUPLE3: u8 = 0x87;
pub(crate) const TUPLE: u8 = b't';
pub(crate) const EMPTY_LIST: u8 = b']';
pub(crate) const APPEND: u8 = b'a';
pub(crate) const APPENDS: u8 = b'e';
pub(crate) const EMPTY_SET: u8 = 0x8f;
pub(crate) const ADDITEMS: u8 = 0x90;
pub(crate) const FROZENSET: u8 = 0x91;
pub(crate) const EMPTY_DICT: u8 = b'}';
pub(crate) const SETITEM: u8 = b's';
pub(crate) const SETITEMS: u8 = b'u';
pub(crate) const GLOBAL: u8 = b'c';
pub(crate) const STACK_GLOBAL: u8 = 0x93;
pub(crate) const REDUCE: u8 = b'R';
pub(crate) const NEWOBJ: u8 = 0x81;
pub(crate) const NEWOBJ_EX: u8 = 0x92;
pub(crate) const BUILD: u8 = b'b';

// Opcodes that refer to something outside of the pickle, or are of older versions of Python.
const DUP: u8 = b'2';
const BINPERSID: u8 = b'Q';
const LIST: u8 = b'l';
const DICT: u8 = b'd';
const OBJ: u8 = b'o';
const NEXT_BUFFER: u8 = 0x97;
const READONLY_BUFFER: u8 = 0x98;
const EXT1: u8 = 0x82;
const EXT2: u8 = 0x83;
const EXT4: u8 = 0x84;
const SHORT_BINSTRING: u8 = b'U';
const BINSTRING: u8 = b'T';

/// The operand behind an opcode.
#[derive(Clone, Copy)]
pub(crate) enum Operand {
    /// A fixed number of bytes.
    Bytes(usize),
    /// A length of so many bytes, little-endian, and that number of bytes.
    Counted(usize),
    /// Two lines.
    TwoLines,
}

/// Returns the operand behind `opcode`; `None` where there is no such opcode in these protocols.
pub(crate) fn operand(opcode: u8) -> Option<Operand> {
    Some(match opcode {
        STOP | MARK | POP | POP_MARK | MEMOIZE | NONE | NEWTRUE | NEWFALSE | EMPTY_TUPLE | TUPLE1
        | TUPLE2 | TUPLE3 | TUPLE | EMPTY_LIST | APPEND | APPENDS | EMPTY_SET | ADDITEMS | FROZENSET
        | EMPTY_DICT | SETITEM | SETITEMS | STACK_GLOBAL | REDUCE | NEWOBJ | NEWOBJ_EX | BUILD | DUP
        | BINPERSID | LIST | DICT | OBJ | NEXT_BUFFER | READONLY_BUFFER => Operand::Bytes(0),
        PROTO | BINPUT | BINGET | BININT1 | EXT1 => Operand::Bytes(1),
        BININT2 | EXT2 => Operand::Bytes(2),
        LONG_BINPUT | LONG_BINGET | BININT | EXT4 => Operand::Bytes(4),
        FRAME | BINFLOAT => Operand::Bytes(8),
        LONG1 | SHORT_BINUNICODE | SHORT_BINBYTES | SHORT_BINSTRING => Operand::Counted(1),
        LONG4 | BINUNICODE | BINBYTES | BINSTRING => Operand::Counted(4),
        BINUNICODE8 | BINBYTES8 | BYTEARRAY8 => Operand::Counted(8),
        GLOBAL => Operand::TwoLines,
        _ => return None,
    })
}
