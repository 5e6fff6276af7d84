//! The lines of the log, by name and fields.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::action_failure::{ActionTask, FailureCause};
use crate::domain::address::Banned;
use crate::domain::geo::ip_api::BatchError;
use crate::domain::ignore::{NotInForce, NotInForceCause};
use crate::domain::server::{LogFlush, LogLevel, ServerChange};
use crate::events::event::IpApiFault;
use crate::events::job::JobFailure;
use crate::fail2ban;
use crate::mutex::Mutex;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that the log has of `event`, without time.
fn lines(event: &Event) -> String {
    let written = Written::default();
    let target = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_writer(move || target.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || write(event));
    let lines = String::from_utf8_lossy(&written.0.lock()).into_owned();
    lines.replace(" bangui::events::log:", "").trim().replace("\n ", "\n")
}

fn done(left_out: &[&str]) -> JobOutcome {
    JobOutcome::Done {
        jails: 1,
        new: Vec::new(),
        gone: Vec::new(),
        bans: None,
        unprotected: Vec::new(),
        short: Vec::new(),
        left_out: left_out.iter().map(ToString::to_string).collect(),
        failed: Vec::new(),
        not_in_force: std::collections::BTreeMap::new(),
    }
}

#[test]
fn bans_and_unbans_have_the_names_and_fields_that_scripts_look_for() -> Result<(), Box<dyn Error>> {
    let jail: JailName = "sshd".parse()?;
    let entry = Banned::from_daemon("203.0.113.5");
    let failure = |banned| ActionFailure {
        banned,
        action: "nftables".to_owned(),
        task: ActionTask::Unban,
        cause: FailureCause::InLog,
    };
    let report = Report { lifted: vec![(jail.clone(), 3)], gone: 1, ..Report::default() };
    let bulk = |is_all| Event::BulkUnbanEnded { by: "admin".to_owned(), is_all, report: report.clone() };
    let targets = vec!["203.0.113.5".parse()?, "2001:db8::/32".parse()?];
    for (event, expected) in [
        (
            Event::Banned { jail: jail.clone(), targets, newly: 2 },
            "INFO ip_banned jail=\"sshd\" address=\"203.0.113.5\" newly=2\n\
             INFO ip_banned jail=\"sshd\" address=\"2001:db8::/32\" newly=2",
        ),
        (
            Event::Unbanned { jail: jail.clone(), entries: vec![entry.clone()] },
            "INFO ip_unbanned jail=\"sshd\" address=\"203.0.113.5\"",
        ),
        (Event::BansLifted { jail: jail.clone(), count: 7 }, "INFO ip_unbanned jail=sshd count=7"),
        (
            Event::UnbannedEverywhere { name: "x\ny".to_owned(), jails: vec![jail.clone()] },
            "INFO ip_unbanned_all_jails address=\"x\\ny\" jails=[\"sshd\"]",
        ),
        (bulk(true), "INFO all_ips_unbanned by=admin number=3 gone=1 failed=0 actions_failed=0"),
        (bulk(false), ""),
        (
            Event::ActionsFailed { jail, failures: vec![failure(Some(entry)), failure(None)] },
            "WARN action_failed jail=sshd address=\"203.0.113.5\" action=\"nftables\" cause=InLog\n\
             WARN action_failed jail=sshd action=\"nftables\" cause=InLog",
        ),
    ] {
        assert_eq!(lines(&event), expected);
    }
    Ok(())
}

#[test]
fn jobs_jails_and_settings_have_theirs() -> Result<(), Box<dyn Error>> {
    let jail: JailName = "sshd".parse()?;
    let name = jail.clone();
    let job = |outcome| Event::JobEnded { by: None, job: Job::ReloadJail(name.clone()), outcome };
    let failed = JobOutcome::Failed(JobFailure::NotBack(Duration::from_secs(90)));
    for (event, expected) in [
        (job(done(&[])), "INFO jail_reloaded jail=\"sshd\" outcome=Done { jails: 1,"),
        (job(done(&["beta"])), "WARN work_failed jail=\"sshd\" job=ReloadJail("),
        (job(failed), "WARN work_failed jail=\"sshd\" job=ReloadJail("),
        (Event::JailStopped(jail.clone()), "INFO jail_stopped jail=sshd"),
        (Event::IdleSet { jail, on: true }, "INFO jail_idle_toggled jail=sshd on=true"),
        (
            Event::ServerChanged(ServerChange::LogLevel(LogLevel::Debug)),
            "INFO server_setting_changed change=LogLevel(Debug)",
        ),
        (Event::LogsFlushed(LogFlush::Flushed), "INFO logs_flushed flush=Flushed"),
        (
            Event::LookedUp { asked: Banned::from_daemon("192.0.2.1"), bans: 2 },
            "INFO ip_lookup_completed ip=\"192.0.2.1\" bans=2",
        ),
    ] {
        let lines = lines(&event);
        assert!(lines.starts_with(expected), "{lines}");
    }
    Ok(())
}

