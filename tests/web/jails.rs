//! `/jails`.

use std::error::Error;

use bangui::demo::{Attack, DemoJail};
use jiff::Zoned;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// The figure after `title` in what `fail2ban-client status JAIL` prints.
fn figure(site: &Site, jail: &str, title: &str) -> Result<String, Box<dyn Error>> {
    let status = client(&site.daemon, &["status", jail])?;
    let line = status.lines().find_map(|line| line.split_once(&format!("{title}:")));
    Ok(line.ok_or_else(|| format!("no {title} in {status}"))?.1.trim().to_owned())
}

#[tokio::test]
async fn each_jail_has_the_figures_that_fail2ban_client_tells() -> TestResult {
    let for_ever = DemoJail { ban_time: -1, max_retry: 7, ..DemoJail::new("for-ever", "sshd") };
    let growing = DemoJail { ban_time: 7200, find_time: 90, ..DemoJail::new("growing", "sshd") };
    let growing = growing.with("bantime.increment", "true");
    let site = Site::start(&[for_ever, growing, DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "growing", "banip", "203.0.113.1", "203.0.113.2"])?;
    client(&site.daemon, &["set", "growing", "unbanip", "203.0.113.1"])?;
    let line = Attack::Ssh.line("203.0.113.9".parse()?, &Zoned::now());
    std::fs::write(site.daemon.log_file("sshd"), format!("{line}\n"))?;
    until("the failure is counted", || Ok(figure(&site, "sshd", "Total failed")? == "1")).await?;
    until("the ban is counted", || Ok(figure(&site, "growing", "Total banned")? == "2")).await?;
    let page = Visitor::admin(site.address).await?.get("/jails").await?;
    let rows = page.cells("data-jail")?;
    assert_eq!(rows.len(), 3);
    for (jail, cells) in &rows {
        for (label, title) in [
            ("Banned now", "Currently banned"),
            ("Total banned", "Total banned"),
            ("Currently failed", "Currently failed"),
            ("Total failed", "Total failed"),
        ] {
            assert_eq!(cells[label], figure(&site, jail, title)?, "{jail}: {label}");
        }
        assert_eq!(cells["Retries"], client(&site.daemon, &["get", jail, "maxretry"])?, "{jail}");
    }
    assert_eq!((rows["sshd"]["Ban time"].as_str(), rows["sshd"]["Find time"].as_str()), ("10 min", "10 min"));
    assert_eq!(
        (rows["growing"]["Ban time"].as_str(), rows["growing"]["Find time"].as_str()),
        ("2 h, growing", "1 min 30 s")
    );
    assert_eq!(rows["for-ever"]["Ban time"], "permanent");
    assert_eq!(page.text("#sum")?, "1 ban in 3 jails. Problems first");
    Ok(())
}

#[tokio::test]
async fn the_backend_is_shown_where_the_daemon_tells_it_and_nowhere_else() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let page = Visitor::admin(site.address).await?.get("/jails").await?;
    let tells = client(&site.daemon, &["stats"]).is_ok();
    assert_eq!(page.texts("thead th")?.contains(&"Backend".to_owned()), tells);
    assert_eq!(page.cells("data-jail")?["sshd"].contains_key("Backend"), tells);
    Ok(())
}

#[tokio::test]
async fn a_ban_that_log_lines_cause_shows_up() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(admin.get("/jails").await?.cells("data-jail")?["sshd"]["Banned now"], "0");
    assert!(admin.get("/jails/sshd").await?.text("#bans")?.contains("No bans in sshd"));
    let line = Attack::Ssh.line("2001:db8::7".parse()?, &Zoned::now());
    std::fs::write(site.daemon.log_file("sshd"), format!("{line}\n").repeat(3))?;
    until("fail2ban has banned it", || Ok(banned(&site.daemon, "sshd")? == ["2001:db8::7"])).await?;
    assert_eq!(admin.get("/jails/sshd").await?.rows()?, ["2001:db8::7"]);
    let table = admin.part("/jails/table").await?;
    assert_eq!(table.cells("data-jail")?["sshd"]["Banned now"], "1");
    assert!(!table.body.contains("<html"), "a part is no page");
    assert_eq!(
        admin.get("/unban").await?.attributes("[aria-labelledby=last] li", "data-ip")?,
        ["2001:db8::7"]
    );
    Ok(())
}

/// fail2ban logs each command that it does not know as an error.
#[tokio::test]
async fn looking_again_and_again_does_not_fill_fail2bans_log() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    for _ in 0..5 {
        for path in ["/jails", "/jails/table", "/jails/sshd", "/jails/sshd/bans", "/unban", "/server"] {
            assert_eq!(admin.get(path).await?.status, 200);
        }
    }
    let log = std::fs::read_to_string(site.daemon.server_log())?;
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.len() <= 1, "{errors:?}");
    Ok(())
}

#[tokio::test]
async fn a_daemon_without_jails_says_so() -> TestResult {
    let site = Site::start(&[]).await?;
    let page = Visitor::admin(site.address).await?.get("/jails").await?;
    assert_eq!(page.status, 200);
    assert!(page.text("#jails")?.contains("No jails are running"));
    Ok(())
}

#[tokio::test]
async fn an_address_in_two_jails_is_two_bans_of_one_address() -> TestResult {
    let site = Site::start(&[DemoJail::new("mail", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    client(&site.daemon, &["set", "mail", "banip", "203.0.113.5"])?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5", "203.0.113.6"])?;
    until("all are banned", || {
        Ok(banned(&site.daemon, "mail")?.len() == 1 && banned(&site.daemon, "sshd")?.len() == 2)
    })
    .await?;
    assert_eq!(
        admin.get("/jails").await?.text("#sum")?,
        "3 bans in 2 jails. Problems first",
        "no list was read for it"
    );
    let bans = admin.get("/bans?q=nothing-like-it").await?;
    assert!(bans.text("#bans .empty")?.contains("3 bans in all jails."), "{}", bans.text("#bans")?);
    let bans = admin.get("/bans").await?;
    assert!(bans.text("#bans .count")?.contains("1–3 of 3"), "{}", bans.text("#bans .count")?);
    assert_eq!(admin.get("/jails").await?.text("#sum")?, "3 bans of 2 addresses in 2 jails. Problems first");
    let cells = admin.get("/jails").await?.cells("data-jail")?;
    for jail in ["mail", "sshd"] {
        assert_eq!(cells[jail]["Banned now"], figure(&site, jail, "Currently banned")?, "{jail}");
    }
    let holders = client(&site.daemon, &["banned", "203.0.113.5"])?;
    assert!(holders.contains("mail") && holders.contains("sshd"), "{holders}");
    let all = admin.get("/unban-all").await?.text("main .sum")?;
    assert!(all.contains("This lifts 3 bans of 2 addresses in 2 jails."), "{all}");
    let one =
        admin.post("/bans/unban?jail=sshd", &[("which", "network"), ("network", "203.0.113.5")]).await?;
    assert_eq!(one.text("h1")?, "Lift 1 ban?");
    let page = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    assert!(
        page.text("#messages")?.contains("2 bans were lifted in mail, sshd"),
        "{}",
        page.text("#messages")?
    );
    client(&site.daemon, &["set", "sshd", "banip", "198.51.100.0/24"])?;
    until("the network is banned", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    admin.get("/bans").await?;
    assert_eq!(
        admin.get("/jails").await?.text("#sum")?,
        "2 bans of 2 addresses and networks in 2 jails. Problems first"
    );
    Ok(())
}
