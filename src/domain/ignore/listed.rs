//! Entries of an ignore list as the daemon lists them.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::super::address::{Target, with_impossible_prefix};
use super::super::text;
use super::IgnoreEntry;

/// An entry of a jail's ignore list, as the daemon lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Listed {
    /// An address, a network, a host name, or whatever word the configuration holds.
    Text(String),
    /// The addresses, networks and host names in a file, by its path; since fail2ban 1.1.1.
    File(String),
    /// Something else, in a few words.
    Other(String),
}

impl Listed {
    /// Reads an entry of the daemon's list.
    #[must_use]
    pub fn from_daemon(text: String) -> Self {
        Self::Text(text)
    }

    /// Returns the argument with which fail2ban removes it; `None` where it cannot. A path is
    /// written so that fail2ban reads it as it is, however its first directory is named
    /// (`fail2ban/server/ipdns.py`, `RE_FILE_IGN_IP`).
    #[must_use]
    pub fn argument(&self) -> Option<String> {
        match self {
            // Of this one network fail2ban 1.1 does not know the text that it lists itself.
            Self::Text(text) if text == "::ffff:0.0.0.0/96" => Some("::ffff:0:0/96".to_owned()),
            Self::Text(text) => Some(text.clone()),
            Self::File(path) if path.starts_with('/') => Some(format!("file://{path}")),
            Self::File(path) => Some(format!("file:{path}")),
            Self::Other(_) => None,
        }
    }

    /// Returns another name by which fail2ban may know it. fail2ban lists `192.0.2.1/33` and
    /// `0.0.0.0/0` without their prefix, and then removes neither by the name that it lists
    /// (`fail2ban/server/ipdns.py`, `IPAddr.ntoa`). It does not tell which impossible prefix it
    /// was: only the first is tried.
    #[must_use]
    pub(crate) fn other_name(&self) -> Option<Self> {
        let Self::Text(text) = self else { return None };
        match text.as_str() {
            "0.0.0.0" | "::" => Some(Self::Text(format!("{text}/0"))),
            text => with_impossible_prefix(text).map(Self::Text),
        }
    }

    /// Returns true if the entry can be named on fail2ban's wire at all.
    #[must_use]
    pub(crate) fn is_sendable(&self) -> bool {
        self.argument().is_some_and(|argument| text::is_safe_argument(&argument))
    }

    /// Returns the same entry as a person would name it; `None` where nobody could add it, so that
    /// it cannot be kept either.
    #[must_use]
    pub fn entry(&self) -> Option<IgnoreEntry> {
        let Self::Text(text) = self else { return None };
        text.parse().ok().filter(|entry| self.is(entry))
    }

    /// Returns true if it is `entry`. fail2ban writes some IPv6 addresses otherwise than we do
    /// (`::ffff:0.0.0.0/96`), so those are compared by their value.
    #[must_use]
    pub fn is(&self, entry: &IgnoreEntry) -> bool {
        match entry {
            IgnoreEntry::Target(target) => self.target() == Some(*target),
            IgnoreEntry::Host(host) => matches!(self, Self::Text(text) if text == host),
        }
    }

    /// The address or network, if it is one.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let Self::Text(text) = self else { return None };
        Target::as_written(text).ok()
    }

    /// Returns true if it is, or contains, `address`. A host name is not looked up.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.target().is_some_and(|target| target.contains(address))
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Other(text) => f.write_str(text),
            Self::File(path) => write!(f, "file:{}", text::escaped(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_added_as_it_is_listed_can_be_kept() {
        let entry = |text: &str| Listed::from_daemon(text.to_owned()).entry();
        assert!(entry("203.0.113.0/24").is_some() && entry("home.example").is_some());
        assert!(entry("::ffff:0.0.0.0/96").is_some());
        assert!(entry("Home.Example").is_none() && entry("file:/x").is_none());
    }

    #[test]
    fn an_entry_that_is_no_text_is_shown_as_what_it_is_and_means_no_address() {
        let file = Listed::File("/etc/fail2ban/allow.txt".to_owned());
        assert_eq!(file.to_string(), "file:/etc/fail2ban/allow.txt");
        assert_eq!(file.argument().as_deref(), Some("file:///etc/fail2ban/allow.txt"));
        assert_eq!(Listed::File("allow".to_owned()).argument().as_deref(), Some("file:allow"));
        let other = Listed::Other("203.0.113.7".to_owned());
        assert!(!other.is_sendable() && !Listed::File("/a\nb".to_owned()).is_sendable());
        for entry in [file, other] {
            assert!(entry.entry().is_none() && entry.target().is_none(), "{entry}");
        }
    }
}
