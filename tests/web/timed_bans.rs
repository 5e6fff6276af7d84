//! Bans with a length and a reason of their own, over HTTP.

use std::error::Error;
use std::fs;

use bangui::demo::{DemoJail, PrivateDaemon};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const BAN: &str = "/jails/sshd/ban";
const ADDRESS: &str = "203.0.113.7";
const SCRAPER: [(&str, &str); 3] = [("ip", ADDRESS), ("length", "30d"), ("reason", "scraper")];

async fn site(ban_time: i64) -> Result<(Site, Visitor), Box<dyn Error>> {
    let jails = [
        DemoJail { ban_time, ..DemoJail::new("sshd", "sshd") },
        DemoJail { ban_time: 3600, ..DemoJail::new("web", "sshd") },
    ];
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

fn own(site: &Site) -> Result<Connection, Box<dyn Error>> {
    Ok(Connection::open(site.daemon.directory().join("bangui.sqlite3"))?)
}

/// The number of timed bans that BanGUI remembers.
fn remembered(site: &Site) -> Result<u32, Box<dyn Error>> {
    Ok(own(site)?.query_row("SELECT count(*) FROM timed_bans", [], |row| row.get(0))?)
}

/// Waits until fail2ban's list was seen: only what was there can be seen to be gone.
async fn until_seen(site: &Site) -> TestResult {
    let seen = "SELECT count(*) FROM timed_bans WHERE is_seen = 1";
    until("it was seen", || Ok(own(site)?.query_row(seen, [], |row| row.get::<_, u32>(0))? > 0)).await
}

/// Makes every timed ban end in so many seconds.
fn end_in(site: &Site, seconds: i64) -> TestResult {
    let until = Timestamp::now().as_second() + seconds;
    own(site)?.execute("UPDATE timed_bans SET until = ?1", [until])?;
    Ok(())
}

async fn until_banned(site: &Site, jail: &str, is: bool) -> TestResult {
    let holds =
        |list: Result<Vec<String>, _>| list.is_ok_and(|list| list.contains(&ADDRESS.to_owned()) == is);
    until(&format!("{ADDRESS} banned: {is}"), || Ok(holds(banned(&site.daemon, jail)))).await
}

/// The number of rows of the audit about `action`.
fn audited(site: &Site, action: &str) -> Result<u32, Box<dyn Error>> {
    let sql =
        "SELECT count(*) FROM audit WHERE action = ?1 AND account IS NULL AND jail = 'sshd' AND target = ?2";
    Ok(own(site)?.query_row(sql, params![action, ADDRESS], |row| row.get(0))?)
}

async fn until_audited(site: &Site, action: &str) -> TestResult {
    until(&format!("{action} is in the audit"), || Ok(audited(site, action)? > 0)).await
}

#[tokio::test]
async fn a_length_and_a_reason_stand_wherever_the_ban_does() -> TestResult {
    let (_site, admin) = site(600).await?;
    let page = admin.submit(BAN, &SCRAPER).await?;
    let said = page.text("#messages")?;
    assert!(said.contains("203.0.113.7 is now banned in sshd."), "{said}");
    assert!(said.contains("sshd bans for 10 min; BanGUI renews the ban until "), "{said}");
    for path in ["/jails/sshd", "/jails/sshd/bans", "/bans", "/bans/table", "/lookup?ip=203.0.113.7"] {
        let words = admin.get(path).await?.text(&format!("tr[data-ip='{ADDRESS}'] .timed"))?;
        assert!(words.starts_with("for 30 days · BanGUI renews the ban until "), "{path}: {words}");
        assert!(words.ends_with(" · scraper · by admin"), "{path}: {words}");
    }
    let audit = admin.get("/audit").await?;
    assert!(audit.body.contains("for 30 days: scraper"), "{}", audit.body);
    admin.submit("/lookup/ban", &[("ip", ADDRESS), ("only", "web"), ("length", "forever")]).await?;
    let words = admin.get("/jails/web").await?.text(".timed")?;
    assert_eq!(words, "forever · BanGUI renews the ban indefinitely · by admin");
    Ok(())
}

#[tokio::test]
async fn its_own_end_stands_wherever_the_end_of_a_ban_does_and_sorts_it() -> TestResult {
    let (site, admin) = site(600).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.8"])?;
    admin.submit(BAN, &SCRAPER).await?;
    admin.submit(BAN, &[("ip", "203.0.113.9"), ("length", "forever")]).await?;
    for path in ["/jails/sshd", "/bans", "/lookup?ip=203.0.113.7", "/unban?ip=203.0.113.7"] {
        let page = admin.get(path).await?;
        let row = page.text(&format!("[data-ip='{ADDRESS}']"))?;
        assert!(row.contains(" 30 days") || row.contains("29 days 23 h"), "{path}: {row}");
        assert!(!row.contains(" min"), "{path}: {row}");
    }
    let page = admin.get("/bans").await?;
    let forever = page.text("tr[data-ip='203.0.113.9']")?;
    assert!(forever.contains("never ends permanent"), "{forever}");
    for path in ["/jails/sshd?sort=expires&dir=asc", "/bans?sort=expires&dir=asc"] {
        let order = admin.get(path).await?.attributes("#bans tbody tr", "data-ip")?;
        assert_eq!(order, ["203.0.113.8", "203.0.113.7", "203.0.113.9"], "{path}");
    }
    let recorded = until_recorded(&admin, &["standing"]).await?;
    assert!(recorded.contains("30 days") && !recorded.contains("10 min"), "{recorded}");
    Ok(())
}

/// Waits until the record tells that the bans of the address ended so. Returns its newest row.
async fn until_recorded(admin: &Visitor, endings: &[&str]) -> Result<String, Box<dyn Error>> {
    let begin = std::time::Instant::now();
    loop {
        let page = admin.get(&format!("/history?ip={ADDRESS}")).await?;
        let told = page.attributes("#history tbody tr", "data-ended")?;
        if told == endings {
            return page.text("#history tbody tr");
        }
        if begin.elapsed() > std::time::Duration::from_mins(1) {
            return Err(format!("waited in vain for {endings:?}: {told:?}").into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn another_end_for_a_ban_that_has_one_is_said() -> TestResult {
    let (_site, admin) = site(600).await?;
    admin.submit(BAN, &SCRAPER).await?;
    let said = admin.submit(BAN, &[("ip", ADDRESS), ("length", "1h")]).await?.text("#messages")?;
    assert!(said.contains("The ban of 203.0.113.7 in sshd was shortened: it now ends "), "{said}");
    let fields = [("ip", ADDRESS), ("only", "sshd"), ("length", "forever")];
    let said = admin.submit("/lookup/ban", &fields).await?.text("#messages")?;
    assert!(said.contains("was extended: it now ends never, not "), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_beside_its_field() -> TestResult {
    let (site, admin) = site(600).await?;
    for (field, value, input) in [
        ("length", "soon", "ban-length"),
        ("reason", "a\nb", "ban-reason"),
        ("reason", "no length", "ban-length"),
    ] {
        let answer = admin.post(BAN, &[("ip", ADDRESS), (field, value)]).await?;
        assert_eq!(answer.status, 422, "{value:?}");
        let beside = answer.attributes(&format!("#{input}[aria-invalid=true]"), "aria-describedby")?.concat();
        assert!(!answer.text(&format!("#{beside}"))?.is_empty(), "{value:?}");
        assert_eq!(answer.attributes("#ban-ip", "value")?, [ADDRESS]);
    }
    let day = [("ip", ADDRESS), ("length", "day"), ("until", "2020-01-01")];
    let answer = admin.post(BAN, &day).await?;
    assert_eq!(answer.text("#until-mistake")?, "That day has passed.");
    assert!(banned(&site.daemon, "sshd")?.is_empty() && remembered(&site)? == 0);
    // What is asked first keeps the length and the reason.
    let own = [("ip", "127.0.0.1"), ("length", "1d"), ("reason", "a test")];
    let asked = admin.post(BAN, &own).await?;
    assert_eq!(asked.attributes("#ban-form input[name=length]", "value")?, ["1d"]);
    assert_eq!(asked.attributes("#ban-form input[name=reason]", "value")?, ["a test"]);
    Ok(())
}

#[tokio::test]
async fn a_ban_outlasts_its_jails_ban_time_without_being_made_anew_and_ends_at_its_own() -> TestResult {
    let (site, admin) = site(8).await?;
    admin.submit(BAN, &SCRAPER).await?;
    let end = || -> Result<String, Box<dyn Error>> {
        let list = client(&site.daemon, &["get", "sshd", "banip", "--with-time"])?;
        Ok(list.rsplit(" = ").next().unwrap_or_default().to_owned())
    };
    let first = end()?;
    assert!(!first.is_empty());
    until("its end was moved", || Ok(end()? > first)).await?;
    until_audited(&site, "prolong timed ban").await?;
    let again = end()?;
    until("its end was moved again", || Ok(end()? > again)).await?;
    let last = end()?;
    until("its end was moved a third time", || Ok(end()? > last)).await?;
    assert_eq!(audited(&site, "prolong timed ban")?, 1, "one row tells of all");
    let bans = fs::read_to_string(site.daemon.action_log())?.matches("ban sshd").count();
    assert_eq!(bans, 1, "no action runs for it again");
    end_in(&site, 2)?;
    until_banned(&site, "sshd", false).await?;
    until_audited(&site, "lift timed ban").await?;
    assert_eq!(remembered(&site)?, 0);
    assert_eq!(audited(&site, "restore timed ban")?, 0);
    Ok(())
}

#[tokio::test]
async fn a_ban_of_a_jail_that_bans_for_longer_is_lifted_at_its_end() -> TestResult {
    let (site, admin) = site(-1).await?;
    let page = admin.submit(BAN, &SCRAPER).await?;
    assert!(page.text("#messages")?.contains("sshd bans forever; BanGUI lifts the ban on "));
    until_seen(&site).await?;
    end_in(&site, 1)?;
    until_banned(&site, "sshd", false).await?;
    until("it is forgotten", || Ok(remembered(&site)? == 0)).await
}

#[tokio::test]
async fn what_a_person_lifts_outside_bangui_is_not_banned_again() -> TestResult {
    let (site, admin) = site(600).await?;
    admin.submit(BAN, &SCRAPER).await?;
    until_seen(&site).await?;
    client(&site.daemon, &["set", "sshd", "unbanip", ADDRESS])?;
    until_audited(&site, "forget timed ban").await?;
    assert_eq!(remembered(&site)?, 0);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    assert_eq!(audited(&site, "restore timed ban")?, 0);
    Ok(())
}

#[tokio::test]
async fn what_fail2ban_lost_in_a_restart_is_banned_again() -> TestResult {
    let (site, admin) = site(600).await?;
    admin.submit(BAN, &SCRAPER).await?;
    until_seen(&site).await?;
    until_recorded(&admin, &["standing"]).await?;
    site.daemon.stop().await?;
    let theirs = Connection::open(site.daemon.database())?;
    theirs.execute_batch("DELETE FROM bips; DELETE FROM bans;")?;
    site.daemon.start_again().await?;
    until_banned(&site, "sshd", true).await?;
    until_audited(&site, "restore timed ban").await?;
    assert_eq!(remembered(&site)?, 1);
    let who = admin.get("/audit").await?.text("tr[data-action='restore timed ban'] [data-cell=who]")?;
    assert_eq!(who, "BanGUI");
    let again: i64 = theirs.query_row("SELECT timeofban FROM bans", [], |row| row.get(0))?;
    until("its new row was read", || {
        let record = Connection::open(site.history())?;
        Ok(record
            .query_row("SELECT count(*) FROM marks WHERE since = ?1", [again], |row| row.get::<_, u32>(0))?
            > 0)
    })
    .await?;
    let one = until_recorded(&admin, &["standing"]).await?;
    assert!(one.contains("still standing"), "it is one ban that goes on: {one}");
    client(&site.daemon, &["set", "sshd", "unbanip", ADDRESS])?;
    until_recorded(&admin, &["lifted"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_ban_that_ends_while_bangui_is_away_is_lifted_when_it_is_back() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail { ban_time: -1, ..DemoJail::new("sshd", "sshd") }]).await?;
    let directory = tempfile::tempdir()?;
    let bangui = Site::beside(&daemon, directory.path()).await?;
    Visitor::admin(bangui.address).await?.submit(BAN, &SCRAPER).await?;
    let database = bangui.database().to_owned();
    drop(bangui);
    assert_eq!(banned(&daemon, "sshd")?, [ADDRESS]);
    assert_eq!(Connection::open(&database)?.execute("UPDATE timed_bans SET until = 1", [])?, 1);
    let bangui = Site::beside(&daemon, directory.path()).await?;
    until("it is lifted", || Ok(banned(&daemon, "sshd")?.is_empty())).await?;
    drop(bangui);
    Ok(())
}

#[tokio::test]
async fn every_unban_in_bangui_ends_it() -> TestResult {
    let (site, admin) = site(600).await?;
    let key = "sshd/203.0.113.7";
    for (path, fields) in [
        ("/jails/sshd/unban", vec![("ip", ADDRESS)]),
        ("/unban", vec![("ip", ADDRESS)]),
        ("/bans/unban", vec![("which", "selected"), ("ban", key)]),
        ("/unban-all", vec![("word", "UNBAN ALL")]),
    ] {
        admin.submit(BAN, &SCRAPER).await?;
        assert_eq!(remembered(&site)?, 1, "{path}");
        let answer = admin.post(path, &fields).await?;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        until_banned(&site, "sshd", false).await?;
        until("it is forgotten", || Ok(remembered(&site)? == 0)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_ban_waits_for_a_stopped_jail_and_says_so() -> TestResult {
    let (site, admin) = site(600).await?;
    admin.submit(BAN, &SCRAPER).await?;
    until_seen(&site).await?;
    client(&site.daemon, &["stop", "sshd"])?;
    for path in ["/jails/sshd", "/lookup?ip=203.0.113.7", "/lookup?ip=203.0.113.0/24"] {
        let waiting = admin.get(path).await?.text("#waiting")?;
        assert!(waiting.contains("203.0.113.7 in sshd") && waiting.contains("scraper"), "{path}: {waiting}");
    }
    let row = until_recorded(&admin, &["standing"]).await?;
    assert!(row.contains("its jail does not run"), "{row}");
    for file in ["csv", "json"] {
        let file = admin.get(&format!("/history/{file}")).await?.body;
        assert!(file.contains("jail-stopped") && !file.contains("standing"), "{file}");
    }
    let line = admin.get("/lookup?ip=203.0.113.7").await?.text("#past .rows li")?;
    assert!(line.ends_with("banned for 30 days, its jail does not run"), "{line}");
    let fields = [("ip", ADDRESS), ("jail", "sshd"), ("next", "/lookup?ip=203.0.113.7")];
    let ended = admin.submit("/timed-bans/end", &fields).await?;
    assert!(ended.text("#messages")?.contains("BanGUI no longer bans 203.0.113.7 in sshd."));
    assert!(ended.texts("#waiting")?.is_empty() && remembered(&site)? == 0);
    assert!(until_recorded(&admin, &["lifted"]).await?.contains("lifted by admin"));
    Ok(())
}

#[tokio::test]
async fn an_unban_of_all_that_cannot_end_a_timed_ban_lifts_nothing_and_says_so() -> TestResult {
    let (site, admin) = site(600).await?;
    admin.submit(BAN, &SCRAPER).await?;
    own(&site)?.execute_batch(
        "CREATE TRIGGER broken BEFORE DELETE ON timed_bans BEGIN SELECT RAISE(FAIL, 'no'); END;",
    )?;
    admin.post("/unban-all", &[("word", "UNBAN ALL")]).await?;
    let said = crate::web::bulk::end(&admin).await?.text("#bulk")?;
    assert!(said.contains("BanGUI’s database could not be written"), "{said}");
    assert_eq!(banned(&site.daemon, "sshd")?, [ADDRESS]);
    Ok(())
}

#[tokio::test]
async fn a_ban_of_a_stopped_jail_that_cannot_be_forgotten_is_told_after_an_unban_of_all() -> TestResult {
    let (site, admin) = site(600).await?;
    own(&site)?.execute_batch(
        "INSERT INTO timed_bans (jail, target, reason, since, banned_by) VALUES ('gone', '203.0.113.9', '', 1, 'admin');
         CREATE TRIGGER broken BEFORE DELETE ON timed_bans BEGIN SELECT RAISE(FAIL, 'no'); END;",
    )?;
    client(&site.daemon, &["set", "sshd", "banip", ADDRESS])?;
    until_banned(&site, "sshd", true).await?;
    admin.post("/unban-all", &[("word", "UNBAN ALL")]).await?;
    let page = crate::web::bulk::end(&admin).await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    assert_eq!(page.text("#bulk h2")?, "Not all bans were lifted");
    let said = page.text("[data-keeps-timed]")?;
    assert!(said.contains("come back when their stopped jails start"), "{said}");
    Ok(())
}
