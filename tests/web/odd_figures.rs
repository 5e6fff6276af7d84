//! Figures of a jail that mean something else than they seem to.

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client};

#[tokio::test]
async fn a_jail_with_odd_figures_is_described_by_what_they_do() -> TestResult {
    let jail = |name: &str| DemoJail::new(name, "sshd");
    let jails = [
        DemoJail { ban_time: 0, ..jail("never") },
        DemoJail { ban_time: -5, ..jail("negative") },
        DemoJail { ban_time: -1, ..jail("for-ever") },
        DemoJail { find_time: 0, ..jail("moment") },
        jail("first"),
        DemoJail { max_retry: 1, ..jail("one") },
        jail("plain"),
    ];
    let site = Site::start(&jails).await?;
    client(&site.daemon, &["set", "first", "maxretry", "-1"])?;
    let admin = Visitor::admin(site.address).await?;
    for (jail, sentence) in [
        ("never", "Bans nobody: with its bantime a ban is over at once."),
        ("negative", "Bans nobody: with its bantime a ban is over at once."),
        ("for-ever", "Bans forever after 3 failures within 10 min."),
        ("moment", "Bans for 10 min after 3 failures at the same moment (its findtime is 0)."),
        ("first", "Bans for 10 min after the first failure (its maxretry is -1)."),
        ("one", "Bans for 10 min after 1 failure."),
        ("plain", "Bans for 10 min after 3 failures within 10 min."),
    ] {
        let page = admin.get(&format!("/jails/{jail}")).await?;
        let said = page.text(".sum")?;
        assert!(said.starts_with(sentence), "{jail}: {said}");
    }
    let cells = admin.get("/jails").await?.cells("data-jail")?;
    assert_eq!(cells["first"]["Retries"], "-1");
    Ok(())
}

#[tokio::test]
async fn with_no_or_a_negative_ban_time_other_than_minus_one_nobody_is_banned() -> TestResult {
    let jail = |name: &str, ban_time| DemoJail { ban_time, ..DemoJail::new(name, "sshd") };
    let site = Site::start(&[jail("never", 0), jail("negative", -5), jail("for-ever", -1)]).await?;
    let admin = Visitor::admin(site.address).await?;
    for (name, bans) in [("never", 0), ("negative", 0), ("for-ever", 1)] {
        assert_eq!(client(&site.daemon, &["set", name, "banip", "203.0.113.5"])?, bans.to_string(), "{name}");
        assert_eq!(banned(&site.daemon, name)?.len(), bans, "{name}");
        let shown = admin.get(&format!("/jails/{name}")).await?.text("#bans")?;
        let sentence = "The jail bans nobody: with its bantime a ban is over at once.";
        assert_eq!(shown.contains(sentence), bans == 0, "{name}: {shown}");
    }
    Ok(())
}
