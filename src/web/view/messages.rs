//! Words for people: the one place that turns what the layers below tell, as types, into sentences. Later it may
//! be another language, or JSON.
//!
//! The words for a request that failed as a whole are in [`crate::web::problem::description`].

pub(crate) mod action_failures;
pub(crate) mod audit_actions;
pub(crate) mod audit_rows;
pub(crate) mod audit_sentences;
pub(crate) mod bans;
pub(crate) mod bulk;
pub(crate) mod dashboard;
pub(crate) mod everywhere;
pub(crate) mod failed_actions;
pub(crate) mod filter_trial;
pub(crate) mod forms;
pub(crate) mod geo;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod in_jails;
pub(crate) mod job;
pub(crate) mod own_account;
pub(crate) mod protection;
pub(crate) mod proxy_login;
pub(crate) mod unstartable;

use std::str::FromStr;

use crate::domain::action_failure::{CommandEnd, FailureCause};
use crate::domain::ignore::oddity::Oddity;
use crate::domain::ignore::{NotInForce, NotInForceCause};
use crate::domain::jail::{JailName, JailNameError, Unread, UnusableReason};
use crate::domain::lookup::NoHistory;
use crate::domain::text::printable;
use crate::fail2ban;
use crate::jail_service;
use crate::jail_service::ConfigurationUnread;

/// A value of the layers below that can be explained to the user.
pub(crate) trait Explain {
    /// Returns it in words: a sentence, or part of one where it stands inside another.
    fn explain(&self) -> String;
}

/// `cause` in words. Templates call this.
pub(crate) fn explain(cause: &impl Explain) -> String {
    cause.explain()
}

/// Parses an input, or explains what is wrong with it.
pub(crate) fn parse<T: FromStr<Err: Explain>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.explain())
}

impl<T: Explain> Explain for &T {
    fn explain(&self) -> String {
        (**self).explain()
    }
}

impl Explain for Unread {
    fn explain(&self) -> String {
        match self {
            Self::Refused(words) => format!("fail2ban refused: {words}"),
            Self::Unreadable(what) => format!("fail2ban's answer could not be read: {what}"),
            Self::Unanswered => "fail2ban's answer could not be read".to_owned(),
            Self::NotAsked => {
                "not asked for: this is an action in Python, and fail2ban cannot send each of its values"
                    .to_owned()
            }
        }
    }
}

impl Explain for UnusableReason {
    fn explain(&self) -> String {
        match self {
            Self::Name(JailNameError::Empty) => "A jail has a name.",
            Self::Name(JailNameError::TooLong) => "Its name is longer than 1,000 characters.",
            Self::Name(JailNameError::Unsafe) => {
                "Its name contains a control character or the end marker of fail2ban's messages."
            }
            Self::Name(JailNameError::Reserved) => {
                "fail2ban takes its name for one of its own settings or options."
            }
            Self::Ambiguous => "fail2ban lists jails separated by commas, and no jail of this name answers.",
        }
        .to_owned()
    }
}

impl Explain for ConfigurationUnread {
    fn explain(&self) -> String {
        match self {
            Self::Unanswered => "BanGUI's broker does not answer",
            Self::NotInstalled => "fail2ban-client is not installed where BanGUI runs",
            Self::Late => "fail2ban-client did not read the configuration in time",
            Self::Failed => "fail2ban-client cannot read the configuration",
        }
        .to_owned()
    }
}

impl Explain for NoHistory {
    fn explain(&self) -> String {
        match self {
            Self::SwitchedOff => "fail2ban's database is switched off, so there is no ban history.",
            Self::InMemory => "fail2ban keeps its database in its own memory, where nobody else can read it.",
            Self::NotTold => "fail2ban did not say which database it uses.",
            Self::Missing => {
                "fail2ban's database is not where fail2ban says it is. If fail2ban runs in a container, BanGUI needs its directory too."
            }
            Self::Denied => {
                "BanGUI is not allowed to read fail2ban's database. By default only fail2ban's own user can."
            }
            Self::Locked => "fail2ban's database is locked, because another program is writing to it. Try again in a moment.",
            Self::Damaged => {
                "fail2ban's database is damaged and cannot be read. fail2ban tries to repair it when it starts again."
            }
            Self::Unreadable => "fail2ban's database could not be read. BanGUI's log says why.",
        }
        .to_owned()
    }
}

/// Explains an entry of an ignore list that is hardly intended, or is no text.
impl Explain for Oddity {
    fn explain(&self) -> String {
        match self {
            Self::Comment => {
                "This is not a comment: a comment needs a line of its own, or a semicolon before it. fail2ban looks this up in the DNS as a host name whenever there are failures."
            }
            Self::EveryIpv4 => {
                "This may stand for every IPv4 address: fail2ban lists 0.0.0.0/0 in the same way. Then the jail bans no IPv4 address."
            }
            Self::EveryIpv6 => {
                "This may stand for every IPv6 address: fail2ban lists ::/0 in the same way. Then the jail bans no IPv6 address."
            }
            Self::Word => {
                "This is not an address: fail2ban looks it up in the DNS as a host name whenever there are failures."
            }
            Self::File => {
                "The entries of a file, which cannot be judged here. fail2ban 1.1.1 takes no further entry while it is on the list."
            }
            Self::NoText => "This is no text, so what it ignores is not known here.",
        }
        .to_owned()
    }
}

impl Explain for NotInForceCause {
    fn explain(&self) -> String {
        match self {
            Self::BesideFile { version } => format!("fail2ban {version} cannot add entries beside a file"),
            Self::Refused(words) => format!("fail2ban refused: {words}"),
            Self::NotListed => "fail2ban took them, but does not list them".to_owned(),
        }
    }
}

/// The kept entries that are not in force in `jail`, and why, in a sentence. With `is_now` false: that will not be.
pub(crate) fn not_in_force(jail: &JailName, found: &NotInForce, is_now: bool) -> String {
    let entries: Vec<String> = found.entries.iter().map(ToString::to_string).collect();
    let is = match (is_now, entries.len()) {
        (true, 1) => "is not",
        (true, _) => "are not",
        (false, _) => "will not be",
    };
    let (entries, why) = (entries.join(", "), found.cause.explain());
    format!("{entries}, kept by BanGUI, {is} in force in {}: {why}.", printable(jail.as_str()))
}

impl Explain for FailureCause {
    fn explain(&self) -> String {
        let Self::Command { end, errors } = self else { return "the reason is in fail2ban's log".to_owned() };
        let end = match end {
            CommandEnd::NotRun => "its command could not be run".to_owned(),
            CommandEnd::Returned(status) => format!("its command returned {status}"),
            CommandEnd::Killed(signal) => format!("its command was killed with {signal}"),
            CommandEnd::TimedOut(time) => format!("its command took longer than {time}"),
        };
        if errors.is_empty() { end } else { format!("{end}: “{}”", errors.join(" / ")) }
    }
}

/// Explains why one part of a page could not be read or changed, where the rest of it stands.
impl Explain for jail_service::Error {
    fn explain(&self) -> String {
        match self {
            Self::Daemon(fail2ban::Error::Refused { message, .. }) => format!("fail2ban refused: {message}"),
            Self::Storage(_) => "BanGUI's own database failed.".to_owned(),
            _ => "fail2ban gave no answer that could be read.".to_owned(),
        }
    }
}
