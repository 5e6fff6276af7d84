//! Writes small files in the format of MaxMind (version 2.0 of its specification), for tests: a search
//! tree over IPv6, with IPv4 below `::/96`, and a data section of maps, texts and numbers.

use std::net::{IpAddr, Ipv6Addr};

/// A value of the data section.
#[derive(Debug, Clone)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number of 16 bits.
    U16(u16),
    /// A number of 32 bits.
    U32(u32),
    /// A number of 64 bits.
    U64(u64),
    /// A map with its keys in order.
    Map(Vec<(&'static str, Value)>),
    /// A list.
    List(Vec<Value>),
}

/// A text.
#[must_use]
pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// `{"names": {"en": …}}`, with a name in another language before it.
fn names(name: &str) -> (&'static str, Value) {
    ("names", Value::Map(vec![("de", text("anders")), ("en", text(name))]))
}

/// A record of a file of cities.
#[must_use]
pub fn city(country: &str, region: &str, city: &str) -> Value {
    let country = vec![("iso_code", text(country)), names("some country")];
    Value::Map(vec![
        ("city", Value::Map(vec![names(city)])),
        ("country", Value::Map(country)),
        ("location", Value::Map(vec![("accuracy_radius", Value::U16(20))])),
        (
            "subdivisions",
            Value::List(vec![Value::Map(vec![names(region)]), Value::Map(vec![names("inner")])]),
        ),
    ])
}

/// A record of a file of countries.
#[must_use]
pub fn country(country: &str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", text(country)), names("some country")]))])
}

/// A record of a file of autonomous systems.
#[must_use]
pub fn asn(number: u32, organisation: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(number)),
        ("autonomous_system_organization", text(organisation)),
    ])
}

/// The bytes of a file of the type `kind`, built at `built` (seconds since 1970). The networks must not
/// overlap.
#[must_use]
pub fn file(kind: &str, built: u64, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut tree = vec![[Branch::Nothing; 2]];
    for (network, value) in networks {
        let offset = data.len();
        encode(value, &mut data);
        if let Some((bits, length)) = prefix(network) {
            grow(&mut tree, bits, length, offset);
        }
    }
    let nodes = tree.len();
    let mut out = Vec::new();
    for branch in tree.iter().flatten() {
        let record = match branch {
            Branch::Nothing => nodes,
            Branch::Node(node) => *node,
            Branch::Data(offset) => nodes + 16 + offset,
        };
        out.extend(u32::try_from(record).unwrap_or(u32::MAX).to_be_bytes());
    }
    out.extend([0; 16]);
    out.extend(data);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    encode(&metadata(kind, built, nodes), &mut out);
    out
}

fn metadata(kind: &str, built: u64, nodes: usize) -> Value {
    Value::Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(built)),
        ("database_type", text(kind)),
        ("description", Value::Map(vec![("en", text("made for tests"))])),
        ("ip_version", Value::U16(6)),
        ("languages", Value::List(vec![text("en")])),
        ("node_count", Value::U32(u32::try_from(nodes).unwrap_or(u32::MAX))),
        ("record_size", Value::U16(32)),
    ])
}

#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

/// The bits of a network and the length of its prefix, IPv4 below `::/96`.
fn prefix(network: &str) -> Option<(u128, u32)> {
    let (address, length) = network.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    Some(match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(address.to_bits()), length + 96),
        IpAddr::V6(address) => (Ipv6Addr::to_bits(address), length),
    })
}

fn grow(tree: &mut Vec<[Branch; 2]>, bits: u128, length: u32, offset: usize) {
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from(bits >> (127 - depth) & 1 == 1);
        if depth + 1 == length {
            tree[node][side] = Branch::Data(offset);
        } else if let Branch::Node(next) = tree[node][side] {
            node = next;
        } else {
            tree.push([Branch::Nothing; 2]);
            let next = tree.len() - 1;
            tree[node][side] = Branch::Node(next);
            node = next;
        }
    }
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            control(2, text.len(), out);
            out.extend(text.as_bytes());
        }
        Value::U16(number) => number_of(5, &number.to_be_bytes(), out),
        Value::U32(number) => number_of(6, &number.to_be_bytes(), out),
        Value::U64(number) => number_of(9, &number.to_be_bytes(), out),
        Value::Map(pairs) => {
            control(7, pairs.len(), out);
            for (key, value) in pairs {
                encode(&text(key), out);
                encode(value, out);
            }
        }
        Value::List(values) => {
            control(11, values.len(), out);
            for value in values {
                encode(value, out);
            }
        }
    }
}

/// A number without its leading zero bytes.
fn number_of(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    control(kind, bytes.len() - first, out);
    out.extend(&bytes[first..]);
}

/// The type and the size in front of a value. Types above 7 stand in a second byte.
fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (low, rest) = match size {
        0..29 => (size, None),
        29..285 => (29, Some(size - 29)),
        _ => unreachable!("no test needs values of that size"),
    };
    let low = u8::try_from(low).unwrap_or(0);
    out.push(if kind > 7 { low } else { kind << 5 | low });
    if kind > 7 {
        out.push(kind - 7);
    }
    out.extend(rest.map(|rest| u8::try_from(rest).unwrap_or(0)));
}
