//! Every opcode of Python's `pickle` (`Lib/pickletools.py`): its name, and what stands behind it. Those
//! that have a constant are read; a reply that holds another is refused, but its end can be found.

pub(super) const PROTO: u8 = 0x80;
pub(super) const FRAME: u8 = 0x95;
pub(super) const STOP: u8 = b'.';
pub(super) const MARK: u8 = b'(';
pub(super) const POP: u8 = b'0';
pub(super) const POP_MARK: u8 = b'1';
pub(super) const MEMOIZE: u8 = 0x94;
pub(super) const BINPUT: u8 = b'q';
pub(super) const LONG_BINPUT: u8 = b'r';
pub(super) const BINGET: u8 = b'h';
pub(super) const LONG_BINGET: u8 = b'j';
pub(super) const NONE: u8 = b'N';
pub(super) const NEWTRUE: u8 = 0x88;
pub(super) const NEWFALSE: u8 = 0x89;
pub(super) const BININT: u8 = b'J';
pub(super) const BININT1: u8 = b'K';
pub(super) const BININT2: u8 = b'M';
pub(super) const LONG1: u8 = 0x8a;
pub(super) const LONG4: u8 = 0x8b;
pub(super) const BINFLOAT: u8 = b'G';
pub(super) const SHORT_BINUNICODE: u8 = 0x8c;
pub(super) const BINUNICODE: u8 = b'X';
pub(super) const BINUNICODE8: u8 = 0x8d;
pub(super) const SHORT_BINBYTES: u8 = b'C';
pub(super) const BINBYTES: u8 = b'B';
pub(super) const BINBYTES8: u8 = 0x8e;
pub(super) const BYTEARRAY8: u8 = 0x96;
pub(super) const EMPTY_TUPLE: u8 = b')';
pub(super) const TUPLE1: u8 = 0x85;
pub(super) const TUPLE2: u8 = 0x86;
pub(super) const TUPLE3: u8 = 0x87;
pub(super) const TUPLE: u8 = b't';
pub(super) const EMPTY_LIST: u8 = b']';
pub(super) const APPEND: u8 = b'a';
pub(super) const APPENDS: u8 = b'e';
pub(super) const EMPTY_SET: u8 = 0x8f;
pub(super) const ADDITEMS: u8 = 0x90;
pub(super) const FROZENSET: u8 = 0x91;
pub(super) const EMPTY_DICT: u8 = b'}';
pub(super) const SETITEM: u8 = b's';
pub(super) const SETITEMS: u8 = b'u';
pub(super) const GLOBAL: u8 = b'c';
pub(super) const STACK_GLOBAL: u8 = 0x93;
pub(super) const REDUCE: u8 = b'R';
pub(super) const NEWOBJ: u8 = 0x81;
pub(super) const NEWOBJ_EX: u8 = 0x92;
pub(super) const BUILD: u8 = b'b';

/// What stands behind an opcode.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    /// So many bytes.
    Bytes(usize),
    /// A length of so many bytes, little-endian, and as many bytes as it says.
    Counted(usize),
    /// So many lines.
    Lines(usize),
}

use Operand::{Bytes, Counted, Lines};

