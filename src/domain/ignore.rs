//! Ignore lists: the entries that a jail never bans, as people name them and as fail2ban lists
//! them.

pub(crate) mod everywhere;
pub(crate) mod listed;
pub(crate) mod oddity;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::Target;
use super::host::HostName;
use super::jail::JailName;
use super::text::{self, truncate};

pub(crate) use everywhere::EverywhereEntry;
pub(crate) use listed::Listed;

/// An entry that a person puts on an ignore list. Always in normal form: a host name is in small
/// letters and without the dot at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum IgnoreEntry {
    /// An address or a network.
    Target(Target),
    /// A host name, which fail2ban looks up whenever it compares (`fail2ban/server/ipdns.py`).
    Host(String),
}

/// Reason why a text cannot be put on an ignore list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IgnoreEntryError {
    /// Nothing was written.
    #[error("no address, network or host name was written")]
    Empty,
    /// It was read as none of them. Holds the text, shortened.
    #[error("{0:?} is no address, network or host name")]
    Unreadable(String),
    /// The network of all addresses. fail2ban would list it as `0.0.0.0` or `::`, and could not
    /// remove it by that name (`fail2ban/server/ipdns.py`).
    #[error("the network of all addresses")]
    Everybody,
}

impl FromStr for IgnoreEntry {
    type Err = IgnoreEntryError;

    fn from_str(text: &str) -> Result<Self, IgnoreEntryError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IgnoreEntryError::Empty);
        }
        match text.parse() {
            Ok(Target::Network(network)) if network.prefix_len() == 0 => {
                return Err(IgnoreEntryError::Everybody);
            }
            Ok(target) => return Ok(Self::Target(target)),
            Err(_) => {}
        }
        match text.parse() {
            Ok(HostName::Name(host)) => Ok(Self::Host(host)),
            // An address in another spelling, as `10.1`, which fail2ban would ask the DNS for.
            Ok(HostName::Address(_)) | Err(_) => Err(IgnoreEntryError::Unreadable(truncate(text, 60))),
        }
    }
}

impl IgnoreEntry {
    /// The address or network, if it is one.
    #[must_use]
    pub(crate) fn target(&self) -> Option<Target> {
        match self {
            Self::Target(target) => Some(*target),
            Self::Host(_) => None,
        }
    }
}

impl TryFrom<String> for IgnoreEntry {
    type Error = IgnoreEntryError;

    fn try_from(text: String) -> Result<Self, IgnoreEntryError> {
        text.parse()
    }
}

impl From<IgnoreEntry> for String {
    fn from(entry: IgnoreEntry) -> Self {
        match entry {
            IgnoreEntry::Target(target) => target.into(),
            IgnoreEntry::Host(host) => host,
        }
    }
}

impl fmt::Display for IgnoreEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => target.fmt(f),
            Self::Host(host) => f.write_str(host),
        }
    }
}

/// A person's remark about a kept entry: at most 200 characters of one line, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Note(String);

/// Error for a text that is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no line of at most 200 characters")]
pub(crate) struct NoteError;

impl Note {
    /// The text; empty where there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let text = text.trim();
        let is_note = text.chars().count() <= 200 && text::is_safe_argument(text);
        if is_note { Ok(Self(text.to_owned())) } else { Err(NoteError) }
    }
}

/// Kept entries that are not in force in their jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotInForce {
    /// The entries.
    pub entries: Vec<IgnoreEntry>,
    /// The cause.
    pub cause: NotInForceCause,
}

/// Cause why a kept entry is not in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NotInForceCause {
    /// The list names a file, and a fail2ban of this version adds nothing beside one
    /// (`fail2ban/server/ipdns.py`, `FileIPAddrSet.__eq__`).
    BesideFile {
        /// The version, as `1.1.1`.
        version: String,
    },
    /// fail2ban refused it, in these words.
    Refused(String),
    /// fail2ban took it, and does not list it.
    NotListed,
}

/// An entry that is put back whenever fail2ban has forgotten it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptEntry {
    /// The jail whose ignore list it belongs to.
    pub jail: JailName,
    /// The entry that is ignored.
    pub entry: IgnoreEntry,
    /// The reason, if one was given.
    pub note: Note,
    /// The last day on which it is kept; `None` for no end.
    pub until: Option<Date>,
    /// The name of the account that keeps it.
    pub by: String,
}

impl KeptEntry {
    /// Returns true if its last day has passed on the day `today`.
    #[must_use]
    pub(crate) fn has_ended(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_written_in_its_normal_form() {
        for (written, normal) in [
            (" 203.0.113.7/24 ", "203.0.113.0/24"),
            ("2001:DB8::0:1", "2001:db8::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("Home.Example.ORG.", "home.example.org"),
            ("localhost", "localhost"),
            ("a_b.xn--bcher-kva.example", "a_b.xn--bcher-kva.example"),
            ("1.example", "1.example"),
        ] {
            assert_eq!(written.parse::<IgnoreEntry>().map(|e| e.to_string()).as_deref(), Ok(normal));
        }
    }

    #[test]
    fn what_is_no_address_network_or_host_name_is_refused() {
        let (long_label, long_name) = ("x".repeat(64), "x.".repeat(127) + "xx");
        for text in [
            "",
            " ",
            "--all",
            "-a.example",
            "a-.example",
            "a..b",
            ".",
            "1.2.3",
            "0x7f000001",
            "[::1]",
            "203.0.113.0/33",
            "example.org/24",
            "two words",
            "x;touch y",
            "bücher.example",
            "a<F2B_END_COMMAND>",
            "0.0.0.0/0",
            "::/0",
            "file:/etc/passwd",
            &long_label,
            &long_name,
        ] {
            assert!(text.parse::<IgnoreEntry>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_kept_entry_ends_after_its_last_day() -> Result<(), Box<dyn std::error::Error>> {
        let mut kept = KeptEntry {
            jail: "sshd".parse()?,
            entry: "203.0.113.7".parse()?,
            note: Note::default(),
            until: Some("2026-12-01".parse()?),
            by: "ann".to_owned(),
        };
        assert!(!kept.has_ended("2026-12-01".parse()?));
        assert!(kept.has_ended("2026-12-02".parse()?));
        kept.until = None;
        assert!(!kept.has_ended("9999-12-31".parse()?));
        Ok(())
    }

    #[test]
    fn a_note_is_one_short_line() {
        assert!(" the office ".parse::<Note>().is_ok_and(|note| note.as_str() == "the office"));
        assert!("".parse::<Note>().is_ok());
        assert!("a\nb".parse::<Note>().is_err() && "é".repeat(201).parse::<Note>().is_err());
    }
}
