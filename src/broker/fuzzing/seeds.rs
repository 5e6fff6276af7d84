//! Requests and answers to begin with, one file each in `fuzz/seeds`.

use std::time::Duration;

use jiff::Timestamp;

use crate::broker::frames;
use crate::broker::frames::{Answer, Head, NumberedRequest};
use crate::broker::version::FrameError;
use crate::domain::action_failure::{
    ActionFailure, ActionTask, BanChange, CommandEnd, FailureCause, JailFailures,
};
use crate::domain::address::Banned;
use crate::domain::ban::{Ban, Holder, UnreadEntries};
use crate::domain::daemon_clock::BanListing;
use crate::domain::filter_trial::{FilterQuestion, Untried};
use crate::domain::ignore::{Listed, NotInForce, NotInForceCause};
use crate::domain::jail::{
    JailList, JailStatus, JailSummaries, JailSummary, JailTimes, Length, Source, Unread, UnusableJail,
    UnusableReason,
};
use crate::domain::jail_detail::RawAction;
use crate::domain::lack::{Lack, LackingJail};
use crate::domain::lookup::NoHistory;
use crate::domain::protection::{Listener, NotLooked};
use crate::domain::reload::{
    BansLost, Change, Difference, Effect, JailPlan, KeptIgnores, Need, Plan, PostCondition, Scope, Shortfall,
};
use crate::domain::server::{LogFlush, ServerChange, ServerSettings};
use crate::fail2ban::Error;
use crate::fail2ban::client_program::restart::RestartWay;
use crate::fail2ban::client_program::{ClientError, NoRestart};
use crate::fail2ban::database::new_bans::RowId;
use crate::fail2ban::database::recorded::{ReadFrom, Recorded};
use crate::fail2ban::server_log::old::LogPlace;

use super::super::operations::{Reply, Request};
use super::super::planned::Planned;
use super::super::tested_configs::Token;
use super::samples::{
    Made, action, banned, changes, clock, detail, file, firewall, history, logged, logs, pasted, recorded,
    status, texts, traces, tried, tried_all, written,
};

/// A frame of each kind of request that says anything.
pub(crate) fn requests() -> Made<Vec<Vec<u8>>> {
    let jail = || "sshd".parse();
    let planned: Token = postcard::from_bytes(&[200, 1])?;
    let requests = [
        Request::Version {},
        Request::Status { jail: jail()? },
        Request::Detail { jail: "café-日本".parse()? },
        Request::Bans { jail: jail()? },
        Request::Ban { jail: jail()?, targets: vec!["203.0.113.7".parse()?, "2001:db8::/32".parse()?] },
        Request::Unban { jail: jail()?, banned: vec![banned("203.0.113.7"), banned("not an address")] },
        Request::Ignore { jail: jail()?, entries: vec!["home.example.org".parse()?] },
        Request::Unignore { jail: jail()?, entry: Listed::from_daemon("::1".to_owned()) },
        Request::Unignore { jail: jail()?, entry: file() },
        Request::SetIgnoreSelf { jail: jail()?, on: true },
        Request::SetIdle { jail: jail()?, on: false },
        Request::Stop { jail: jail()? },
        Request::History { asked: banned("203.0.113.0/24") },
        Request::ChangeServer { change: ServerChange::LogLevel("info".parse()?) },
        Request::ChangeServer { change: ServerChange::PurgeAge("86400".parse()?) },
        Request::ChangeServer { change: ServerChange::MaxMatches("10".parse()?) },
        Request::Plan {
            scope: Scope::Jail(jail()?),
            kept: KeptIgnores::from_iter([(jail()?, "192.0.2.9".parse()?)])
                .and_everywhere(vec!["192.0.2.10".parse()?]),
        },
        Request::ActionFailures {},
        Request::Load { planned },
        Request::RestartDaemon { planned },
        Request::RevealAction { jail: jail()?, action: "smtp".parse()? },
        Request::Changes {},
        Request::StartDaemon {},
        Request::Recorded { from: ReadFrom::Bans(vec![recorded(7)]) },
        Request::Recorded { from: ReadFrom::LastBans(RowId(7)) },
        Request::WrittenBans { jail: jail()? },
        Request::ConfiguredIgnores {},
        Request::Firewall {},
        Request::Logs {},
        Request::Listeners {},
        Request::Holders { address: [203, 0, 113, 7].into() },
        Request::LoggedBans { place: LogPlace { file: 1, offset: 8 << 20 } },
        Request::LogTraces { asked: banned("203.0.113.0/24") },
        Request::TryFilter { jail: jail()?, trial: FilterQuestion::of_log() },
        Request::TryFilter { jail: jail()?, trial: pasted()? },
        Request::TryFilters {},
    ];
    let frame = |(id, request)| Ok(frames::encode_frame(&NumberedRequest { id, request })?.to_vec());
    (100..).zip(requests).map(frame).collect()
}

