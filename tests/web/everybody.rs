//! Ignore lists that may hold every address: fail2ban lists `0.0.0.0/0` as `0.0.0.0`.

use std::fs;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const HINT: &str = "This may stand for every IPv4 address: fail2ban lists 0.0.0.0/0 in the same way.";

#[tokio::test]
async fn an_entry_that_may_be_every_address_is_marked_wherever_its_jail_is_shown() -> TestResult {
    let jails = [
        DemoJail::new("gamma", "sshd").with("ignoreip", "10.0.0.0/0 198.51.100.0/24"),
        DemoJail::new("six", "sshd").with("ignoreip", "::/0"),
        DemoJail::new("sshd", "sshd").with("ignoreip", "192.0.2.0/24 ::1"),
    ];
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    let list = admin.get("/jails").await?;
    for (jail, badges) in [("gamma", 1), ("six", 1), ("sshd", 0)] {
        let marked = list.texts(&format!("tr[data-jail={jail}] .badge"))?;
        assert_eq!(marked.len(), badges, "{jail}: {marked:?}");
        let page = admin.get(&format!("/jails/{jail}")).await?;
        assert_eq!(page.texts("#disarmed")?.len(), badges, "{jail}");
    }
    assert_eq!(list.texts("tr[data-jail=gamma] .badge")?, ["may ignore everybody"]);
    let page = admin.get("/jails/gamma").await?;
    let rows = page.texts("#ignores .rows > li")?;
    let row = rows.iter().find(|row| row.starts_with("0.0.0.0")).ok_or("no row")?;
    assert!(row.contains(HINT), "{row}");

    for (asked, unsure, sure) in [
        ("203.0.113.99", "gamma", "six, sshd"),
        ("203.0.113.0/24", "gamma", "six, sshd"),
        ("2001:db8::1", "six", "gamma, sshd"),
    ] {
        let page = admin.get(&format!("/lookup?ip={asked}")).await?;
        let said = page.text(&format!("[aria-labelledby=ignored] [data-jail={unsure}] dd"))?;
        assert!(said.starts_with("may be ignored.") && said.contains("This may stand for every"), "{said}");
        assert_eq!(page.texts("[aria-labelledby=ignored] div:not([data-jail]) dd")?, [sure]);
    }
    let sure =
        admin.get("/lookup?ip=198.51.100.7").await?.text("[aria-labelledby=ignored] [data-jail=gamma] dd")?;
    assert!(sure.starts_with("ignored because of 198.51.100.0/24"), "{sure}");

    // It is what it may be, and removing it arms the jail.
    let fail = |address: &str| -> TestResult {
        let now = jiff::Zoned::now().strftime("%b %d %H:%M:%S").to_string();
        let line = format!("{now} host sshd[1]: Failed password for root from {address} port 22 ssh2\n");
        Ok(fs::write(site.daemon.log_file("gamma"), line.repeat(3))?)
    };
    let fields = [("ip", "0.0.0.0"), ("confirmed", "0.0.0.0")];
    let said = admin.submit("/jails/gamma/ignore/remove", &fields).await?.text("#messages")?;
    assert!(said.contains("0.0.0.0 is no longer ignored in gamma"), "{said}");
    assert!(!client(&site.daemon, &["get", "gamma", "ignoreip"])?.contains("0.0.0.0"));
    assert!(admin.get("/jails").await?.texts("tr[data-jail=gamma] .badge")?.is_empty());
    fail("203.0.113.99")?;
    until("it is banned", || Ok(banned(&site.daemon, "gamma")? == ["203.0.113.99"])).await
}
