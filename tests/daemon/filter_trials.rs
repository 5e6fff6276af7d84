//! Trying the filters of all jails at once, each on its own log.

use std::error::Error;
use std::fs;
use std::time::Duration;

use bangui::broker::{Broker, Reply, Request};
use bangui::demo::{DemoJail, Filter, PrivateDaemon};
use bangui::domain::filter_trial::Untried;
use bangui::domain::protection::JailFilter;
use bangui::fail2ban::client_program::ClientProgram;
use jiff::Zoned;

use crate::support::{TestResult, client};

fn own(name: &str, failregex: &str) -> DemoJail {
    DemoJail { filter: Filter::Own(failregex.to_owned()), ..DemoJail::new(name, "") }
}

async fn tried(daemon: &PrivateDaemon) -> Result<Vec<JailFilter>, Box<dyn Error>> {
    let program = ClientProgram::new(daemon.socket().to_owned(), daemon.config_dir().to_owned());
    match Broker::with(program, None).handle(Request::TryFilters {}).await? {
        Reply::TryFilters(filters) => Ok(filters),
        other => Err(format!("{other:?}").into()),
    }
}

/// Jail, lines and matches, or the reason.
type Figures = (String, Result<(u64, u64), Untried>);

fn figures(filters: Vec<JailFilter>) -> Vec<Figures> {
    let figures =
        |filter: JailFilter| (filter.jail.to_string(), filter.look.map(|look| (look.lines, look.matched)));
    let mut all: Vec<Figures> = filters.into_iter().map(figures).collect();
    all.sort_by(|left, right| left.0.cmp(&right.0));
    all
}

#[tokio::test]
async fn one_that_never_ends_keeps_no_verdict_from_the_others() -> TestResult {
    let daemon = PrivateDaemon::start(&[
        own("a", "^ denied <HOST>$"),
        own("endless", r"^ (?:(?:\w+\s?)+)+x <HOST>$"),
        own("gone", "^ denied <HOST>$"),
        own("other", "^ refused <HOST>$").with("usedns", "yes"),
    ])
    .await?;
    let lines = format!("Nov 28 12:00:00 denied 203.0.113.5\nNov 28 12:00:00 {}\n", "ab ".repeat(40));
    fs::write(daemon.log_file("a"), &lines)?;
    // Three read one log.
    for jail in ["other", "endless"] {
        client(&daemon, &["set", jail, "addlogpath", &daemon.log_file("a").display().to_string(), "tail"])?;
        client(&daemon, &["set", jail, "dellogpath", &daemon.log_file(jail).display().to_string()])?;
    }
    fs::remove_file(daemon.log_file("gone"))?;
    let filters = tried(&daemon).await?;
    let dns: Vec<_> = filters.iter().map(|filter| filter.use_dns.as_deref()).collect();
    assert!(dns.contains(&Some("yes")), "{filters:?}");
    let [a, endless, gone, other] =
        <[Figures; 4]>::try_from(figures(filters)).map_err(|all| format!("{all:?}"))?;
    assert_eq!(a, ("a".to_owned(), Ok((2, 1))));
    assert_eq!(endless, ("endless".to_owned(), Err(Untried::TooSlow)));
    assert!(matches!(gone.1, Err(Untried::Unread(_))), "{gone:?}");
    assert_eq!(other, ("other".to_owned(), Ok((2, 0))));
    Ok(())
}

/// What a mail server logs beside OpenSSH.
const DOVECOT: &str = "\
Nov 28 12:00:01 host auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=bob rhost=203.0.113.5
Nov 28 12:00:02 host auth-worker(7): pam(bob,203.0.113.5): pam_authenticate() failed: Authentication failure (password mismatch?)
Nov 28 12:00:03 host auth: pam_unix(dovecot:auth): check pass; user unknown
";

#[tokio::test]
async fn failed_logins_of_another_service_in_the_same_log_say_nothing_of_a_filter() -> TestResult {
    let daemon =
        PrivateDaemon::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("dovecot", "dovecot")]).await?;
    for jail in ["sshd", "dovecot"] {
        fs::write(daemon.log_file(jail), DOVECOT.repeat(3))?;
    }
    for filter in tried(&daemon).await? {
        let look = filter.look?;
        assert_eq!((look.lines, look.suspicious_count), (9, 0), "{}: {look:?}", filter.jail);
        assert_eq!(look.known > 0, filter.jail.as_str() == "dovecot", "{look:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_line_that_was_just_written_and_is_of_another_time_zone_is_told() -> TestResult {
    let names = ["now", "behind", "late", "written"];
    let jails: Vec<DemoJail> = names.iter().map(|name| own(name, "^ denied <HOST>$")).collect();
    let daemon = PrivateDaemon::start(&jails).await?;
    let line = |ago: Duration| {
        let time = Zoned::now().checked_sub(ago)?;
        Ok::<_, Box<dyn Error>>(format!("{} denied 203.0.113.5\n", time.strftime("%Y-%m-%d %H:%M:%S")))
    };
    let hours = Duration::from_hours(3);
    fs::write(daemon.log_file("now"), line(hours)? + &line(Duration::ZERO)?)?;
    fs::write(daemon.log_file("behind"), line(hours)?)?;
    fs::write(daemon.log_file("late"), line(hours + Duration::from_secs(200))?)?;
    // The line that is being written may be of now.
    fs::write(daemon.log_file("written"), line(hours)? + "2026-")?;
    for filter in tried(&daemon).await? {
        let behind = filter.look?.behind;
        assert_eq!(behind.is_some(), filter.jail.as_str() == "behind", "{}: {behind:?}", filter.jail);
        if let Some((path, seconds)) = behind {
            assert_eq!(path, daemon.log_file("behind").to_string_lossy());
            assert!((10_798..=10_802).contains(&seconds), "{seconds}");
        }
    }
    Ok(())
}
