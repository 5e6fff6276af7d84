//! Values of every type, and the pickles that Python would make of them.

use num_bigint::BigInt;
use proptest::prelude::*;

use crate::fail2ban::pickle::value::{Object, Value};

/// Any value that Python can pickle, of a few levels.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<i128>().prop_filter_map("it is small", |number| match i64::try_from(number) {
            Ok(_) => None,
            Err(_) => Some(Value::BigInt(number.to_string())),
        }),
        any::<f64>().prop_map(Value::Float),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0)].prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        class().prop_map(|(module, class)| Value::Class(format!("{module}.{class}"))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(Value::List),
            prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Map),
            (class(), list.clone(), list, prop::option::of(inner)).prop_map(
                |((module, class), arguments, contents, state)| {
                    Value::Object(Box::new(Object { module, class, arguments, contents, state }))
                }
            ),
        ]
    })
}

fn class() -> impl Strategy<Value = (String, String)> {
    ("[a-z]{1,9}", "[A-Z][a-z]{0,9}")
}

/// A pickle of `value`.
pub(crate) fn pickled(value: &Value) -> Vec<u8> {
    let mut bytes = b"\x80\x04".to_vec();
    write(&mut bytes, value);
    bytes.push(b'.');
    bytes
}

fn write(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::None => to.push(b'N'),
        Value::Bool(is_so) => to.push(if *is_so { 0x88 } else { 0x89 }),
        Value::Int(number) => counted(to, b"\x8a", 1, &number.to_le_bytes()),
        Value::BigInt(digits) => {
            let number: BigInt = digits.parse().unwrap_or_default();
            counted(to, b"\x8b", 4, &number.to_signed_bytes_le());
        }
        Value::Float(number) => to.extend([b"G".as_slice(), &number.to_be_bytes()].concat()),
        Value::Text(text) => counted(to, b"X", 4, text.as_bytes()),
        Value::Bytes(bytes) => counted(to, b"B", 4, bytes),
        Value::List(items) => {
            to.push(b']');
            marked(to, items, b'e');
        }
        Value::Map(entries) => {
            to.extend(b"}(");
            for (key, value) in entries {
                write(to, key);
                write(to, value);
            }
            to.push(b'u');
        }
        Value::Class(name) => {
            let (module, class) = name.split_once('.').unwrap_or_default();
            named(to, module, class);
        }
        Value::Object(object) => {
            named(to, &object.module, &object.class);
            marked(to, &object.arguments, b't');
            to.push(b'R');
            marked(to, &object.contents, b'e');
            if let Some(state) = &object.state {
                write(to, state);
                to.push(b'b');
            }
        }
        Value::Cycle => unreachable!("none of them holds itself"),
    }
}

fn named(to: &mut Vec<u8>, module: &str, class: &str) {
    for name in [module, class] {
        counted(to, b"\x8c", 1, name.as_bytes());
    }
    to.push(0x93);
}

fn marked(to: &mut Vec<u8>, items: &[Value], end: u8) {
    to.push(b'(');
    for item in items {
        write(to, item);
    }
    to.push(end);
}

fn counted(to: &mut Vec<u8>, opcode: &[u8], width: usize, bytes: &[u8]) {
    to.extend(opcode);
    to.extend(&bytes.len().to_le_bytes()[..width]);
    to.extend(bytes);
}
