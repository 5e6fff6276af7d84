//! What a reply of any shape is read as.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of a reply. Only decoded by [`super::decode`], which tells objects from tuples.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float; may be infinite or not a number.
    Float(f64),
    /// A string, also one that arrived as `builtins.str(x)`. What is no Unicode text in it (a lone
    /// surrogate) reads as U+FFFD.
    Text(String),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A dictionary, in the order of the reply. Its keys are texts and integers.
    Map(Vec<(Value, Value)>),
    /// A Python object by the call that makes it; in practice an exception.
    Object {
        /// Where the class lives, as `fail2ban.exceptions`.
        module: String,
        /// Its name, as `UnknownJailException`.
        class: String,
        /// What it is called with.
        arguments: Vec<Value>,
    },
}

/// A value, or the class name that the admission pass writes as the second half of an object.
enum Item {
    Value(Value),
    Class(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Item::deserialize(deserializer)? {
            Item::Value(value) => Ok(value),
            Item::Class(_) => Err(D::Error::custom("a class without its object")),
        }
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of fail2ban's")
    }

    fn visit_unit<E: Error>(self) -> Result<Item, E> {
        Ok(Item::Value(Value::None))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Item, E> {
        Ok(Item::Value(Value::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Item, E> {
        Ok(Item::Value(Value::Int(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Item, E> {
        Ok(Item::Value(Value::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Item, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Item, E> {
        Ok(Item::Value(Value::Text(value)))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Item, E> {
        self.visit_byte_buf(value.to_vec())
    }

    // Bytes are never admitted from a reply: they are the admission pass's own.
    fn visit_byte_buf<E: Error>(self, value: Vec<u8>) -> Result<Item, E> {
        String::from_utf8(value).map(Item::Class).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Item, A::Error> {
        let mut values = Vec::new();
        while let Some(item) = items.next_element()? {
            match item {
                Item::Value(value) => values.push(value),
                Item::Class(name) => return object(&name, values).map(Item::Value),
            }
        }
        Ok(Item::Value(Value::List(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Item, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Item::Value(Value::Map(map)))
    }
}

/// Puts together what the admission pass writes as `(arguments, b"module\0class")`.
fn object<E: Error>(name: &str, mut before: Vec<Value>) -> Result<Value, E> {
    match (name.split_once('\0'), before.pop()) {
        (Some((module, class)), Some(Value::List(arguments))) => {
            Ok(Value::Object { module: module.to_owned(), class: class.to_owned(), arguments })
        }
        _ => Err(E::custom("an object without class or arguments")),
    }
}
