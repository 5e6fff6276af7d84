//! `/unban`.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// Two jails; each with these bans.
async fn site(entries: &[&str]) -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("mail", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    for jail in ["mail", "sshd"] {
        client(&site.daemon, &[&["set", jail, "banip"], entries].concat())?;
        until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == entries.len())).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

#[tokio::test]
async fn an_address_is_freed_in_every_jail_and_both_are_named() -> TestResult {
    let (site, admin) = site(&["2001:db8::5", "203.0.113.6"]).await?;
    let shown = admin.get("/unban?ip=2001:DB8:0::5").await?;
    assert_eq!(shown.attributes("[aria-labelledby=held] li", "data-jail")?, ["mail", "sshd"]);
    let page = admin.submit("/unban", &[("ip", " 2001:DB8:0::5 ")]).await?;
    let message = page.text("#messages")?;
    assert!(
        message.contains("no longer banned") && message.contains("mail") && message.contains("sshd"),
        "{message}"
    );
    for jail in ["mail", "sshd"] {
        assert_eq!(banned(&site.daemon, jail)?, ["203.0.113.6"]);
    }
    Ok(())
}

#[tokio::test]
async fn it_can_be_one_jail_alone() -> TestResult {
    let (site, admin) = site(&["203.0.113.5"]).await?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.5"), ("jail", "sshd")]).await?;
    assert!(page.text("#messages")?.contains("still banned"), "{}", page.text("#messages")?);
    assert_eq!(page.attributes("[aria-labelledby=held] li", "data-jail")?, ["mail"]);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    assert_eq!(banned(&site.daemon, "mail")?, ["203.0.113.5"]);
    assert_eq!(admin.post("/unban", &[("ip", "203.0.113.5"), ("jail", "nope")]).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn an_address_inside_a_banned_network_is_told_so_and_offered_the_network() -> TestResult {
    let (site, admin) = site(&["203.0.113.0/24"]).await?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    let message = page.text("#messages .bad")?;
    assert!(
        message.contains("203.0.113.5 is still banned, as listed below. Nothing was changed."),
        "{message}"
    );
    let offered = page.attributes("[aria-labelledby=held] button[name=ip]", "value")?;
    assert_eq!(offered, ["203.0.113.0/24", "203.0.113.0/24"]);
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.0/24"]);
    let freed = admin.submit("/unban", &[("ip", &offered[0])]).await?;
    assert!(freed.text("#messages")?.contains("203.0.113.0/24 is no longer banned"));
    assert!(banned(&site.daemon, "sshd")?.is_empty() && banned(&site.daemon, "mail")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn where_the_address_and_its_network_are_banned_the_network_stays_and_is_told() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.0/24"]).await?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    let message = page.text("#messages .bad")?;
    assert!(message.contains("was unbanned in mail, sshd, and is still banned in "), "{message}");
    for jail in ["mail", "sshd"] {
        assert_eq!(banned(&site.daemon, jail)?, ["203.0.113.0/24"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_network_frees_what_is_banned_inside_it() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.128/25", "198.51.100.1"]).await?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.0/24")]).await?;
    assert!(
        page.text("#messages")?.contains("4 bans were lifted in mail, sshd"),
        "{}",
        page.text("#messages")?
    );
    for jail in ["mail", "sshd"] {
        assert_eq!(banned(&site.daemon, jail)?, ["198.51.100.1"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_banned_text_can_be_lifted_and_nonsense_is_refused() -> TestResult {
    let (site, admin) = site(&["not-an-address", "203.0.113.7/24"]).await?;
    for nonsense in ["not-an-addres", "--all", "<F2B_END_COMMAND>", "", "a\u{0}b"] {
        let answer = admin.post("/unban", &[("ip", nonsense)]).await?;
        assert_eq!(answer.status, 422, "{nonsense:?}");
        assert!(!answer.text("#mistake")?.is_empty(), "{nonsense:?}");
        if !nonsense.is_empty() {
            let query = percent_encoding::utf8_percent_encode(nonsense, percent_encoding::NON_ALPHANUMERIC);
            assert_eq!(admin.get(&format!("/unban?ip={query}")).await?.status, 422, "{nonsense:?}");
        }
    }
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 2);
    for entry in ["not-an-address", "203.0.113.7/24"] {
        let page = admin.submit("/unban", &[("ip", entry)]).await?;
        assert!(page.text("#messages")?.contains(&format!("{entry} is no longer banned")), "{entry}");
    }
    assert!(banned(&site.daemon, "sshd")?.is_empty() && banned(&site.daemon, "mail")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn who_is_not_banned_reads_that_nothing_was_changed() -> TestResult {
    let (site, admin) = site(&["203.0.113.6"]).await?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    assert_eq!(page.text("#mistake")?, "203.0.113.5 is not banned in any jail. Nothing was changed.");
    assert_eq!(page.attributes("#ip[autofocus]", "value")?, ["203.0.113.5"]);
    assert_eq!(page.text("title")?, "Error: Unban · BanGUI");
    assert!(
        admin
            .get("/unban?ip=203.0.113.5")
            .await?
            .text("main")?
            .contains("203.0.113.5 is not banned in any jail.")
    );
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.6"]);
    let plain = admin.get("/unban").await?;
    assert!(plain.text("main")?.contains("Your address 127.0.0.1"));
    assert!(plain.text("#messages")?.is_empty(), "a message is shown once");
    Ok(())
}

const COUNTED: &str = "Banning again counts as one more ban for recidive.";

#[tokio::test]
async fn where_a_jail_counts_bans_banning_again_says_that_it_is_one_more() -> TestResult {
    let recidive = DemoJail { reads_own_log: true, max_retry: 9, ..DemoJail::new("recidive", "recidive") };
    let site = Site::start(&[recidive, DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let counted = || -> Result<u32, Box<dyn Error>> {
        let status = client(&site.daemon, &["status", "recidive"])?;
        let line = status.lines().find_map(|line| line.split_once("Total failed:"));
        Ok(line.ok_or("no figure")?.1.trim().parse()?)
    };
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    client(&site.daemon, &["set", "recidive", "banip", "203.0.113.6"])?;
    until("recidive has counted the ban", || Ok(counted()? == 1)).await?;
    for (path, fields) in [
        ("/unban", [("ip", "203.0.113.5")].as_slice()),
        ("/jails/sshd/unban", &[("ip", "203.0.113.5")]),
        ("/bans/unban", &[("one", "sshd/203.0.113.5")]),
        ("/bans/unban", &[("which", "selected"), ("ban", "sshd/203.0.113.5"), ("confirmed", "yes")]),
    ] {
        let before = counted()?;
        let page = admin.submit(path, fields).await?;
        assert!(page.text(".counted")?.contains(COUNTED), "{path}: {}", page.text("main")?);
        admin.post("/bans/again", &[("ban", "sshd/203.0.113.5"), ("next", "/bans")]).await?;
        until("recidive has counted it again", || Ok(counted()? == before + 1)).await?;
    }
    let page = admin.submit("/jails/recidive/unban", &[("ip", "203.0.113.6")]).await?;
    assert!(page.texts(".counted")?.is_empty(), "recidive does not count its own bans");
    Ok(())
}
