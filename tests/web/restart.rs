//! Restarts, over HTTP.

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, processes_naming, protection, until};
use crate::web::reload::end_of_work;

#[tokio::test]
async fn a_restart_brings_a_new_process_with_the_same_jails_and_bans() -> TestResult {
    let jails = [DemoJail::new("sshd", "sshd"), DemoJail { ban_time: -1, ..DemoJail::new("web", "sshd") }];
    let site = Site::start(&jails).await?;
    for jail in ["sshd", "web"] {
        client(&site.daemon, &["set", jail, "banip", "203.0.113.5", "2001:db8::/32"])?;
        until("both are banned", || Ok(banned(&site.daemon, jail)?.len() == 2)).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    let before = (protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?);
    let pid = site.daemon.pid()?.ok_or("it does not run")?;
    let shown = admin.get("/server").await?.text(".facts")?;
    assert!(shown.contains(&format!("Process{pid}")) || shown.contains(&format!("Process {pid}")), "{shown}");
    let answer = admin.post("/server/restart", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/server"));
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done");
    assert!(picture.text("#work")?.contains("2 jails are running."), "{}", picture.text("#work")?);
    let again = site.daemon.pid()?.ok_or("it does not run again")?;
    assert_ne!(again, pid);
    let mut running = processes_naming(&site.daemon.directory().to_string_lossy())?;
    running.retain(|line| line.contains("fail2ban-server"));
    assert_eq!(running.len(), 1, "{running:?}");
    assert!(admin.get("/server").await?.text(".facts")?.contains(&again.to_string()));
    for jail in ["sshd", "web"] {
        until("the bans are back", || Ok(banned(&site.daemon, jail)? == ["2001:db8::/32", "203.0.113.5"]))
            .await?;
        assert_eq!(
            admin.get(&format!("/jails/{jail}?sort=ip")).await?.rows()?,
            ["203.0.113.5", "2001:db8::/32"]
        );
    }
    assert_eq!((protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?), before);
    Ok(())
}

#[tokio::test]
async fn a_restart_of_what_does_not_run_is_refused() -> TestResult {
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let answer = admin.post("/server/restart", &[]).await?;
    assert_eq!((answer.status, answer.text("h1")?.as_str()), (409, "fail2ban cannot be restarted from here"));
    assert_eq!(admin.post("/server/reload", &[]).await?.status, 502);
    Ok(())
}
