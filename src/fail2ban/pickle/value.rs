//! The value that a reply of any shape is read as.

use std::fmt::{self, Write as _};

/// A value of a reply: everything that Python can pickle is one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A larger integer, in decimal digits; in hexadecimal ones (`0x…`) where it has more than 1024 bits.
    BigInt(String),
    /// A float; may be infinite or not a number.
    Float(f64),
    /// A string, also one that arrived as `builtins.str(x)`. A part of it that is no Unicode text
    /// (a lone surrogate) reads as U+FFFD.
    Text(String),
    /// Bytes or a byte array.
    Bytes(Vec<u8>),
    /// A list, a tuple or a set, in the order of the reply.
    List(Vec<Value>),
    /// A dictionary, in the order of the reply.
    Map(Vec<(Value, Value)>),
    /// A class or a function itself, by its full name.
    Class(String),
    /// A Python object by the call that makes it, as an exception.
    Object(Box<Object>),
    /// A value that stands inside itself, at the inner place.
    Cycle,
}

/// The call that makes a Python object. Nothing of it is ever run.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The module of the class, as `fail2ban.exceptions`.
    pub module: String,
    /// Its name, as `UnknownJailException`.
    pub class: String,
    /// The arguments of the call. Those that have names come last, as a map.
    pub arguments: Vec<Value>,
    /// The contents that are then put into it: items, or pairs of key and value.
    pub contents: Vec<Value>,
    /// The state that it is then set to: a map of its attributes, as a rule.
    pub state: Option<Value>,
}

impl Object {
    /// Returns the attribute `name`, if the pickled state holds it.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Value> {
        let Some(Value::Map(attributes)) = &self.state else { return None };
        let is_it = |(key, _): &&(Value, Value)| matches!(key, Value::Text(text) if text == name);
        attributes.iter().find(is_it).map(|(_, value)| value)
    }
}

/// The longest [`Value::summary`], in bytes.
const LONGEST_SUMMARY: usize = 120;

impl Value {
    /// Returns its kind, without its contents.
    pub(crate) fn kind(&self) -> String {
        let kind = match self {
            Self::None => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a number",
            Self::BigInt(_) => "a very large number",
            Self::Float(_) => "a fraction",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a dictionary",
            Self::Class(_) => "a class",
            Self::Object(object) => {
                return format!("an object of the class {}", object.class.escape_debug());
            }
            Self::Cycle => "something that holds itself",
        };
        kind.to_owned()
    }

    /// Returns a short description: its beginning as Python writes it.
    pub(crate) fn summary(&self) -> String {
        let mut beginning = Beginning(String::new());
        if write!(beginning, "{self}").is_err() {
            beginning.0.push('…');
        }
        beginning.0
    }
}

/// A text that takes [`LONGEST_SUMMARY`] bytes and then fails, so that nothing long is written.
struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST_SUMMARY.saturating_sub(self.0.len());
        let fits = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
        self.0.push_str(fits);
        if fits.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Written as by Python's `repr`, but a tuple or set like a list.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(number) => write!(f, "{number}"),
            Self::BigInt(digits) => f.write_str(digits),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => quoted(f, text),
            Self::Bytes(bytes) => {
                f.write_str("b'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{}", byte.escape_ascii()))?;
                f.write_char('\'')
            }
            Self::List(items) => listed(f, '[', items, ']'),
            Self::Map(entries) => {
                f.write_char('{')?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
            Self::Class(name) => write!(f, "<class {}>", name.escape_debug()),
            Self::Object(object) => object.fmt(f),
            Self::Cycle => f.write_char('…'),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.class.escape_debug())?;
        listed(f, '(', &self.arguments, ')')
    }
}

fn listed(f: &mut fmt::Formatter<'_>, open: char, items: &[Value], close: char) -> fmt::Result {
    f.write_char(open)?;
    for (place, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if place == 0 { "" } else { ", " })?;
    }
    f.write_char(close)
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    f.write_char(quote)?;
    for character in text.chars() {
        match character {
            '"' | '\'' if character != quote => f.write_char(character)?,
            _ => write!(f, "{}", character.escape_debug())?,
        }
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_beginning_and_controls_nothing() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(text("it's\u{1b}[2J\u{202e}").summary(), "\"it's\\u{1b}[2J\\u{202e}\"");
        let list = Value::List(vec![Value::None, Value::Float(f64::NAN), Value::Bytes(b"\x00a".to_vec())]);
        assert_eq!(list.summary(), r"[None, NaN, b'\x00a']");
        let long = Value::List(vec![text(&"é".repeat(50)); 1000]).summary();
        assert!(long.len() <= LONGEST_SUMMARY + '…'.len_utf8() && long.ends_with("é…"), "{long}");
    }
}
