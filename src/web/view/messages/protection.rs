//! What was found of a jail's protection, why, and what to do.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::domain::jail::JailName;
use crate::domain::lack::Lack;
use crate::domain::protection::{
    FilterLook, JailProtection, Level, LogFile, LogState, NotLooked, Reason, SettingFinding, Uncovered,
};
use crate::domain::text;
use crate::jail_service::looks::LookStep;
use crate::web::view::format;

use super::explain;

use firewall::{firewall, not_looked};
use told::{Told, capital, ports};

mod firewall;
mod told;

pub(crate) use firewall::place;

/// The verdict in a few words.
pub(crate) fn verdict(level: Level) -> &'static str {
    match level {
        Level::Works => "works",
        Level::Unknown => "could not be checked",
        Level::LookAt => "look at this",
        Level::DoesNotProtect => "does not protect",
    }
}

/// A jail that did not protect at a check, or of which something was odd, as the dashboard says it.
pub(crate) fn on_dashboard(jail: &JailName, level: Level, at: &Timestamp, now: &Timestamp) -> String {
    let at = format::clock(at, now);
    match level {
        Level::DoesNotProtect => format!("{jail} did not protect when it was checked at {at}."),
        Level::Works | Level::Unknown | Level::LookAt => {
            format!("Something about {jail} was odd when it was checked at {at}.")
        }
    }
}

/// What a verdict rests on, a line each.
pub(crate) fn evidence(jail: &JailProtection) -> Vec<String> {
    let held = jail.places.iter().filter(|look| look.bans > 0).map(|look| {
        let (held, bans, place) = (format::number(look.held), format::number(look.bans), place(&look.place));
        format!("{}: {held} of {bans} bans are in {place}.", look.action)
    });
    let mut lines: Vec<String> = held.collect();
    if lines.is_empty() && !jail.places.is_empty() {
        lines.push("Nobody is banned now, so there is nothing to find in the firewall.".to_owned());
    }
    for file in &jail.files {
        if let LogState::Written { size, last, .. } = &file.state {
            let (size, last) = (format::bytes(*size), format::exact(last));
            lines.push(format!("{}: {size}, last written {last}.", file.path));
        }
    }
    lines.extend(jail.filter.as_ref().map(|filter| match filter.lines {
        0 => "Its log is empty.".to_owned(),
        read => {
            format!("Its filter matches {} of the last {}.", format::number(filter.matched), lines_of(read))
        }
    }));
    lines
}

/// Jails that could ban whoever looks.
pub(crate) fn could_ban(client: IpAddr, jails: usize, of: usize) -> String {
    let verb = if jails == 1 { "does" } else { "do" };
    let (jails, of) = (format::number(jails), format::number(of));
    format!(
        "{jails} of {of} jails {verb} not ignore your address, {client}. Mistyping a password could ban you."
    )
}

/// The step of a look.
pub(crate) fn step(step: LookStep) -> String {
    match step {
        LookStep::Firewall => "Comparing the bans with the firewall".to_owned(),
        LookStep::Logs => "Checking the logs and what listens".to_owned(),
        LookStep::Filters => "Trying each filter on its log".to_owned(),
        LookStep::Settings => "Checking the settings".to_owned(),
    }
}

/// A reason: what, and what to do.
pub(crate) fn reason(reason: &Reason) -> Told {
    match reason {
        Reason::Firewall { action, place, finding } => firewall(action, place, finding),
        Reason::NotLooked { action, why } => not_looked(action, why),
        Reason::OnlyReports => Told::new(
            "Its actions only report bans and block nobody.",
            "Give it an action that blocks, for example banaction = nftables-multiport.",
        ),
        Reason::Lacks(lack) => lacks(*lack),
        Reason::Log(file) => log(file),
        Reason::Silent { path, since } => Told::new(
            format!("Nothing has been written to {path} since {}.", format::exact(since)),
            "Check that the service runs and that it logs to this file.",
        ),
        Reason::RotatedAway { path, instead } => Told::new(
            format!("The service still writes to {instead}, and fail2ban reads {path}."),
            "Have the service reopen its log: restart it, and check postrotate in its logrotate file.",
        ),
        Reason::MatchesNothing(look) => matches_nothing(look),
        Reason::DatesUnknown(look) => Told::new(
            format!(
                "fail2ban does not understand the dates of {} of its last {}.",
                format::number(look.without_date),
                lines_of(look.lines)
            ),
            "Set datepattern for this jail to the format of its log, then reload it.",
        ),
        Reason::FromTheFuture(newest) => Told::new(
            format!("A line of its log says {}, which is yet to come.", format::exact(newest)),
            "The service logs in another time zone than fail2ban reads: set logtimezone for the jail.",
        ),
        Reason::Behind { path, seconds } => Told::new(
            format!(
                "The last line of {path} says that it is {} older than the file.",
                format::seconds(seconds.unsigned_abs())
            ),
            "The service seems to log in another time zone than fail2ban reads: set logtimezone for the jail.",
        ),
        Reason::FilterNotTried(why) => Told::new("Its filter could not be tried.", explain(why)),
        Reason::NoTrial(why) => {
            let why = capital(&text::escaped(why));
            Told::new("Its filter could not be tried by fail2ban's own code.", format!("{why}."))
        }
        Reason::Setting(finding) => setting(finding),
    }
}

