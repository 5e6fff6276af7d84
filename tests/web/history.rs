//! The record of bans, filled from a real fail2ban.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use bangui::demo::{DemoJail, PrivateDaemon};
use jiff::Zoned;
use rusqlite::Connection;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client, until};

/// The bans that a page shows, the newest first: the address, its jail, and how it ended.
async fn recorded(admin: &Visitor, query: &str) -> Result<Vec<[String; 3]>, Box<dyn Error>> {
    let page = admin.get(&format!("/history{query}")).await?;
    assert_eq!(page.status, 200);
    let column = |name: &str| page.attributes("#history tbody tr", name);
    let (entries, jails, endings) = (column("data-ip")?, column("data-jail")?, column("data-ended")?);
    Ok(entries
        .into_iter()
        .zip(jails)
        .zip(endings)
        .map(|((entry, jail), ended)| [entry, jail, ended])
        .collect())
}

/// How each entry ended, once that is `expected`.
async fn until_recorded(admin: &Visitor, expected: &[(&str, &str)]) -> TestResult {
    let expected: BTreeMap<String, Vec<String>> =
        expected.iter().map(|(entry, ended)| ((*entry).to_owned(), vec![(*ended).to_owned()])).collect();
    let begin = Instant::now();
    loop {
        let mut found = BTreeMap::<String, Vec<String>>::new();
        for [entry, _, ended] in recorded(admin, "").await? {
            found.entry(entry).or_default().push(ended);
        }
        if found == expected {
            return Ok(());
        }
        if begin.elapsed() > Duration::from_mins(1) {
            let said = admin.get("/history").await?.text(".head")?;
            return Err(format!("waited in vain for {expected:?}: {found:?}; {said}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn ban(daemon: &PrivateDaemon, address: &str) -> TestResult {
    client(daemon, &["set", "sshd", "banip", address]).map(drop)
}

fn unban(daemon: &PrivateDaemon, address: &str) -> TestResult {
    client(daemon, &["set", "sshd", "unbanip", address]).map(drop)
}

/// Waits until fail2ban's database has `number` bans.
async fn until_written(daemon: &PrivateDaemon, number: i64) -> TestResult {
    until("it is written down", || {
        let database = Connection::open(daemon.database())?;
        Ok(database.query_row("SELECT count(*) FROM bans", [], |row| row.get(0)).unwrap_or(-1) == number)
    })
    .await
}

#[tokio::test]
async fn bans_are_recorded_with_how_they_ended_and_who_lifted_them() -> TestResult {
    let short = DemoJail { ban_time: 3, ..DemoJail::new("short", "sshd") };
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd"), short]).await?;
    let admin = Visitor::admin(site.address).await?;
    let time = Zoned::now().strftime("%b %e %H:%M:%S").to_string();
    let line = format!("{time} web1 sshd[4711]: Failed password for root from 203.0.113.1 port 22 ssh2\n");
    fs::write(site.daemon.log_file("sshd"), line.repeat(3))?;
    for address in ["203.0.113.2", "203.0.113.3", "203.0.113.0/28"] {
        ban(&site.daemon, address)?;
    }
    client(&site.daemon, &["set", "short", "banip", "203.0.113.4"])?;
    until_recorded(
        &admin,
        &[
            ("203.0.113.1", "standing"),
            ("203.0.113.2", "standing"),
            ("203.0.113.3", "standing"),
            ("203.0.113.0/28", "standing"),
            ("203.0.113.4", "ran-out"),
        ],
    )
    .await?;
    unban(&site.daemon, "203.0.113.2")?;
    admin.post("/jails/sshd/unban", &[("ip", "203.0.113.3")]).await?;
    admin.post("/unban", &[("ip", "203.0.113.1")]).await?;
    until_recorded(
        &admin,
        &[
            ("203.0.113.1", "lifted"),
            ("203.0.113.2", "lifted"),
            ("203.0.113.3", "lifted"),
            ("203.0.113.0/28", "standing"),
            ("203.0.113.4", "ran-out"),
        ],
    )
    .await?;
    let page = admin.get("/history").await?;
    let badge = |address: &str| page.text(&format!("tr[data-ip='{address}'] .badge"));
    assert_eq!(badge("203.0.113.1")?, "lifted by admin");
    assert_eq!(badge("203.0.113.2")?, "lifted outside BanGUI");
    assert_eq!(badge("203.0.113.3")?, "lifted by admin");
    let row = page.text("tr[data-ip='203.0.113.4']")?;
    assert!(row.contains("Documentation") && row.contains("short") && row.contains("3 s 1"), "{row}");
    let look_up = admin.get("/lookup?ip=203.0.113.4").await?;
    let links = look_up.attributes("[aria-labelledby=history] a[href^='/history']", "href")?;
    let query = links.first().and_then(|link| link.strip_prefix("/history")).ok_or("no link")?;
    assert_eq!(recorded(&admin, query).await?, [["203.0.113.4", "short", "ran-out"]]);
    assert_eq!(page.texts("#source, [data-gap], #first-look")?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_ban_that_is_restored_after_a_restart_is_no_new_one() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    ban(&site.daemon, "203.0.113.1")?;
    until_recorded(&admin, &[("203.0.113.1", "standing")]).await?;
    site.daemon.stop().await?;
    site.daemon.start_again().await?;
    until("it is restored", || Ok(client(&site.daemon, &["get", "sshd", "banip"])?.contains("203.0.113.1")))
        .await?;
    ban(&site.daemon, "203.0.113.2")?;
    until_recorded(&admin, &[("203.0.113.1", "standing"), ("203.0.113.2", "standing")]).await?;
    // Whoever is banned once more is recorded twice.
    unban(&site.daemon, "203.0.113.1")?;
    until_recorded(&admin, &[("203.0.113.1", "lifted"), ("203.0.113.2", "standing")]).await?;
    ban(&site.daemon, "203.0.113.1")?;
    let begin = Instant::now();
    while recorded(&admin, "?ip=203.0.113.1").await?.len() < 2 && begin.elapsed() < Duration::from_mins(1) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let endings: Vec<String> =
        recorded(&admin, "?ip=203.0.113.1").await?.into_iter().map(|[.., ended]| ended).collect();
    assert_eq!(endings, ["standing", "lifted"]);
    Ok(())
}

#[tokio::test]
async fn a_late_bangui_catches_up_with_what_came_and_went_without_it() -> TestResult {
    let short = DemoJail { ban_time: 1, ..DemoJail::new("short", "sshd") };
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd"), short]).await?;
    ban(&daemon, "203.0.113.1")?;
    ban(&daemon, "203.0.113.2")?;
    client(&daemon, &["set", "short", "banip", "203.0.113.3"])?;
    until_written(&daemon, 3).await?;
    until("it ended", || Ok(client(&daemon, &["get", "short", "banip"])?.is_empty())).await?;
    let own = tempfile::tempdir()?;
    let bangui = Site::beside(&daemon, own.path()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let first = [("203.0.113.1", "standing"), ("203.0.113.2", "standing"), ("203.0.113.3", "ran-out")];
    until_recorded(&admin, &first).await?;
    drop(bangui);

    // The row of the newest ban goes, and its number is given to the next one.
    client(&daemon, &["set", "short", "unbanip", "203.0.113.3"])?;
    unban(&daemon, "203.0.113.1")?;
    ban(&daemon, "203.0.113.4")?;
    client(&daemon, &["set", "short", "banip", "203.0.113.5"])?;
    until_written(&daemon, 3).await?;
    let bangui = Site::beside(&daemon, own.path()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    until_recorded(
        &admin,
        &[
            ("203.0.113.1", "lifted"),
            ("203.0.113.2", "standing"),
            ("203.0.113.3", "ran-out"),
            ("203.0.113.4", "standing"),
            ("203.0.113.5", "ran-out"),
        ],
    )
    .await
}

#[tokio::test]
async fn the_past_is_read_from_old_logs_once_and_restored_bans_are_none() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    ban(&daemon, "203.0.113.9")?;
    until_written(&daemon, 1).await?;
    let day = (Zoned::now() - jiff::Span::new().days(2)).strftime("%Y-%m-%d").to_string();
    let line = |time: &str, words: &str| {
        format!("{day} {time},5 fail2ban.actions        [7]: NOTICE  [sshd] {words}\n")
    };
    let old = [
        line("10:00:00", "Ban 203.0.113.1"),
        line("10:05:00", "Unban 203.0.113.1"),
        line("10:06:00", "Restore Ban 203.0.113.1"),
        line("10:10:00", "Unban 203.0.113.1"),
        line("11:00:00", "Ban 203.0.113.1"),
        line("11:10:00", "Unban 203.0.113.1"),
    ];
    let rotated = daemon.server_log().with_added_extension("1");
    fs::write(rotated, old.concat())?;
    let own = tempfile::tempdir()?;
    let expected = [
        ["203.0.113.9", "sshd", "standing"],
        ["203.0.113.1", "sshd", "unknown"],
        ["203.0.113.1", "sshd", "unknown"],
    ];
    for _ in 0..2 {
        let bangui = Site::beside(&daemon, own.path()).await?;
        let admin = Visitor::admin(bangui.address).await?;
        until("the old log was read", || {
            let record = Connection::open(bangui.history())?;
            Ok(record.query_row("SELECT log FROM progress", [], |row| row.get(0))?)
        })
        .await?;
        assert_eq!(recorded(&admin, "?time=7d").await?, expected);
        let page = admin.get("/history?time=7d&ip=203.0.113.1").await?;
        let times = page.attributes("#history tbody tr time", "title")?;
        let clocks: Vec<&str> = times.iter().filter_map(|time| time.split(' ').nth(1)).collect();
        assert_eq!(clocks, ["11:00:00", "11:10:00", "10:00:00", "10:10:00"]);
        // Read once more, it is the same.
        drop(bangui);
        Connection::open(own.path().join("bangui-history.sqlite3"))?
            .execute("UPDATE progress SET log = 0", [])?;
    }
    Ok(())
}

#[tokio::test]
async fn the_record_has_each_row_of_fail2bans_database_however_many_there_are() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let addresses: Vec<String> =
        (0..5_000).map(|number| format!("198.18.{}.{}", number / 250, number % 250)).collect();
    for chunk in addresses.chunks(500) {
        let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
        client(&daemon, &[&["set", "sshd", "banip"], chunk.as_slice()].concat())?;
    }
    until_written(&daemon, 5_000).await?;
    let own = tempfile::tempdir()?;
    let bangui = Site::beside(&daemon, own.path()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let begin = Instant::now();
    let counted = loop {
        let page = admin.get("/history").await?;
        let counted = page.text(".count")?;
        if counted.contains("5,000 bans") || begin.elapsed() > Duration::from_mins(1) {
            break counted;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(counted.contains("of 5,000 bans"), "{counted}");
    // Row by row the same as fail2ban has.
    let sql = "SELECT ip, timeofban, bantime, bancount FROM bans ORDER BY ip";
    let theirs = Connection::open(daemon.database())?;
    let theirs: Vec<(String, i64, i64, i64)> = theirs
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let file = admin.get("/history/json").await?.body;
    let ours: Vec<serde_json::Value> = serde_json::from_str(&file)?;
    let mut ours: Vec<(String, i64, i64, i64)> = ours
        .iter()
        .map(|ban| {
            let since: jiff::Timestamp = ban["banned"].as_str().unwrap_or_default().parse()?;
            let number = |name: &str| ban[name].as_i64().unwrap_or(-9);
            let address = ban["address"].as_str().unwrap_or_default().to_owned();
            Ok((address, since.as_second(), number("length"), number("count")))
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    ours.sort();
    assert!(ours == theirs, "they differ");
    Ok(())
}

#[tokio::test]
async fn without_fail2bans_database_the_lists_are_recorded_and_the_page_says_so() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    site.daemon.stop().await?;
    let settings = site.daemon.config_dir().join("fail2ban.local");
    let without = fs::read_to_string(&settings)? + "dbfile = None\n";
    let without: Vec<&str> = without.lines().filter(|line| !line.starts_with("dbfile = /")).collect();
    fs::write(&settings, without.join("\n") + "\n")?;
    site.daemon.start_again().await?;
    let admin = Visitor::admin(site.address).await?;
    ban(&site.daemon, "203.0.113.1")?;
    ban(&site.daemon, "203.0.113.2")?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.3")]).await?;
    let three = [("203.0.113.1", "standing"), ("203.0.113.2", "standing"), ("203.0.113.3", "standing")];
    until_recorded(&admin, &three).await?;
    let said = admin.get("/history").await?.text("#source")?;
    assert!(said.contains("database is switched off") && said.contains("once a minute"), "{said}");
    unban(&site.daemon, "203.0.113.1")?;
    admin.post("/jails/sshd/unban", &[("ip", "203.0.113.2")]).await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.4")]).await?;
    until_recorded(
        &admin,
        &[
            ("203.0.113.1", "lifted"),
            ("203.0.113.2", "lifted"),
            ("203.0.113.3", "standing"),
            ("203.0.113.4", "standing"),
        ],
    )
    .await
}
