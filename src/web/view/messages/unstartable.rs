//! Jails that cannot be started from here.

use crate::jail_service::Unstartable;

use super::Explain;

/// Explains that it cannot be started again, and why.
impl Explain for Unstartable {
    fn explain(&self) -> String {
        let why = match self {
            Self::Unreadable(unread) => unread.explain(),
            Self::NotConfigured => "the configuration that BanGUI reads does not enable it".to_owned(),
            Self::OtherVersion { program, daemon } => {
                format!("fail2ban-client is {program}, but the running daemon is {daemon}")
            }
        };
        format!("It cannot be started again from here: {why}.")
    }
}

/// Returns the reason, in a few words for a list.
pub(crate) fn in_short(why: &Unstartable) -> &'static str {
    match why {
        Unstartable::Unreadable(_) => "the configuration cannot be read",
        Unstartable::NotConfigured => "not in the configuration that BanGUI reads",
        Unstartable::OtherVersion { .. } => "fail2ban-client is of another version",
    }
}

/// Returns advice on how to bring it back.
pub(crate) fn what_to_do(why: &Unstartable) -> &'static str {
    match why {
        Unstartable::Unreadable(_) => {
            "Correct fail2ban's configuration, or start BanGUI with the right --fail2ban-config."
        }
        Unstartable::NotConfigured => {
            "Enable it in fail2ban's configuration, or start BanGUI with the right --fail2ban-config."
        }
        Unstartable::OtherVersion { .. } => {
            "Restart fail2ban so that the installed version runs, or give BanGUI the fail2ban-client that belongs to the daemon."
        }
    }
}
