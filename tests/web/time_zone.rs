//! A fail2ban whose local time is not BanGUI's. The bans of these tests are seconds old.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;

use bangui::config::geo::Geo;
use bangui::demo::{DemoJail, PrivateDaemon};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use rusqlite::Connection;

use crate::support::program::Program;
use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const ENTRY: &str = "203.0.113.5";

async fn daemon(zone: &str) -> Result<PrivateDaemon, Box<dyn Error>> {
    Ok(PrivateDaemon::start_with(&[DemoJail::new("sshd", "sshd")], &[("TZ", zone)]).await?)
}

async fn ban(daemon: &PrivateDaemon) -> TestResult {
    client(daemon, &["set", "sshd", "banip", ENTRY])?;
    until("it is banned", || Ok(banned(daemon, "sshd")?.contains(&ENTRY.to_owned()))).await
}

/// Starts the daemon again with its database switched off.
async fn switch_database_off(daemon: &PrivateDaemon) -> TestResult {
    daemon.kill()?;
    let file = daemon.config_dir().join("fail2ban.local");
    let settings = fs::read_to_string(&file)?;
    let database = format!("dbfile = {}", daemon.database().display());
    assert!(settings.contains(&database));
    fs::write(&file, settings.replace(&database, "dbfile = None"))?;
    Ok(daemon.start_again().await?)
}

fn is_of_now(words: &str) -> bool {
    words.contains("just now") || words.contains(" s ago")
}

/// That every page shows the one ban as seconds old and as ending in ten minutes.
async fn is_shown_as_of_now(address: SocketAddr, what: &str) -> TestResult {
    let admin = Visitor::admin(address).await?;
    for (path, row) in [
        ("/bans", "#bans tbody tr"),
        ("/jails/sshd", "#bans tbody tr"),
        ("/lookup?ip=203.0.113.5", "tbody tr"),
        ("/unban?ip=203.0.113.5", "[data-jail=sshd]"),
    ] {
        let row = admin.get(path).await?.text(row)?;
        assert!(
            is_of_now(&row) && (row.contains("9 min") || row.contains("10 min")),
            "{what}: {path}: {row}"
        );
    }
    let last = admin.get("/unban").await?.text(".rows li")?;
    assert!(is_of_now(&last), "{what}: {last}");
    assert!(admin.get("/bans").await?.texts("#zone-unknown")?.is_empty(), "{what}");
    let question = admin.post("/bans/unban", &[("which", "matching")]).await?;
    assert_eq!(question.text("h1")?, "Lift 1 ban?", "{what}");
    Ok(())
}

#[tokio::test]
async fn a_ban_of_now_is_just_now_wherever_fail2ban_runs() -> TestResult {
    for zone in ["America/New_York", "Asia/Kolkata"] {
        let daemon = daemon(zone).await?;
        ban(&daemon).await?;
        let site = Site::in_front_of(daemon, Geo::default()).await?;
        is_shown_as_of_now(site.address, zone).await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_fail2bans_database_the_zone_of_its_process_tells() -> TestResult {
    for zone in ["America/New_York", "Asia/Kolkata", "XXX-11:45"] {
        let daemon = daemon(zone).await?;
        switch_database_off(&daemon).await?;
        ban(&daemon).await?;
        let site = Site::in_front_of(daemon, Geo::default()).await?;
        is_shown_as_of_now(site.address, zone).await?;
    }
    Ok(())
}

#[tokio::test]
async fn bangui_may_be_in_another_zone_too() -> TestResult {
    let daemon = daemon("Asia/Kolkata").await?;
    ban(&daemon).await?;
    let program = Program::start_with(daemon.socket(), &[], &[], &[("TZ", "America/New_York")]).await?;
    is_shown_as_of_now(program.address, "BanGUI in New York").await?;
    let admin = Visitor::admin(program.address).await?;
    let titles = admin.get("/bans").await?.attributes("#bans tbody [data-label=banned] time", "title")?;
    assert!(titles.iter().all(|title| title.ends_with(" EST") || title.ends_with(" EDT")), "{titles:?}");
    Ok(())
}

#[tokio::test]
async fn bans_win_over_a_zone_that_was_changed_after_fail2ban_started() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("zone");
    fs::copy("/usr/share/zoneinfo/Asia/Kolkata", &file)?;
    let daemon = daemon(&format!(":{}", file.display())).await?;
    ban(&daemon).await?;
    fs::copy("/usr/share/zoneinfo/America/New_York", &file)?;
    let site = Site::in_front_of(daemon, Geo::default()).await?;
    is_shown_as_of_now(site.address, "the process names another zone").await
}

/// The rule of a zone that is one hour ahead of UTC in summer, whose clocks went back at `end`.
fn zone_that_went_back(end: Timestamp) -> String {
    // Rules are in the time that holds before them, and count 365 days.
    let local = TimeZone::fixed(offset(1)).to_datetime(end);
    let leap = i16::from(local.date().in_leap_year() && local.month() > 2);
    let (day, time) = (local.date().day_of_year() - leap, local.strftime("%H:%M:%S"));
    let begin = if (30..=90).contains(&day) { 150 } else { 60 };
    format!("STD0DST-1,J{begin}/2,J{day}/{time}")
}

#[tokio::test]
async fn in_the_hour_that_comes_twice_each_ban_is_of_its_own() -> TestResult {
    let now = Timestamp::now();
    let went_back = Timestamp::from_second(now.as_second() - 600)?;
    let daemon = daemon(&zone_that_went_back(went_back)).await?;
    // Ten minutes are banned by hand; an hour, and before the clocks went back, only the database can tell of.
    daemon.kill()?;
    let database = Connection::open(daemon.database())?;
    let before = now.as_second() - 1200;
    database.execute(
        "INSERT INTO bips (ip, jail, timeofban, bantime, bancount, data) VALUES ('203.0.113.9', 'sshd', ?1, 3600, 1, '{}')",
        [before],
    )?;
    drop(database);
    let jail = fs::read_to_string(daemon.config_dir().join("jail.local"))?;
    fs::write(daemon.config_dir().join("jail.local"), jail.replace("bantime = 600", "bantime = 3600"))?;
    daemon.start_again().await?;
    ban(&daemon).await?;
    until("both are banned", || Ok(banned(&daemon, "sshd")?.len() == 2)).await?;
    let list = client(&daemon, &["get", "sshd", "banip", "--with-time"])?;
    let site = Site::in_front_of(daemon, Geo::default()).await?;
    let admin = Visitor::admin(site.address).await?;
    let rows = admin.get("/bans").await?.texts("#bans tbody tr")?;
    let row = |entry: &str| rows.iter().find(|row| row.contains(entry)).cloned().unwrap_or_default();
    // Where all of this took less than a second, the whole hour and forty minutes are left.
    let left = |entry: &str, either: [&str; 2]| either.iter().any(|left| row(entry).contains(left));
    assert!(is_of_now(&row(ENTRY)) && left(ENTRY, ["59 min", "1 h 1 h"]), "{rows:?} of {list}");
    let before = row("203.0.113.9").contains(" 20 min ago") && left("203.0.113.9", ["39 min", "40 min"]);
    assert!(before, "{rows:?} of {list}");
    Ok(())
}
