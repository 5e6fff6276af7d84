//! Values that the seeds are made of.

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ban::Ban;
use crate::domain::broker_change::{BrokerChange, ChangeEnd, ChangeRecord, Operation};
use crate::domain::daemon_clock::{DaemonClock, DaemonZone, ZoneSource};
use crate::domain::filter_trial::{
    BrokenLines, Expressions, FilterQuestion, FilterTrial, Finding, LineOutcome, LogFault, TrialLines,
    TriedExpressions, TriedLine, TriedLog, Untried,
};
use crate::domain::ignore::Listed;
use crate::domain::jail::{JailStatus, Length, Source, Unread};
use crate::domain::jail_detail::{Action, DatePattern, Growth, JailDetail, Property};
use crate::domain::lookup::{Evidence, History, NoEvidence, PastBan};
use crate::domain::protection::{
    FilterLook, Finding as FirewallFinding, JailFilter, JailFirewall, JailLogs, LogFile, LogState, NotLooked,
    Place, PlaceLook, Sample,
};
use crate::domain::traces::{LogTraces, LoggedFailure};
use crate::fail2ban::database::new_bans::RowId;
use crate::fail2ban::database::recorded::RecordedRow;
use crate::fail2ban::database::written::WrittenBans;
use crate::fail2ban::server_log::bans::{LoggedBan, LoggedChange};
use crate::fail2ban::server_log::old::{LogPart, LogPlace};

pub(super) type Made<T> = Result<T, Box<dyn std::error::Error>>;

pub(super) fn changes() -> ChangeRecord {
    let change = BrokerChange {
        number: 7,
        at: Timestamp::UNIX_EPOCH,
        user: Some(998),
        process: Some(4711),
        operation: Operation::Unban,
        jail: Some("sshd".to_owned()),
        targets: texts(["203.0.113.7"]),
        more: 57,
        end: ChangeEnd::NotDone("why".to_owned()),
    };
    ChangeRecord {
        since: Timestamp::UNIX_EPOCH,
        changes: vec![change],
        file: Some("/var/lib/bangui-broker/changes".to_owned()),
        fault: None,
    }
}

pub(super) fn pasted() -> Result<FilterQuestion, Box<dyn std::error::Error>> {
    let lines = TrialLines::Pasted("Failed from 203.0.113.7\n".to_owned().try_into()?);
    let failregex = Some(Expressions::of_lines("^Failed from <HOST>$")?);
    Ok(FilterQuestion { lines, failregex, ignoreregex: None })
}

pub(super) fn tried() -> FilterTrial {
    let found = Finding {
        expression: 0,
        id: "203.0.113.7".to_owned(),
        host: Some("203.0.113.7".to_owned()),
        time: Some(7),
        groups: vec![("user".to_owned(), "root".to_owned())],
    };
    let fault = Some(LogFault::Failed("Input/output error".to_owned()));
    FilterTrial {
        lines: 2,
        matched: 1,
        unmatched: 1,
        suspicious_count: 1,
        suspicious: texts(["denied"]),
        broken: Some(BrokenLines { lines: 1, words: "why".to_owned() }),
        newest: Some(7),
        logs: vec![TriedLog { path: "/var/log/auth.log".to_owned(), lines: 0, fault, lag: Some(3600) }],
        shown: vec![TriedLine {
            text: "root from 203.0.113.7".to_owned(),
            outcome: LineOutcome::Matched,
            suspicious: false,
            has_date: true,
            found: Some(found),
        }],
        expressions: TriedExpressions { failregex: texts(["<HOST>"]), ..TriedExpressions::default() },
        ..FilterTrial::default()
    }
}

pub(super) fn tried_all() -> Result<Vec<JailFilter>, Box<dyn std::error::Error>> {
    let look = Ok(FilterLook::from(&tried()));
    Ok(vec![
        JailFilter { jail: "sshd".parse()?, use_dns: Some("warn".to_owned()), look },
        JailFilter { jail: "web".parse()?, use_dns: None, look: Err(Untried::NoTime) },
    ])
}

pub(super) fn clock() -> DaemonClock {
    let source = ZoneSource::Bans { contradicts: Some("UTC".to_owned()) };
    let zone = DaemonZone { name: "+05:30".to_owned(), source };
    DaemonClock { zone: Some(zone), started: Some(Timestamp::UNIX_EPOCH) }
}

pub(super) fn banned(text: &str) -> Banned {
    Banned::from_daemon(text)
}