/// A frame of each kind of answer that says anything.
pub(crate) fn answers() -> Made<Vec<Vec<u8>>> {
    let answers = replies()?.into_iter().map(Ok).chain(errors().map(Err));
    let frame = |(id, answer): (u64, Answer)| -> Result<Vec<u8>, FrameError> {
        Ok(frames::write_answer(&Head { id, generation: 3 }, &answer)?.to_vec())
    };
    Ok((100..).zip(answers).map(frame).collect::<Result<_, _>>()?)
}

fn batch() -> Recorded {
    Recorded {
        rows: vec![recorded(7)],
        last: Some(RowId(8)),
        is_cut: true,
        is_whole: false,
        number: 9,
        unread: 1,
    }
}

fn replies() -> Made<Vec<Reply>> {
    let length = Length::Seconds(3600);
    let ban = |what, length| Ban { banned: banned(what), since: Timestamp::UNIX_EPOCH, length };
    Ok(vec![
        Reply::Version("1.0.2".to_owned()),
        Reply::ProcessId(Some(4711)),
        Reply::JailList(JailList {
            names: vec!["sshd".parse()?, "café-日本".parse()?],
            unusable: vec![UnusableJail { name: "a\nb".to_owned(), reason: UnusableReason::Ambiguous }],
        }),
        Reply::LackingJails(vec![LackingJail { jail: "sshd".parse()?, lack: Lack::Log }]),
        Reply::Status(status()),
        Reply::Summaries(JailSummaries {
            jails: vec![JailSummary {
                name: "sshd".parse()?,
                status: Ok(JailStatus { source: Ok(Source::Journal(texts(["_COMM=sshd"]))), ..status() }),
                times: JailTimes {
                    ban_time: Ok(Length::Permanent),
                    find_time: Ok(length),
                    max_retry: Err(Unread::Unreadable("None".to_owned())),
                    growing: Ok(Some(true)),
                },
                backend: Some(Ok("systemd".to_owned())),
            }],
            unusable: Vec::new(),
        }),
        Reply::Detail(Box::new(detail())),
        Reply::Bans(BanListing {
            bans: vec![ban("203.0.113.7", length), ban("not an address", Length::Permanent)],
            unread: UnreadEntries { count: 30, first: texts(["no ban"]) },
            clock: clock(),
        }),
        Reply::Clock(clock()),
        Reply::Recorded(batch()),
        Reply::WrittenBans(Some(written())),
        Reply::Holders(Some(vec![Holder { jail: "sshd".parse()?, banned: banned("203.0.113.0/24") }])),
        Reply::LoggedBans(logged()),
        Reply::LogTraces(traces()),
        Reply::TryFilter(Ok(tried())),
        Reply::TryFilter(Err(Untried::Unread(tried().logs))),
        Reply::TryFilters(tried_all()?),
        Reply::Firewall(vec![firewall()?]),
        Reply::Logs(vec![logs()?]),
        Reply::Listeners(Ok(vec![Listener { program: "sshd".to_owned(), ports: vec![22] }])),
        Reply::Listeners(Err(NotLooked::OtherNetwork)),
        Reply::LogReaders(vec!["recidive".parse()?]),
        Reply::Unban(BanChange {
            count: 1,
            failures: vec![ActionFailure {
                banned: Some(Banned::from_daemon("203.0.113.7")),
                action: "dummy".to_owned(),
                task: ActionTask::Ban,
                cause: FailureCause::Command {
                    end: CommandEnd::Returned("1".to_owned()),
                    errors: texts(["not found"]),
                },
            }],
        }),
        Reply::IgnoreList(vec![Listed::from_daemon("127.0.0.1/8".to_owned()), file()]),
        Reply::IgnoreLists(vec![("sshd".parse()?, Ok(vec![Listed::Other("None".to_owned())]))]),
        Reply::ConfiguredIgnores(vec![("sshd".parse()?, vec![file()])]),
        Reply::History(history(length)),
        Reply::ServerSettings(ServerSettings {
            database: Ok(Some("/var/lib/fail2ban/fail2ban.sqlite3".to_owned())),
            purge_age: Ok(Some(86_400)),
            max_matches: Ok(Some(-1)),
            log_level: Ok("INFO".to_owned()),
            log_target: Ok(None),
        }),
        Reply::FlushLogs(LogFlush::RolledOver),
        Reply::Test(()),
        Reply::Plan(Planned {
            token: postcard::from_bytes(&[200, 1])?,
            plan: plan()?,
            configuration: [7; 32],
        }),
        Reply::Load(PostCondition {
            short: vec![Shortfall { jail: "sshd".parse()?, differences: plan()?.server }],
            unprotected: vec!["web".parse()?],
        }),
        Reply::RestartWay(RestartWay::Systemd { unit: "fail2ban.service".to_owned() }),
        Reply::RestartWay(RestartWay::None(NoRestart::InContainer)),
        Reply::RestartDaemon(()),
        Reply::ActionFailures(vec![JailFailures {
            jail: "sshd".parse()?,
            failures: vec![ActionFailure {
                banned: None,
                action: "dummy".to_owned(),
                task: ActionTask::Start,
                cause: FailureCause::InLog,
            }],
        }]),
        Reply::RevealAction(Some(RawAction(action()))),
        Reply::Changes(Some(changes())),
    ])
}

