//! What was found of a jail's protection, why, and what to do.

use crate::domain::jail::JailName;
use crate::domain::lack::Lack;
use crate::domain::protection::{
    Family, FilterLook, Finding, Level, LogFile, LogState, NotLooked, Place, Reason, Sample, SettingFinding,
    Uncovered,
};
use crate::domain::text;
use crate::jail_service::looks::LookStep;
use crate::web::view::format;

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) advice: String,
    /// What was seen, a line each: addresses or lines of a log.
    pub(crate) evidence: Vec<String>,
}

impl Told {
    fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into(), evidence: Vec::new() }
    }

    fn with(self, evidence: Vec<String>) -> Self {
        Self { evidence, ..self }
    }
}

/// The verdict in a few words.
pub(crate) fn verdict(level: Level) -> &'static str {
    match level {
        Level::Works => "works",
        Level::Unknown => "could not be looked at",
        Level::LookAt => "look at this",
        Level::DoesNotProtect => "does not protect",
    }
}

/// A jail that does not protect, or of which something is odd, as the dashboard says it.
pub(crate) fn on_dashboard(jail: &JailName, level: Level) -> String {
    match level {
        Level::DoesNotProtect => format!("{jail} does not protect."),
        Level::Works | Level::Unknown | Level::LookAt => format!("Something about {jail} is odd."),
    }
}

/// The step of a look.
pub(crate) fn step(step: LookStep) -> String {
    match step {
        LookStep::Firewall => "Comparing the bans with the firewall".to_owned(),
        LookStep::Logs => "Looking at the logs and at what listens".to_owned(),
        LookStep::Jail { done, of } => {
            format!("Looking at each jail: {} of {}", format::number(done), format::number(of))
        }
    }
}

/// A place in the firewall.
pub(crate) fn place(place: &Place) -> String {
    match place {
        Place::NftSet { family, table, set } => {
            format!("the nftables set {set} in the table {family} {table}")
        }
        Place::FirewalldRules => "the rules of firewalld".to_owned(),
        Place::Chain { family: Family::V4, chain } => format!("the iptables chain {chain}"),
        Place::Chain { family: Family::V6, chain } => format!("the ip6tables chain {chain}"),
        Place::IpSet { set } => format!("the ipset {set}"),
        Place::Routes => "the routing table".to_owned(),
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
                "fail2ban understands the date in none of {} of its last {}.",
                format::number(look.without_date),
                lines(look.lines)
            ),
            "Set datepattern for this jail to the format of its log, then reload it.",
        ),
        Reason::FromTheFuture(newest) => Told::new(
            format!("A line of its log says {}, which is yet to come.", format::exact(newest)),
            "The service logs in another time zone than fail2ban reads: set logtimezone for the jail.",
        ),
        Reason::FilterNotTried(why) => {
            let why = text::escaped(why);
            Told::new("Whether its filter matches could not be tried.", format!("{}.", capital(&why)))
        }
        Reason::Setting(finding) => setting(finding),
    }
}

fn bans(count: usize) -> String {
    let noun = if count == 1 { "ban" } else { "bans" };
    format!("{} {noun}", format::number(count))
}

fn lines(count: u64) -> String {
    let noun = if count == 1 { "line" } else { "lines" };
    format!("{} {noun}", format::number(count))
}

fn addresses(sample: &Sample) -> Vec<String> {
    let mut named: Vec<String> = sample.first.iter().map(ToString::to_string).collect();
    if sample.count > named.len() {
        named.push(format!("and {} more", format::number(sample.count - named.len())));
    }
    named
}

fn ports(ports: &[u16]) -> String {
    let (noun, list) = (if ports.len() == 1 { "port" } else { "ports" }, ports.iter().map(u16::to_string));
    format!("{noun} {}", list.collect::<Vec<_>>().join(", "))
}

const RESTART: &str =
    "Restart the jail: fail2ban then makes its rules anew and bans the same addresses again.";