pub(super) fn texts<const COUNT: usize>(texts: [&str; COUNT]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

pub(super) fn status() -> JailStatus {
    let source = Source::Files(texts(["/var/log/auth.log"]));
    let unread = Unread::Refused("why".to_owned());
    JailStatus {
        failing_now: Ok(1),
        failed_total: Ok(300),
        banned_now: Err(unread),
        banned_total: Ok(70_000),
        source: Ok(source),
    }
}

pub(super) fn file() -> Listed {
    Listed::File("/etc/fail2ban/allow.txt".to_owned())
}

pub(super) fn history(length: Length) -> History {
    let evidence = Evidence {
        failures: 3,
        users: texts(["root"]),
        lines: texts(["Failed password for root"]),
        more_lines: 9,
    };
    let ban = PastBan {
        jail: "sshd".to_owned(),
        banned: banned("203.0.113.7"),
        since: Timestamp::UNIX_EPOCH,
        length: Some(length),
        count: Some(1),
        evidence: Ok(evidence),
    };
    let large = PastBan { evidence: Err(NoEvidence::TooLarge { bytes: 3_000_000 }), ..ban.clone() };
    History { bans: vec![ban, large], all: 2, unread: 1, cut_short: false }
}

pub(super) fn traces() -> LogTraces {
    let failure = LoggedFailure { at: Timestamp::UNIX_EPOCH, jail: "sshd".to_owned() };
    LogTraces { failures: vec![failure], is_cut: true, starts: vec![7], begins: Some(5) }
}

pub(super) fn logged() -> LogPart {
    let ban = LoggedBan {
        at: Timestamp::UNIX_EPOCH,
        jail: "sshd".to_owned(),
        banned: banned("203.0.113.7"),
        change: LoggedChange::Restored,
    };
    LogPart { bans: vec![ban], next: Some(LogPlace { file: 1, offset: 7 }), files: 2 }
}

pub(super) fn written() -> WrittenBans {
    let ban = Ban { banned: banned("203.0.113.7"), since: Timestamp::UNIX_EPOCH, length: Length::Permanent };
    WrittenBans { bans: vec![ban], mark: RowId(7), clock: clock() }
}

pub(super) fn recorded(row: i64) -> RecordedRow {
    RecordedRow {
        row: RowId(row),
        jail: "sshd".to_owned(),
        banned: banned("203.0.113.7"),
        since: Timestamp::UNIX_EPOCH,
        length: Some(Length::Seconds(600)),
        count: Some(2),
    }
}

pub(super) fn action() -> Action {
    let property =
        Property { name: "actionban".to_owned(), value: Ok(Some("echo <ip>".to_owned())), is_masked: true };
    Action { name: "dummy".to_owned(), properties: Ok(vec![property]) }
}

pub(super) fn detail() -> JailDetail {
    let unread = || Unread::Unanswered;
    JailDetail {
        log_encoding: Ok(Some("UTF-8".to_owned())),
        date_pattern: Ok(Some(DatePattern { pattern: None, name: "Default Detectors".to_owned() })),
        pref_regex: Ok(None),
        fail_regex: Ok(texts(["^Failed .* from <HOST>$"])),
        ignore_regex: Ok(Vec::new()),
        max_lines: Ok(1),
        use_dns: Ok(Some("warn".to_owned())),
        max_matches: Err(unread()),
        ignore_list: Ok(vec![Listed::from_daemon("::1".to_owned()), file()]),
        ignore_self: Ok(Some(true)),
        ignore_command: Err(unread()),
        growth: Growth {
            factor: Ok(Some("1".to_owned())),
            formula: Ok(None),
            multipliers: Err(unread()),
            max_time: Ok(Some(Length::Permanent)),
            random_time: Ok(None),
            over_all_jails: Ok(Some("no".to_owned())),
        },
        actions: Ok(vec![action()]),
    }
}

pub(super) fn logs() -> Made<JailLogs> {
    let file = LogFile { path: "/var/log/auth.log".to_owned(), state: LogState::Gone };
    Ok(JailLogs { jail: "sshd".parse()?, files: vec![file] })
}

pub(super) fn firewall() -> Made<JailFirewall> {
    let [family, table, set] = ["inet", "f2b-table", "addr-set-sshd"].map(str::to_owned);
    let missing = Sample::of(vec!["203.0.113.7".parse()?, "2001:db8::/32".parse()?]);
    Ok(JailFirewall {
        jail: "sshd".parse()?,
        has_known_place: true,
        places: vec![PlaceLook {
            action: "nftables".to_owned(),
            place: Place::NftSet { family, table, set },
            bans: 3,
            held: 1,
            findings: vec![
                FirewallFinding::Missing(missing),
                FirewallFinding::AcceptedBefore("-j ACCEPT".to_owned()),
            ],
        }],
        not_looked: vec![("mine".to_owned(), NotLooked::UnknownAction)],
    })
}
