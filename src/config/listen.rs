//! The places BanGUI listens at: addresses, and sockets in the file system for a web server on the same machine.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use thiserror::Error;

use crate::mutex::Mutex;

/// Prefix of the path of a socket.
const SOCKET: &str = "unix:";
/// Prefix of an address with TLS.
const HTTPS: &str = "https://";
/// Prefix of an address without TLS, which may be left out.
const HTTP: &str = "http://";

/// Something to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port.
    Address(SocketAddr),
    /// An address and a port where BanGUI itself speaks TLS.
    Https(SocketAddr),
    /// A socket in the file system, by its whole path. Whoever connects to it is the web server in front: its user is
    /// checked, which no address shows.
    Socket(PathBuf),
}

/// Error for a text that names nothing to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write it like 127.0.0.1:8580, https://[::]:8443 or unix:/run/bangui-web/web.sock")]
pub struct ListenError;

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let text = text.trim();
        match text.strip_prefix(SOCKET).map(PathBuf::from) {
            Some(path) if path.is_absolute() && path.file_name().is_some() => Ok(Self::Socket(path)),
            Some(_) => Err(ListenError),
            None => address(text).ok_or(ListenError),
        }
    }
}

/// Reads an address and a port, with or without the scheme in front.
fn address(text: &str) -> Option<Listen> {
    let (make, address): (fn(SocketAddr) -> Listen, _) = match text.strip_prefix(HTTPS) {
        Some(rest) => (Listen::Https, rest),
        None => (Listen::Address, text.strip_prefix(HTTP).unwrap_or(text)),
    };
    address.parse().ok().map(make)
}

impl Listen {
    /// The address, unless it is a socket in the file system.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Address(address) | Self::Https(address) => Some(*address),
            Self::Socket(_) => None,
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{HTTP}{address}"),
            Self::Https(address) => write!(f, "{HTTPS}{address}"),
            Self::Socket(path) => write!(f, "{SOCKET}{}", path.display()),
        }
    }
}

/// Reads the permissions of a socket, as `660`.
pub(crate) fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode & !0o666 == 0 => Ok(mode),
        Ok(_) | Err(_) => Err("write it like 660".to_owned()),
    }
}

/// Numbers that were asked for, each by the program and the name: a server that has confined itself can run no program
/// to ask again.
static KNOWN: Mutex<BTreeMap<(&str, String), u32>> = Mutex::new(BTreeMap::new());

/// Returns the number of a user, by name or number.
pub(crate) fn user(text: &str) -> Result<u32, String> {
    let text = text.trim();
    // It asks whatever the machine has its users from, as LDAP; std cannot.
    number(text, Command::new("id").args(["-u", "--", text]), "id")
}

/// Returns the number of a group, by name or number.
pub(crate) fn group(text: &str) -> Result<u32, String> {
    let told = number(text, Command::new("getent").args(["group", "--", text]), "getent");
    told.map_err(|why| if why.is_empty() { format!("there is no group {text}") } else { why })
}

/// Reads `text` as a number, or else runs `command`, which prints it, alone or as the third field of a line.
fn number(text: &str, command: &mut Command, name: &'static str) -> Result<u32, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let asked = (name, text.to_owned());
    if let Some(known) = KNOWN.lock().get(&asked) {
        return Ok(*known);
    }
    let told = command.output().map_err(|error| format!("{name}: {error}"))?;
    let line = String::from_utf8_lossy(&told.stdout);
    let number = line.trim().split(':').nth(2).unwrap_or(line.trim()).parse();
    let number = number.map_err(|_| String::from_utf8_lossy(&told.stderr).trim().to_owned())?;
    KNOWN.lock().insert(asked, number);
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_whole_path_is_listened_on() {
        for text in ["127.0.0.1:8580", "[::]:80", "https://[::]:443", "unix:/run/bangui-web/web.sock"] {
            let listen = text.parse::<Listen>().map(|listen| listen.to_string());
            assert_eq!(listen.map(|shown| shown.replace("http://", "")).as_deref(), Ok(text));
        }
        for text in [
            "",
            "x",
            "127.0.0.1",
            "unix:",
            "unix:web.sock",
            "unix:/",
            "/run/web.sock",
            "https://",
            "https://localhost:1",
        ] {
            assert_eq!(text.parse::<Listen>(), Err(ListenError), "{text:?}");
        }
    }

    #[test]
    fn users_and_groups_are_named_by_name_or_number() {
        assert_eq!(
            (user("root"), user("4711"), group("root"), group("4711")),
            (Ok(0), Ok(4711), Ok(0), Ok(4711))
        );
        for text in ["no such user", "-u", ""] {
            assert!(user(text).is_err() && group(text).is_err(), "{text}");
        }
        assert_eq!((mode("660"), mode("0666")), (Ok(0o660), Ok(0o666)));
        assert!(mode("777").is_err() && mode("x").is_err());
    }
}
