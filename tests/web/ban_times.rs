//! What a row says of a ban that is over, and of one that has survived a restart.

use std::error::Error;
use std::time::{Duration, Instant};

use bangui::demo::DemoJail;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};
use crate::web::reload::end_of_work;

const ENTRY: &str = "203.0.113.5";

fn bans_for(seconds: i64) -> DemoJail {
    DemoJail { ban_time: seconds, ..DemoJail::new("sshd", "sshd") }
}

async fn ban(site: &Site) -> TestResult {
    client(&site.daemon, &["set", "sshd", "banip", ENTRY])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == [ENTRY])).await
}

/// Waits until every page that shows the ban says `words` of it.
async fn until_said(admin: &Visitor, table: &str, sentence: &str) -> TestResult {
    for (path, row, words) in [
        ("/jails/sshd", "#bans tbody tr", table),
        ("/bans", "#bans tbody tr", table),
        ("/lookup?ip=203.0.113.5", "tbody tr", table),
        ("/unban?ip=203.0.113.5", "[data-jail=sshd]", sentence),
    ] {
        let begin = Instant::now();
        loop {
            let row = admin.get(path).await?.text(row)?;
            if row.contains(words) {
                break;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "{path} never said {words:?}: {row}");
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_ban_that_is_over_is_held_while_its_jail_is_idle() -> TestResult {
    let site = Site::start(&[bans_for(3)]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.submit("/jails/sshd/idle", &[("on", "true")]).await?;
    ban(&site).await?;
    until_said(&admin, "expired, kept while idle", "expired, but kept while the jail is idle").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, [ENTRY]);
    admin.submit("/jails/sshd/idle", &[("on", "false")]).await?;
    until("it is lifted", || Ok(banned(&site.daemon, "sshd")?.is_empty())).await?;
    assert!(admin.get("/jails/sshd").await?.text("#bans")?.contains("No bans in sshd"));
    Ok(())
}

#[tokio::test]
async fn a_ban_that_is_over_and_listed_for_an_unknown_reason_is_not_lifted_yet() -> TestResult {
    let site = Site::start(&[bans_for(2)]).await?;
    let admin = Visitor::admin(site.address).await?;
    // By somebody else: fail2ban does not tell.
    client(&site.daemon, &["set", "sshd", "idle", "on"])?;
    ban(&site).await?;
    until_said(&admin, "expired, not lifted yet", "expired, but not lifted yet").await
}

async fn title(admin: &Visitor) -> Result<String, Box<dyn std::error::Error>> {
    Ok(admin.get("/jails/sshd").await?.attributes("#bans tbody [data-label=banned] time", "title")?.concat())
}

/// The seconds at which a title says that the ban began. fail2ban's database rounds them and its list cuts them
/// off, so a ban that was restored begins up to a second later (`fail2ban/server/database.py`, `addBan`).
fn start(title: &str) -> Result<i64, Box<dyn Error>> {
    let printed: jiff::civil::DateTime = title.get(..19).ok_or("no time")?.parse()?;
    Ok(printed.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_second())
}

#[tokio::test]
async fn a_ban_from_before_a_restart_is_not_new_and_says_so() -> TestResult {
    let site = Site::start(&[bans_for(600)]).await?;
    let admin = Visitor::admin(site.address).await?;
    ban(&site).await?;
    let begun = Timestamp::now().as_second();
    let before = title(&admin).await?;
    assert!(!before.contains("before"), "{before}");
    until("it is some seconds old", || Ok(Timestamp::now().as_second() > begun + 4)).await?;

    admin.post("/jails/sshd/restart", &[]).await?;
    let work = end_of_work(&admin).await?;
    assert!(work.text("#work")?.contains("sshd was restarted; its bans were lifted and restored."));
    until("it is back", || Ok(banned(&site.daemon, "sshd")? == [ENTRY])).await?;
    let after = title(&admin).await?;
    assert!((0..=1).contains(&(start(&after)? - start(&before)?)), "{after} and {before}");
    assert!(after.contains(", before the restart of sshd by admin ("), "{after}");
    assert!(after.ends_with("which lifted all bans: this one came back"), "{after}");

    let restarted = Timestamp::now().as_second();
    until("that is some seconds ago", || Ok(Timestamp::now().as_second() > restarted + 2)).await?;
    let old = site.daemon.pid()?;
    site.daemon.kill()?;
    until("another fail2ban has it", || {
        Ok(site.daemon.pid()? != old && banned(&site.daemon, "sshd").is_ok_and(|banned| banned == [ENTRY]))
    })
    .await?;
    let after = title(&admin).await?;
    assert!((0..=1).contains(&(start(&after)? - start(&before)?)), "{after} and {before}");
    assert!(after.contains(", before fail2ban's last start ("), "{after}");

    admin.post("/server/restart", &[]).await?;
    let work = end_of_work(&admin).await?;
    assert!(!work.text("#work")?.contains("Bans were kept."), "{}", work.text("#work")?);
    until("it is back once more", || Ok(banned(&site.daemon, "sshd").is_ok_and(|banned| banned == [ENTRY])))
        .await?;
    let after = title(&admin).await?;
    assert!(after.contains(", before the restart of fail2ban by admin ("), "{after}");
    // A new ban is one.
    client(&site.daemon, &["set", "sshd", "unbanip", ENTRY])?;
    ban(&site).await?;
    let again = title(&admin).await?;
    assert!(!again.contains("before"), "{again}");
    Ok(())
}
