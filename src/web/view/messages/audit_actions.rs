//! The actions of the audit in words.

use crate::domain::broker_change::compare::{EXPIRED, PUT_BACK, REMOVED_LATER};
use crate::domain::timed_ban;

use super::audit_rows::PROTECTION_WORSE;

/// What follows the verb.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object {
    Nothing,
    /// The names, and the jail that they are in.
    Names,
    /// Bans by their keys, or what else was chosen.
    Bans,
    Jail,
    Account,
    /// Every field with its value.
    Fields,
}

use Object::{Account, Bans, Fields, Jail, Names, Nothing};

/// What was done, the same where it was only asked for, and on what. Of an action with a switch there is another line
/// for `off`.
pub(crate) const ACTIONS: &[(&str, &str, &str, Object)] = &[
    ("ban", "Banned", "Ban", Names),
    ("ban again", "Banned again:", "Ban again:", Bans),
    ("unban", "Unbanned", "Unban", Names),
    ("unban many", "Unbanned", "Unban", Bans),
    ("ask to ban networks", "Asked about banning networks around", "Ask about banning networks around", Bans),
    ("unban all", "Unbanned everything", "Unban everything", Nothing),
    ("quick unban", "Unbanned", "Unban", Names),
    (timed_ban::PROLONGED, "Prolonged the ban of", "Prolong the ban of", Names),
    (timed_ban::BANNED_AGAIN, "Banned again", "Ban again", Names),
    (timed_ban::ENDED, "Lifted the ban that has ended:", "Lift the ban that has ended:", Names),
    (
        timed_ban::FORGOTTEN,
        "Forgot the ban that was lifted elsewhere:",
        "Forget the ban that was lifted elsewhere:",
        Names,
    ),
    ("end timed ban", "Ended the waiting ban of", "End the waiting ban of", Names),
    ("ignore", "Ignored", "Ignore", Names),
    ("remove ignore entry", "Stopped ignoring", "Stop ignoring", Names),
    ("stop keeping ignore entry", "Stopped keeping the entry", "Stop keeping the entry", Names),
    (PUT_BACK, "Restored the kept entry", "Restore the kept entry", Names),
    (EXPIRED, "Removed the expired entry", "Remove the expired entry", Names),
    ("ignore everywhere", "Ignored in all jails:", "Ignore in all jails:", Names),
    (
        "remove ignore entry everywhere",
        "Stopped ignoring in all jails:",
        "Stop ignoring in all jails:",
        Names,
    ),
    (REMOVED_LATER, "Finished removing", "Finish removing", Names),
    ("ignore self", "Ignored the server’s own addresses in", "Ignore the server’s own addresses in", Jail),
    (
        "ignore self off",
        "Stopped ignoring the server’s own addresses in",
        "Stop ignoring the server’s own addresses in",
        Jail,
    ),
    (PROTECTION_WORSE, "Found that protection got worse in", "Find that protection got worse in", Jail),
    ("reload jail", "Reloaded", "Reload", Jail),
    ("start jail", "Started", "Start", Jail),
    ("restart jail", "Restarted", "Restart", Jail),
    ("stop jail", "Stopped", "Stop", Jail),
    ("idle jail", "Made idle:", "Make idle:", Jail),
    ("idle jail off", "Woke", "Wake", Jail),
    ("reveal secrets", "Revealed the secrets of an action of", "Reveal the secrets of an action of", Jail),
    ("reload all jails", "Reloaded all jails", "Reload all jails", Nothing),
    ("start fail2ban", "Started fail2ban", "Start fail2ban", Nothing),
    ("restart fail2ban", "Restarted fail2ban", "Restart fail2ban", Nothing),
    ("change server settings", "Changed server settings:", "Change server settings:", Fields),
    ("flush logs", "Flushed the logs", "Flush the logs", Nothing),
    ("ask for a name", "Looked up the host name of", "Look up the host name of", Names),
    ("empty geo cache", "Emptied the geo cache", "Empty the geo cache", Nothing),
    ("resolve geo failures again", "Retried failed geo look-ups", "Retry failed geo look-ups", Nothing),
    ("log in", "Logged in", "Log in", Nothing),
    ("log in with passkey", "Logged in with a passkey", "Log in with a passkey", Nothing),
    ("second factor", "Gave the second factor", "Give the second factor", Nothing),
    ("log out", "Logged out", "Log out", Nothing),
    ("look", "Opened", "Open", Names),
    ("create first account", "Created the first account:", "Create the first account:", Account),
    ("add account", "Added the account", "Add the account", Account),
    ("change role", "Changed the role of", "Change the role of", Account),
    ("disable account", "Disabled the account", "Disable the account", Account),
    ("disable account off", "Enabled the account", "Enable the account", Account),
    ("delete account", "Deleted the account", "Delete the account", Account),
    ("reset account", "Reset the account", "Reset the account", Account),
    ("end sessions of account", "Ended all sessions of", "End all sessions of", Account),
    (
        "require second factor",
        "Changed who needs a second factor:",
        "Change who needs a second factor:",
        Fields,
    ),
    ("change own password", "Changed their password", "Change their password", Nothing),
    (
        "turn second factor on",
        "Turned on two-factor authentication",
        "Turn on two-factor authentication",
        Nothing,
    ),
    (
        "turn second factor off",
        "Turned off two-factor authentication",
        "Turn off two-factor authentication",
        Nothing,
    ),
    ("make recovery codes", "Created recovery codes", "Create recovery codes", Nothing),
    ("begin to add passkey", "Began to add a passkey", "Begin to add a passkey", Nothing),
    ("add passkey", "Added a passkey", "Add a passkey", Nothing),
    ("remove passkey", "Removed a passkey", "Remove a passkey", Nothing),
    ("end own session", "Ended one of their sessions", "End one of their sessions", Nothing),
    ("end own other sessions", "Ended their other sessions", "End their other sessions", Nothing),
    ("dismiss notices", "Dismissed notices", "Dismiss notices", Nothing),
    ("report a stranger", "Reported a stranger", "Report a stranger", Nothing),
];
