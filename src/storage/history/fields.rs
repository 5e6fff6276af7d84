//! The columns of the record, which take few bytes.

use std::net::IpAddr;

use ipnet::IpNet;
use rusqlite::types::{Value, ValueRef};

use crate::domain::address::{Banned, Target};
use crate::domain::geo::origin::Origin;
use crate::domain::history::Ending;
use crate::domain::jail::Length;

const PERMANENT: i64 = -1;
const PRACTICALLY_FOREVER: i64 = -2;

/// The bytes of an address; of a network one more, for its prefix length. Anything else is text.
pub(crate) fn stored_entry(banned: &Banned) -> Value {
    match banned.target() {
        Some(Target::Address(address)) => Value::Blob(octets(*address)),
        Some(Target::Network(network)) => {
            let mut bytes = octets(network.network());
            bytes.push(network.prefix_len());
            Value::Blob(bytes)
        }
        None => Value::Text(banned.to_string()),
    }
}

pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Reads an entry; `None` for what nobody has stored.
pub(super) fn entry(value: ValueRef<'_>) -> Option<Banned> {
    match value {
        ValueRef::Text(text) => Some(Banned::from_daemon(str::from_utf8(text).ok()?)),
        ValueRef::Blob(bytes) => address(bytes).map(|address| Banned::Target(address.into())).or_else(|| {
            let (prefix, bytes) = bytes.split_last()?;
            let network = IpNet::new(address(bytes)?, *prefix).ok()?;
            Some(Banned::Target(Target::Network(network)))
        }),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

pub(super) fn stored_length(length: Length) -> i64 {
    match length {
        Length::Seconds(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX),
        Length::Permanent => PERMANENT,
        Length::PracticallyForever => PRACTICALLY_FOREVER,
    }
}

pub(super) fn length(stored: i64) -> Length {
    match stored {
        PRACTICALLY_FOREVER => Length::PracticallyForever,
        stored => Length::from_daemon(stored),
    }
}

pub(super) fn stored_origin(origin: Origin) -> Option<&'static str> {
    (origin != Origin::Unknown).then(|| origin.slug())
}

pub(super) fn origin(stored: Option<&str>) -> Origin {
    stored.and_then(Origin::from_slug).unwrap_or(Origin::Unknown)
}

/// The number for an ending.
pub(crate) fn how(ending: Ending) -> i64 {
    match ending {
        Ending::Standing => 0,
        Ending::RanOut => 1,
        Ending::Lifted => 2,
        Ending::Unknown => 3,
    }
}

pub(super) fn ending(how: i64) -> Ending {
    match how {
        0 => Ending::Standing,
        1 => Ending::RanOut,
        2 => Ending::Lifted,
        _ => Ending::Unknown,
    }
}
