//! The opcodes that make a value out of nothing but their operands.

use super::super::graph::Node;
use super::super::opcode as op;
use super::super::value::Value;

/// The value that the opcode of `step` makes; `None` where it is another kind of opcode.
pub(crate) fn read_leaf(step: &[u8]) -> Option<Node<'_>> {
    Some(match step {
        [op::NONE] => Node::Plain(Value::None),
        [op::NEWTRUE] => Node::Plain(Value::Bool(true)),
        [op::NEWFALSE] => Node::Plain(Value::Bool(false)),
        [op::BININT1, byte] => Node::Plain(Value::Int((*byte).into())),
        [op::BININT2, bytes @ ..] => {
            Node::Plain(Value::Int(u16::from_le_bytes(bytes.try_into().ok()?).into()))
        }
        [op::BININT, bytes @ ..] => {
            Node::Plain(Value::Int(i32::from_le_bytes(bytes.try_into().ok()?).into()))
        }
        [op::LONG1, _, bytes @ ..] | [op::LONG4, _, _, _, _, bytes @ ..] => Node::Integer(bytes),
        [op::BINFLOAT, bytes @ ..] => Node::Plain(Value::Float(f64::from_be_bytes(bytes.try_into().ok()?))),
        [op::SHORT_BINUNICODE, _, letters @ ..]
        | [op::BINUNICODE, _, _, _, _, letters @ ..]
        | [op::BINUNICODE8, _, _, _, _, _, _, _, _, letters @ ..] => Node::Text(letters),
        [op::SHORT_BINBYTES, _, bytes @ ..]
        | [op::BINBYTES, _, _, _, _, bytes @ ..]
        | [op::BINBYTES8 | op::BYTEARRAY8, _, _, _, _, _, _, _, _, bytes @ ..] => Node::Bytes(bytes),
        [op::EMPTY_LIST | op::EMPTY_TUPLE | op::EMPTY_SET] => Node::List(Vec::new()),
        [op::EMPTY_DICT] => Node::Map(Vec::new()),
        _ => return None,
    })
}
