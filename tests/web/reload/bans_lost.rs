//! Bans that a restart loses are counted before and after.

use bangui::demo::DemoJail;

use super::{agree, change_server, work, work_agreed};
use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

#[tokio::test]
async fn a_restart_with_another_database_or_without_one_says_how_many_bans_it_loses() -> TestResult {
    let (site, admin) = super::site().await?;
    let picture = work(&admin, "/server/restart").await?;
    let said = picture.text("#work")?;
    assert!(
        said.contains("3 jails are running. Bans were lifted and restored. 9 bans before, 9 afterwards."),
        "{said}"
    );
    let other = site.daemon.directory().join("other.sqlite3");
    let another = format!("dbfile = {}", other.display());
    for (number, setting, why) in [
        ("9 bans", another.as_str(), "fail2ban would start with another database"),
        ("2 bans", "dbfile = None", "fail2ban would start without a database"),
        ("2 bans", "dbfile = None", "fail2ban has no database to keep them in"),
    ] {
        if number != "9 bans" {
            client(&site.daemon, &["set", "sshd", "banip", "203.0.113.7", "203.0.113.8"])?;
            until("both are banned", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
        }
        change_server(&site, setting)?;
        let picture = work(&admin, "/server/restart").await?;
        assert_eq!(picture.text("#work h2")?, "Restart of fail2ban needs your confirmation");
        assert_eq!(picture.text("#bans-lost")?, format!("{number} would be lost: {why}."));
        let picture = agree(&admin, &picture).await?;
        let said = picture.text("#work")?;
        assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done", "{said}");
        assert!(said.contains(&format!("3 jails are running. {number} before, 0 afterwards.")), "{said}");
        assert!(!said.contains("restored"), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ban_that_comes_meanwhile_makes_no_other_plan() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    change_server(&site, "dbfile = None")?;
    let picture = work(&admin, "/server/restart").await?;
    assert!(picture.texts("#bans-lost")?.is_empty(), "{}", picture.text("#work")?);
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.7"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")?.len() == 1)).await?;
    let picture = agree(&admin, &picture).await?;
    let said = picture.text("#work")?;
    assert!(said.contains("1 jail is running. 1 ban before, 0 afterwards."), "{said}");
    // Nothing is said of bans where there were none.
    let picture = work_agreed(&admin, "/server/restart").await?;
    assert!(!picture.text("#work")?.contains("before"), "{}", picture.text("#work")?);
    Ok(())
}