#[test]
fn changes_of_ignore_lists_have_theirs() -> Result<(), Box<dyn Error>> {
    let entry = || "192.0.2.7".parse();
    let lost = NotInForce { entries: vec![entry()?], cause: NotInForceCause::NotListed };
    for (change, by, expected) in [
        (
            IgnoreChange::Added(entry()?),
            Some("admin"),
            "INFO ignore_ip_added jail=sshd ip=192.0.2.7 by=\"admin\"",
        ),
        (
            IgnoreChange::Kept(entry()?),
            Some("admin"),
            "INFO ignore_ip_kept jail=sshd ip=192.0.2.7 by=\"admin\"",
        ),
        (IgnoreChange::PutBack(entry()?), None, "INFO ignore_ip_put_back jail=sshd ip=192.0.2.7"),
        (IgnoreChange::PutInAll(vec![entry()?]), None, "INFO ignore_ip_put_back jail=sshd ip=192.0.2.7"),
        (
            IgnoreChange::Expired(entry()?),
            None,
            "INFO ignore_ip_removed jail=sshd ip=192.0.2.7 by=\"its end date\"",
        ),
        (
            IgnoreChange::Removed("a\"b".to_owned()),
            Some("admin"),
            r#"INFO ignore_ip_removed jail=sshd ip="a\"b" by="admin""#,
        ),
        (
            IgnoreChange::KeptNoMore("host".to_owned()),
            Some("admin"),
            "INFO ignore_ip_kept_no_more jail=sshd ip=\"host\" by=\"admin\"",
        ),
        (
            IgnoreChange::SelfSet(false),
            Some("admin"),
            "INFO ignore_self_toggled jail=sshd on=false by=\"admin\"",
        ),
        (IgnoreChange::NotInForce(lost), None, "WARN kept ignore entries are not in force jail=sshd found="),
    ] {
        let (jail, by) = ("sshd".parse()?, by.map(str::to_owned));
        let lines = lines(&Event::IgnoreListChanged { jail, change, by });
        assert!(lines.starts_with(expected), "{lines}");
    }
    Ok(())
}

#[test]
fn logins_and_outages_have_theirs() -> Result<(), Box<dyn Error>> {
    let from = "198.51.100.1".parse()?;
    for (event, expected) in [
        (Event::FirstAccountMade("admin".parse()?), "INFO first account made account=admin"),
        (
            Event::LoggedIn { from, account: "admin".parse()? },
            "INFO bangui::login: login from 198.51.100.1 for \"admin\"",
        ),
        (
            Event::LoginFailed { from, name: Some("admin".parse()?) },
            "WARN bangui::login: failed login from 198.51.100.1 for \"admin\"",
        ),
        (
            Event::LoginFailed { from, name: None },
            "WARN bangui::login: failed login from 198.51.100.1 for \"(no such account)\"",
        ),
        (
            Event::GeoFailuresRetried { by: "admin".to_owned(), asked: 1, left: 2, forgotten: 3 },
            "INFO geo failures are resolved again by=\"admin\" asked=1 left=2 forgotten=3",
        ),
        (
            Event::IpApiLost(IpApiFault::Batch(BatchError::Status(500))),
            "WARN ip-api.com is no use now: places that are not known yet stay blank error=it answered with status 500",
        ),
        (Event::IpApiBack, "INFO ip-api.com answers again"),
        (
            Event::DaemonLost(fail2ban::Error::NotRunning("/run/f.sock".into())),
            "WARN daemon_lost error=nobody listens on /run/f.sock",
        ),
        (Event::DaemonBack, "INFO daemon_back"),
    ] {
        assert_eq!(lines(&event), expected);
    }
    Ok(())
}