const OPCODES: [(u8, &str, Operand); 68] = [
    (PROTO, "PROTO", Bytes(1)),
    (FRAME, "FRAME", Bytes(8)),
    (STOP, "STOP", Bytes(0)),
    (MARK, "MARK", Bytes(0)),
    (POP, "POP", Bytes(0)),
    (POP_MARK, "POP_MARK", Bytes(0)),
    (b'2', "DUP", Bytes(0)),
    (MEMOIZE, "MEMOIZE", Bytes(0)),
    (b'p', "PUT", Lines(1)),
    (BINPUT, "BINPUT", Bytes(1)),
    (LONG_BINPUT, "LONG_BINPUT", Bytes(4)),
    (b'g', "GET", Lines(1)),
    (BINGET, "BINGET", Bytes(1)),
    (LONG_BINGET, "LONG_BINGET", Bytes(4)),
    (b'P', "PERSID", Lines(1)),
    (b'Q', "BINPERSID", Bytes(0)),
    (NONE, "NONE", Bytes(0)),
    (NEWTRUE, "NEWTRUE", Bytes(0)),
    (NEWFALSE, "NEWFALSE", Bytes(0)),
    (b'I', "INT", Lines(1)),
    (BININT, "BININT", Bytes(4)),
    (BININT1, "BININT1", Bytes(1)),
    (BININT2, "BININT2", Bytes(2)),
    (b'L', "LONG", Lines(1)),
    (LONG1, "LONG1", Counted(1)),
    (LONG4, "LONG4", Counted(4)),
    (b'F', "FLOAT", Lines(1)),
    (BINFLOAT, "BINFLOAT", Bytes(8)),
    (b'S', "STRING", Lines(1)),
    (b'T', "BINSTRING", Counted(4)),
    (b'U', "SHORT_BINSTRING", Counted(1)),
    (b'V', "UNICODE", Lines(1)),
    (SHORT_BINUNICODE, "SHORT_BINUNICODE", Counted(1)),
    (BINUNICODE, "BINUNICODE", Counted(4)),
    (BINUNICODE8, "BINUNICODE8", Counted(8)),
    (SHORT_BINBYTES, "SHORT_BINBYTES", Counted(1)),
    (BINBYTES, "BINBYTES", Counted(4)),
    (BINBYTES8, "BINBYTES8", Counted(8)),
    (BYTEARRAY8, "BYTEARRAY8", Counted(8)),
    (0x97, "NEXT_BUFFER", Bytes(0)),
    (0x98, "READONLY_BUFFER", Bytes(0)),
    (EMPTY_TUPLE, "EMPTY_TUPLE", Bytes(0)),
    (TUPLE1, "TUPLE1", Bytes(0)),
    (TUPLE2, "TUPLE2", Bytes(0)),
    (TUPLE3, "TUPLE3", Bytes(0)),
    (TUPLE, "TUPLE", Bytes(0)),
    (EMPTY_LIST, "EMPTY_LIST", Bytes(0)),
    (b'l', "LIST", Bytes(0)),
    (APPEND, "APPEND", Bytes(0)),
    (APPENDS, "APPENDS", Bytes(0)),
    (EMPTY_SET, "EMPTY_SET", Bytes(0)),
    (ADDITEMS, "ADDITEMS", Bytes(0)),
    (FROZENSET, "FROZENSET", Bytes(0)),
    (EMPTY_DICT, "EMPTY_DICT", Bytes(0)),
    (b'd', "DICT", Bytes(0)),
    (SETITEM, "SETITEM", Bytes(0)),
    (SETITEMS, "SETITEMS", Bytes(0)),
    (GLOBAL, "GLOBAL", Lines(2)),
    (STACK_GLOBAL, "STACK_GLOBAL", Bytes(0)),
    (REDUCE, "REDUCE", Bytes(0)),
    (b'i', "INST", Lines(2)),
    (b'o', "OBJ", Bytes(0)),
    (NEWOBJ, "NEWOBJ", Bytes(0)),
    (NEWOBJ_EX, "NEWOBJ_EX", Bytes(0)),
    (BUILD, "BUILD", Bytes(0)),
    (0x82, "EXT1", Bytes(1)),
    (0x83, "EXT2", Bytes(2)),
    (0x84, "EXT4", Bytes(4)),
];

/// The operands by their opcodes: each byte of a long list is looked up here.
const OPERANDS: [Option<Operand>; 256] = {
    let mut operands = [None; 256];
    let mut place = 0;
    while place < OPCODES.len() {
        operands[OPCODES[place].0 as usize] = Some(OPCODES[place].2);
        place += 1;
    }
    operands
};

/// What stands behind `opcode`; `None` where there is no such opcode.
pub(super) fn operand(opcode: u8) -> Option<Operand> {
    OPERANDS[usize::from(opcode)]
}

/// What an opcode is called, for the log.
pub(super) fn name(opcode: u8) -> String {
    match OPCODES.iter().find(|(known, ..)| *known == opcode) {
        Some((_, name, _)) => (*name).to_owned(),
        None => format!("{opcode:#04x}"),
    }
}
