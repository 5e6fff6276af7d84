//! The two states: the one that runs, and the one that a configuration asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::jail::{JailName, Reading};

/// A value as a list of texts: a single value is a list of one, a value that is not set an empty list.
pub(crate) type Texts = Vec<String>;

/// Settings by fail2ban's name for them. A value that could not be read says why.
pub(crate) type Settings = BTreeMap<String, Reading<Texts>>;

/// The state of a running fail2ban.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveState {
    /// The daemon's own settings.
    pub server: Settings,
    /// Its jails.
    pub jails: BTreeMap<JailName, LiveJail>,
}

/// The state of one jail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveJail {
    pub settings: Settings,
    pub actions: Reading<Vec<LiveAction>>,
}

/// The state of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAction {
    pub name: String,
    /// Its options, where they were asked for. Options that the configuration does not have are not
    /// read: their value is empty.
    pub(crate) properties: Option<Settings>,
}

/// The state that a configuration asks for, as read from a server of fail2ban's own that was fed
/// with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The version of that fail2ban.
    pub version: String,
    /// The socket that the configuration names.
    pub socket: Option<String>,
    /// The daemon's own settings.
    pub server: BTreeMap<String, Texts>,
    /// The jails, in the order of the configuration.
    pub jails: Vec<ExpectedJail>,
    /// The settings that fail2ban refused.
    pub refusals: Vec<Refusal>,
}

/// The state that a configuration asks for in one jail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedJail {
    pub name: JailName,
    /// The backend that reads its log, as the configuration names it.
    pub(crate) backend: String,
    pub settings: BTreeMap<String, Texts>,
    /// The settings that the configuration assigns; fail2ban keeps the others as they were.
    pub(crate) assigned: BTreeSet<String>,
    pub actions: Vec<ExpectedAction>,
    /// True if fail2ban adds entries to its ignore list at run time.
    pub(crate) takes_ignores: bool,
}

/// The state that a configuration asks for in one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedAction {
    pub name: String,
    /// True if a reload leaves it in the jail. A reload removes an action that is written in
    /// Python.
    pub(crate) survives: bool,
    pub(crate) properties: BTreeMap<String, Texts>,
    /// The options that the configuration assigns or a reload resets.
    pub(crate) assigned: BTreeSet<String>,
    /// The properties that the action computes for itself, which are no options.
    pub(crate) computed: BTreeSet<String>,
}

/// Something in a configuration that fail2ban refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The jail, as the configuration names it; `None` for the daemon's own settings.
    pub jail: Option<String>,
    /// The setting; empty for the jail as a whole.
    pub setting: String,
    /// The reason, in fail2ban's words.
    pub reason: String,
    /// True if the only reason is that none of the jail's logs is there.
    pub is_without_log: bool,
}

impl Expected {
    /// Returns the state that the configuration asks for in `jail`, if it starts that jail.
    #[must_use]
    pub fn jail(&self, jail: &JailName) -> Option<&ExpectedJail> {
        self.jails.iter().find(|expected| expected.name == *jail)
    }

    /// Returns true if fail2ban refused something of `jail`.
    #[must_use]
    pub(crate) fn refuses(&self, jail: &JailName) -> bool {
        self.refusals.iter().any(|refusal| refusal.jail.as_deref() == Some(jail.as_str()))
    }
}

impl Refusal {
    /// Returns true if it is about `jail` or about the daemon itself.
    #[must_use]
    pub(crate) fn concerns(&self, jail: &JailName) -> bool {
        self.jail.as_deref().is_none_or(|own| own == jail.as_str())
    }

    /// Formats it as one line.
    #[must_use]
    pub fn line(&self) -> String {
        let setting = self.setting.strip_prefix("add").unwrap_or(&self.setting);
        match (&self.jail, setting) {
            (Some(jail), "") => format!("Jail '{jail}': {}", self.reason),
            (Some(jail), setting) => format!("Jail '{jail}', {setting}: {}", self.reason),
            (None, "") => self.reason.clone(),
            (None, setting) => format!("{setting}: {}", self.reason),
        }
    }
}