fn lines_of(count: u64) -> String {
    let noun = if count == 1 { "line" } else { "lines" };
    format!("{} {noun}", format::number(count))
}

fn lacks(lack: Lack) -> Told {
    let advice = "Correct its configuration and reload it.";
    match lack {
        Lack::Filter => Told::new("It has no expression that counts as a failure.", advice),
        Lack::Log => Told::new("It reads no log.", advice),
        Lack::Action => Told::new("A ban runs no action.", advice),
        Lack::Unread => Told::new(
            "fail2ban did not say what it reads and does.",
            "Check again when fail2ban is less busy.",
        ),
    }
}

fn log(file: &LogFile) -> Told {
    let path = &file.path;
    match &file.state {
        LogState::Gone => Told::new(
            format!("The log {path} does not exist."),
            "Correct logpath, or have the service write there, then reload the jail.",
        ),
        LogState::NoFile => Told::new(
            format!("{path} is not a file, so fail2ban cannot read it as a log."),
            "Correct logpath, then reload the jail.",
        ),
        LogState::Unreadable(reason) => {
            Told::new(format!("The log {path} could not be checked."), text::escaped(reason))
        }
        // It is told with its file.
        LogState::Written { .. } => Told::new(format!("The log {path} is there."), ""),
    }
}

fn matches_nothing(look: &FilterLook) -> Told {
    Told::new(
        format!(
            "Its filter matches none of the last {} of its log, and some look like failed logins.",
            lines_of(look.lines)
        ),
        "Compare its expressions with these lines: a newer version of the service may log in other words.",
    )
    .with(look.suspicious.clone())
}

fn setting(finding: &SettingFinding) -> Told {
    let length = |seconds: u64| format::seconds(seconds);
    match finding {
        SettingFinding::IgnoresEverybody => Told::new(
            "Its ignore list may cover every address, so it bans nobody.",
            "Remove the entry from its ignore list.",
        ),
        SettingFinding::ReadsAnotherLog { path, target } => Told::new(
            format!("It reads {path}, but fail2ban writes its log to {target}."),
            "Give the jail the log that fail2ban writes, or set logtarget in fail2ban.local to that file.",
        ),
        SettingFinding::BanShorterThanFind { ban, find } => Told::new(
            format!(
                "A ban lasts {}, which is less than the {} in which failures are counted.",
                length(*ban),
                length(*find)
            ),
            "Set bantime to at least findtime.",
        ),
        SettingFinding::LooksUpNames => Told::new(
            "It bans whatever address the DNS gives for a name in the log.",
            "Set usedns = no: whoever controls a name chooses which address is banned.",
        ),
        SettingFinding::UnknownNames(names) => Told::new(
            "The DNS does not know a name on its ignore list.",
            "Correct or remove it: nobody is ignored by it.",
        )
        .with(names.clone()),
        SettingFinding::BansItself(own) => Told::new(
            "It bans an address of this machine: the service sees a proxy in place of its visitors.",
            "Have the service log the visitor's address, and put the proxy on the ignore list.",
        )
        .with(own.iter().map(ToString::to_string).collect()),
    }
}

/// A service without a jail.
pub(crate) fn uncovered(service: &Uncovered) -> String {
    let Uncovered { listener, jail } = service;
    format!(
        "{} listens on {}. The jail {jail} would watch it.",
        text::escaped(&listener.program),
        ports(&listener.ports)
    )
}

/// Why the services that listen are not known.
pub(crate) fn listeners_not_known(why: &NotLooked) -> String {
    let told = not_looked("", why);
    format!("What listens on this machine could not be checked. {}", told.advice)
}
