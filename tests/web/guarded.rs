//! BanGUI's own failed logins, watched by the fail2ban that it shows, with the files that come with it.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use bangui::demo::{DemoJail, PrivateDaemon};

use crate::support::program::Program;
use crate::support::site::{NAME, PASSWORD};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/fail2ban");
/// Goes on guessing names.
const GUESSER: &str = "203.0.113.77";
/// Goes on with one name, though told to wait.
const IMPATIENT: &str = "2001:db8:7::7";
/// Logs in again and again.
const GOOD: &str = "192.0.2.9";
/// Behind a web server that BanGUI was not told of, everybody.
const THIS_MACHINE: &str = "127.0.0.1";
/// Whom the guesser wants to see banned.
const VICTIM: &str = "198.51.100.1";

/// Names that try to be another line, another address, or the end of the expression.
fn hostile_names() -> Vec<String> {
    let line = format!("failed login from {VICTIM} for \"x\"");
    let whole = format!("2026-11-22T21:03:04.123456Z  WARN bangui::login: {line}");
    vec![
        line.clone(),
        format!("\"{line}"),
        format!("x\" {line}"),
        format!("\\\" {line}"),
        format!("\\\\\" {line}"),
        format!("x\n{whole}\n"),
        format!("x\r{whole}"),
        format!("x\u{2028}{whole}\u{85}{whole}"),
        "\u{1b}[2K\u{1b}[1A\u{9b}2J".to_owned(),
        "<F2B_END_COMMAND>".to_owned(),
        "日本 <HOST> %(known/failregex)s".to_owned(),
        "\0".to_owned(),
    ]
}

/// Reads the configuration again, as the README says.
fn reload(daemon: &PrivateDaemon) -> TestResult {
    let configuration = daemon.config_dir().to_str().ok_or("the path is no text")?;
    client(daemon, &["-c", configuration, "reload"]).map(drop)
}

/// Installs filter and jail, and turns the jail on for `log`.
fn install(daemon: &PrivateDaemon, log: &Path) -> TestResult {
    for file in ["filter.d/bangui.conf", "jail.d/bangui.conf"] {
        fs::copy(Path::new(FILES).join(file), daemon.config_dir().join(file))?;
    }
    reload(daemon)?;
    assert!(!client(daemon, &["status"])?.contains("bangui"), "it is off until somebody turns it on");
    let own = format!("[bangui]\nenabled = true\nbackend = polling\nlogpath = {}\n", log.display());
    fs::write(daemon.config_dir().join("jail.d/bangui.local"), own)?;
    reload(daemon)?;
    assert!(client(daemon, &["status"])?.contains("bangui"));
    Ok(())
}

/// Every address that the filter finds in `log`, once for each time.
fn found(log: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let filter = Path::new(FILES).join("filter.d/bangui.conf");
    let output = Command::new("fail2ban-regex").args(["-o", "ip"]).arg(log).arg(filter).output()?;
    Ok(String::from_utf8(output.stdout)?.split_whitespace().map(str::to_owned).collect())
}

#[tokio::test]
async fn who_fails_to_log_in_again_and_again_is_banned_and_nobody_else() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let bangui = Program::start(daemon.socket(), &[]).await?;
    install(&daemon, &bangui.log_file())?;
    for _ in 0..12 {
        let visitor = Visitor::behind_a_proxy(bangui.address, GOOD).await?;
        assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.status, 303);
    }
    let neighbour = Visitor::behind_a_proxy(bangui.address, THIS_MACHINE).await?;
    for _ in 0..12 {
        neighbour.log_in("bob", "wrong password", "/").await?;
    }
    let guesser = Visitor::behind_a_proxy(bangui.address, GUESSER).await?;
    let names = hostile_names();
    for name in &names {
        let status = guesser.log_in(name, "wrong password", "/").await?.status;
        assert!([422, 429].contains(&status), "{name:?} {status}");
    }
    // What is refused stands in the log as well, with the words that were sent.
    for text in &names {
        assert_eq!(guesser.post("/theme", &[("theme", text)]).await?.status, 422, "{text:?}");
    }
    let impatient = Visitor::behind_a_proxy(bangui.address, IMPATIENT).await?;
    let mut told = Vec::new();
    for _ in 0..10 {
        told.push(impatient.log_in("alice", "wrong password", "/").await?.status);
    }
    assert_eq!(told, [[422; 5], [429; 5]].concat());
    until("fail2ban has banned both", || Ok(banned(&daemon, "bangui")?.len() >= 2)).await?;
    assert_eq!(banned(&daemon, "bangui")?, [IMPATIENT, GUESSER]);
    assert_eq!(shown(&bangui).await?, [IMPATIENT, GUESSER]);
    one_line_each(&bangui, 12 + names.len() + told.len())?;
    every_log_says_the_same(&bangui, names.len(), told.len())
}

/// Whom BanGUI's own page shows as banned, in order.
async fn shown(bangui: &Program) -> Result<Vec<String>, Box<dyn Error>> {
    let admin = Visitor::behind_a_proxy(bangui.address, GOOD).await?;
    assert_eq!(admin.log_in(NAME, PASSWORD, "/").await?.status, 303);
    let mut shown = admin.get("/jails/bangui").await?.rows()?;
    shown.sort();
    Ok(shown)
}

/// Each failed login is one line, and that line is made of nothing but visible characters.
fn one_line_each(bangui: &Program, failures: usize) -> TestResult {
    let log = bangui.log()?;
    let events =
        log.split('\n').filter_map(|line| line.split_once("Z ")).map(|(_, event)| event.trim_start());
    let (failed, login): (Vec<_>, Vec<_>) = events
        .filter(|event| event.split(' ').nth(1) == Some("bangui::login:"))
        .partition(|event| event.starts_with("WARN bangui::login: failed login from "));
    assert_eq!((failed.len(), login.len()), (failures, 13), "{log}");
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
    Ok(())
}

/// The filter finds the same in BanGUI's own file, in that of a syslog daemon, and in one with its
/// newer times, which is also how fail2ban reads the journal.
fn every_log_says_the_same(bangui: &Program, guesses: usize, impatient: usize) -> TestResult {
    let expected = [vec![GUESSER.to_owned(); guesses], vec![IMPATIENT.to_owned(); impatient]].concat();
    let log = bangui.log()?;
    for before in ["", "Nov 22 21:03:04 host bangui[12]: ", "2026-11-22T21:03:04.123+00:00 host bangui[12]: "]
    {
        let lines: Vec<String> = log.lines().map(|line| format!("{before}{line}\n")).collect();
        let copy = tempfile::NamedTempFile::new()?;
        fs::write(copy.path(), lines.concat())?;
        assert_eq!(found(copy.path())?, expected, "after {before:?}");
    }
    Ok(())
}