fn plan() -> Made<Plan> {
    let change = Change::Values { gone: texts(["INFO"]), new: texts(["DEBUG"]) };
    let difference = Difference {
        setting: "loglevel".to_owned(),
        action: None,
        change,
        needs_restart: false,
        lost: texts(["INFO"]),
    };
    let jail = JailPlan {
        jail: "sshd".parse()?,
        effect: Effect::Restarts,
        differences: Vec::new(),
        cannot_reload: true,
        will_lack: vec![Need::Action],
        other_backend: false,
        wakes: true,
        not_in_force: Some(NotInForce {
            entries: vec!["192.0.2.9".parse()?],
            cause: NotInForceCause::BesideFile { version: "1.1.1".to_owned() },
        }),
    };
    let (server, jails) = (vec![difference], vec![jail]);
    Ok(Plan {
        scope: Scope::All,
        server,
        jails,
        bans_lost: Some(BansLost::OtherDatabase),
        bans: None,
        broken: Vec::new(),
    })
}

/// Every error that a broker can tell.
fn errors() -> impl Iterator<Item = Error> {
    let text = || "why".to_owned();
    [
        Error::SocketMissing("/run/s".into()),
        Error::NotRunning("/run/s".into()),
        Error::WouldStart("/run/s".into()),
        Error::MountedSocketGone("/run/s".into()),
        Error::PermissionDenied("/run/s".into()),
        Error::Connect { path: "/run/s".into(), cause: text() },
        Error::Deadline(Duration::from_secs(10)),
        Error::CutOff(text()),
        Error::Unreadable(text()),
        Error::UnknownJail(text()),
        Error::Refused { class: "ValueError".to_owned(), message: text() },
        Error::UnsafeArgument("a\nb".to_owned()),
        Error::Client(ClientError::Deadline(Duration::from_millis(1500))),
        Error::Client(ClientError::Interrupted {
            output: text(),
            gone: "sshd".parse().into_iter().collect(),
            altered: Vec::new(),
        }),
        Error::Database(NoHistory::Locked),
    ]
    .into_iter()
}

#[test]
fn every_answer_and_every_error_reads_as_it_was_written() -> Made<()> {
    let answers = replies()?.into_iter().map(Ok).chain(errors().map(Err));
    for (answer, frame) in answers.zip(self::answers()?) {
        let read: Result<(Head, Answer), FrameError> = frames::decode_frame(&frame);
        assert_eq!(read.map(|(_, read)| format!("{read:?}")).ok(), Some(format!("{answer:?}")));
    }
    for frame in requests()? {
        frames::read_request(&frame)?;
    }
    Ok(())
}