fn firewall(action: &str, at: &Place, finding: &Finding) -> Told {
    let place = place(at);
    match finding {
        Finding::Missing(sample) => Told::new(
            format!("{} of the action {action} cannot be found in {place}.", bans(sample.count)),
            RESTART,
        )
        .with(addresses(sample)),
        Finding::LeftOver(sample) => {
            let noun =
                if sample.count == 1 { "address that no jail bans" } else { "addresses that no jail bans" };
            Told::new(format!("Still blocked in {place}: {} {noun}.", format::number(sample.count)), RESTART)
                .with(addresses(sample))
        }
        Finding::NoPlace(count) => {
            Told::new(format!("{}, but {place} does not exist.", capital(&bans(*count))), RESTART)
        }
        Finding::NotHooked => Told::new(
            format!("No packet reaches {place}: no rule leads to it. The action {action} blocks nobody."),
            RESTART,
        ),
        Finding::AcceptedBefore(rule) => Told::new(
            format!("An earlier rule lets packets through before they reach {place}."),
            "Move that rule behind fail2ban's, or restart the jail, which puts its rule first again.",
        )
        .with(vec![rule.clone()]),
        Finding::Ipv4Only(count) => Told::new(
            format!("The action {action} knows only IPv4, so {} of IPv6 block nobody.", bans(*count)),
            "Replace it by an action that knows both, for example nftables-multiport or iptables-multiport of fail2ban \
             1.0 or later.",
        ),
        Finding::NobodyListens(blocked) => Told::new(
            format!("It blocks {}, where nothing listens.", ports(blocked)),
            "Set port of the jail to the port of the service, then reload it.",
        ),
        Finding::Published(published) => Told::new(
            format!("Docker passes {} on to a container before the rule is reached.", ports(published)),
            "Set chain = DOCKER-USER for this jail, then restart it.",
        ),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn not_looked(action: &str, why: &NotLooked) -> Told {
    let at = if action.is_empty() { String::new() } else { format!(" of the action {action}") };
    let what = format!("The firewall{at} could not be looked at.");
    match why {
        NotLooked::UnknownAction | NotLooked::OnlyReports => Told::new(
            format!("BanGUI does not know where the action {action} blocks."),
            "Check by hand that a banned address is really blocked.",
        ),
        NotLooked::OtherNetwork => Told::new(
            what,
            "fail2ban runs in another network than BanGUI or its broker, as in a container. Run them in the same one.",
        ),
        NotLooked::UnknownNetwork => Told::new(
            what,
            "It is not known in which network fail2ban runs. Run BanGUI as root, or behind bangui broker run by root.",
        ),
        NotLooked::Program { program, reason } => {
            Told::new(what, format!("{program} does not tell: {}", text::escaped(reason)))
        }
        NotLooked::Unread => {
            Told::new(what, "fail2ban did not tell what is banned, or what the action does.")
        }
    }
}

fn lacks(lack: Lack) -> Told {
    let advice = "Correct its configuration and reload it.";
    match lack {
        Lack::Filter => Told::new("It has no expression that counts as a failure.", advice),
        Lack::Log => Told::new("It reads no log.", advice),
        Lack::Action => Told::new("A ban runs no action.", advice),
        Lack::Unread => Told::new(
            "fail2ban did not tell what it reads and does.",
            "Look again when fail2ban has less to do.",
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
            Told::new(format!("The log {path} could not be looked at."), text::escaped(reason))
        }
        // It is told with its file.
        LogState::Written { .. } => Told::new(format!("The log {path} is there."), ""),
    }
}

fn matches_nothing(look: &FilterLook) -> Told {
    Told::new(
        format!(
            "Its filter matches none of the last {} of its log, and some look like failed logins.",
            lines(look.lines)
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
    format!("What listens on this machine could not be looked at. {}", told.advice)
}
