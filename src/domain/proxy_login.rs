//! What the web server in front tells of who asks: the headers it does so in, and the groups that give a role.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::account::{AccountName, Role};
use super::text::{is_hidden, truncate};

/// The longest name of a group, in characters.
const LONGEST_GROUP: usize = 128;
/// The longest name of a header, in bytes.
const LONGEST_HEADER: usize = 64;

/// Characters between two groups of a header: Authelia and oauth2-proxy write the first, Authentik the second.
const BETWEEN_GROUPS: [char; 2] = [',', '|'];

/// Headers that browsers write by themselves, or that mean something else already.
const TAKEN: [&str; 18] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "origin",
    "referer",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-csrf-token",
    "x-forwarded-for",
    "x-forwarded-proto",
];

/// The name of a header that a web server in front writes, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField(String);

/// Error for a text that names no such header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write the name of a header that nothing but the web server in front writes, like Remote-User")]
pub struct HeaderFieldError;

impl HeaderField {
    /// The name, in lower case.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HeaderField {
    type Err = HeaderFieldError;

    /// Takes no underscore: web servers take it for a hyphen, and one of both may come from the browser.
    fn from_str(text: &str) -> Result<Self, HeaderFieldError> {
        let name = text.to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_free =
            !TAKEN.contains(&name.as_str()) && !name.starts_with("sec-") && !name.starts_with("hx-");
        if (1..=LONGEST_HEADER).contains(&name.len()) && name.bytes().all(is_plain) && is_free {
            Ok(Self(name))
        } else {
            Err(HeaderFieldError)
        }
    }
}

/// The name of a group of the web server in front. Compared exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(String);

/// Error for a text that names no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a group has 1 to 128 characters, none of them a comma or |, and no space at either end")]
pub struct GroupError;

impl Group {
    /// Returns true if it is among those that a header lists.
    pub(crate) fn is_in(&self, listed: &str) -> bool {
        listed.split(BETWEEN_GROUPS).any(|one| one.trim() == self.0)
    }
}

impl FromStr for Group {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let is_plain = |c: char| !BETWEEN_GROUPS.contains(&c) && !c.is_control() && !is_hidden(c);
        let is_short = (1..=LONGEST_GROUP).contains(&text.chars().count());
        if is_short && text.trim() == text && text.chars().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(GroupError)
        }
    }
}

/// The most characters of a name that is refused that are shown.
const LONGEST_SHOWN: usize = 40;

/// A name that the web server in front sent and that is none here, as it may be shown: nothing but ASCII, so that it
/// looks like no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedName(String);

impl RefusedName {
    /// Of the bytes of a header.
    pub(crate) fn new(sent: &[u8]) -> Self {
        let text = String::from_utf8_lossy(sent);
        Self(truncate(&text, LONGEST_SHOWN).replace('…', "...").escape_default().to_string())
    }
}

impl fmt::Display for RefusedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the name of somebody whom the web server in front has logged in. Of the letters that accounts may have, only
/// those of ASCII: what somebody may choose in another directory must not look like another's name here.
pub(crate) fn name_from_proxy(sent: &str) -> Result<AccountName, RefusedName> {
    let name = sent.parse().ok().filter(|_| sent.is_ascii());
    name.ok_or_else(|| RefusedName::new(sent.as_bytes()))
}

/// Somebody whom the web server in front has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyIdentity {
    /// Their name there.
    pub(crate) name: AccountName,
    /// The highest role that their groups give.
    pub(crate) role: Role,
}

impl ProxyIdentity {
    /// Returns true if that is the account `name`, to the letter: elsewhere two names that differ in case may be two
    /// people.
    pub(crate) fn is(&self, name: &AccountName) -> bool {
        self.name == *name
    }
}

/// Reason why somebody whom the web server in front names does not get in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ProxyRefusal {
    /// A header came several times.
    #[error("a header came several times")]
    Twice(HeaderField),
    /// What it names cannot be an account.
    #[error("no account name")]
    NoName(RefusedName),
    /// None of the groups gives a role.
    #[error("no group that gives a role")]
    NoGroup(AccountName),
    /// There is an account with a password of that name.
    #[error("a local account has that name")]
    LocalAccount(AccountName),
    /// Its name differs only in case from an account that the web server in front logs in.
    #[error("another account has that name in another case")]
    OtherCase {
        /// The name that came.
        sent: AccountName,
        /// The account's.
        known: AccountName,
    },
    /// The account was disabled here.
    #[error("the account is disabled")]
    Disabled(AccountName),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_one_that_no_browser_writes() {
        let name = |text: &str| text.parse::<HeaderField>().map(|field| field.to_string());
        assert_eq!(name("Remote-User").as_deref(), Ok("remote-user"));
        assert_eq!(name("X-authentik-groups").as_deref(), Ok("x-authentik-groups"));
        for bad in
            ["", "Remote_User", "Remote User", "Remote-User:", "Cookie", "X-Forwarded-For", "Sec-User", "é"]
        {
            assert_eq!(name(bad), Err(HeaderFieldError), "{bad}");
        }
    }

    #[test]
    fn a_name_has_letters_that_look_like_no_others() {
        for name in ["alice", "Alice", "a.b-c_d@example.org", "7"] {
            assert_eq!(name_from_proxy(name).map(|name| name.to_string()).as_deref(), Ok(name));
        }
        for (name, shown) in [
            ("\u{430}lice", r"\u{430}lice"),
            ("a\u{202e}b", r"a\u{202e}b"),
            ("a\tb", r"a\tb"),
            ("", ""),
            ("a\"b", r#"a\"b"#),
        ] {
            assert_eq!(name_from_proxy(name), Err(RefusedName(shown.to_owned())));
        }
        let long = RefusedName::new("x".repeat(9_000).as_bytes()).to_string();
        assert!(long.len() < 50 && long.ends_with("x..."), "{long}");
        assert_eq!(RefusedName::new(b"a\xff").to_string(), r"a\u{fffd}");
    }

    #[test]
    fn a_group_is_found_as_a_whole_in_either_list() -> Result<(), GroupError> {
        let group: Group = "ban admins".parse()?;
        for listed in ["ban admins", "users,ban admins", "users, ban admins ,x", "users|ban admins"] {
            assert!(group.is_in(listed), "{listed}");
        }
        for listed in ["", "ban", "admins", "ban adminsx", "Ban Admins", "ban,admins", "users;ban admins"] {
            assert!(!group.is_in(listed), "{listed}");
        }
        for bad in ["", " a", "a ", "a,b", "a|b", "a\nb", &"x".repeat(129)] {
            assert_eq!(bad.parse::<Group>(), Err(GroupError), "{bad:?}");
        }
        Ok(())
    }
}
