//! `/protection`, over HTTP.

use std::error::Error;
use std::fs;
use std::time::{Duration, SystemTime};

use bangui::demo::DemoJail;
use bangui::domain::account::Role;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, client, until};
use crate::web::audit::{Row, rows};

/// Looks, and waits for the end of it.
async fn looked(visitor: &Visitor) -> Result<Answer, Box<dyn Error>> {
    let begun = visitor.post("/protection", &[]).await?;
    assert_eq!((begun.status, begun.location()), (303, "/protection"));
    loop {
        let page = visitor.get("/protection").await?;
        if !page.body.contains("id=\"looking\"") {
            return Ok(page);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn what_speaks_against_a_jail_is_said_with_what_to_do() -> TestResult {
    let gone = DemoJail::new("gone", "sshd");
    let site = Site::start(&[
        DemoJail::new("sshd", "sshd"),
        DemoJail::new("rotated", "sshd"),
        DemoJail::new("short", "sshd").with("bantime.increment", "true"),
        gone,
    ])
    .await?;
    let admin = Visitor::admin(site.address).await?;
    let before = admin.get("/protection").await?;
    assert!(before.body.contains("Not checked yet"), "{}", before.body);

    // OpenSSH 9.8 logs under a name that the filter of fail2ban 1.0.2 does not know; a service that was not told of a
    // rotation; a log that somebody removed.
    let log = |jail: &str| site.daemon.log_file(jail);
    let line = |n| {
        format!(
            "Nov 28 12:00:0{n} host sshd-nobody[7]: Failed password for root from 203.0.113.{n} port 22 ssh2\n"
        )
    };
    fs::write(log("sshd"), (1..6).map(line).collect::<Vec<_>>().concat())?;
    fs::write(format!("{}.1", log("rotated").display()), "line\n")?;
    let hour = SystemTime::now() - Duration::from_hours(1);
    fs::File::options().write(true).open(log("rotated"))?.set_modified(hour)?;
    fs::remove_file(log("gone"))?;

    let page = looked(&admin).await?;
    let of = |jail: &str| page.text(&format!("section[data-jail={jail}]"));
    let sshd = of("sshd")?;
    assert!(sshd.contains("does not protect") && sshd.contains("matches none of the last 5 lines"), "{sshd}");
    assert!(sshd.contains("Failed password for root from 203.0.113."), "{sshd}");
    let rotated = of("rotated")?;
    assert!(
        rotated.contains("The service still writes to") && rotated.contains("Have the service reopen"),
        "{rotated}"
    );
    assert!(of("gone")?.contains("does not exist"), "{}", of("gone")?);
    // Actions that BanGUI does not know are called so, and nothing is claimed.
    let short = of("short")?;
    assert!(
        short.contains("could not be checked")
            && short.contains("does not know where the action record blocks"),
        "{short}"
    );

    let dashboard = admin.get("/").await?.text("#verdict")?;
    assert!(
        dashboard.contains("sshd did not protect when it was checked at")
            && !dashboard.contains("Protection is on"),
        "{dashboard}"
    );
    Ok(())
}

#[tokio::test]
async fn a_viewer_reads_and_only_an_operator_looks_anew() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    looked(&admin).await?;
    site.add_account("vera", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "vera").await?;
    let page = viewer.get("/protection").await?;
    assert!(page.status == 200 && !page.body.contains("Check again"), "{}", page.body);
    assert_eq!(viewer.post("/protection", &[]).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_fail2ban_that_does_not_answer_is_not_called_protecting() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    looked(&admin).await?;
    site.daemon.kill()?;
    let page = looked(&admin).await?;
    assert!(page.text("#look-failed")?.contains("fail2ban"), "{}", page.body);
    assert!(!page.body.contains("data-level"), "{}", page.body);
    Ok(())
}

#[tokio::test]
async fn settings_that_do_not_fit_each_other_are_told_of_their_jail_alone() -> TestResult {
    let site = Site::start(&[
        DemoJail::new("sshd", "sshd"),
        DemoJail { ban_time: 60, ..DemoJail::new("brief", "sshd") },
        DemoJail::new("everybody", "sshd").with("ignoreip", "0.0.0.0/0"),
        DemoJail::new("names", "sshd").with("usedns", "yes"),
        DemoJail::new("itself", "sshd").with("ignoreself", "false"),
        DemoJail::new("own", "recidive"),
    ])
    .await?;
    // As a fail2ban that logs to the journal leaves it.
    fs::create_dir(site.daemon.directory().join("before"))?;
    let elsewhere = site.daemon.directory().join("before/fail2ban.log");
    fs::write(&elsewhere, "")?;
    client(&site.daemon, &["set", "own", "addlogpath", &elsewhere.display().to_string(), "head"])?;
    client(&site.daemon, &["set", "own", "dellogpath", &site.daemon.log_file("own").display().to_string()])?;
    client(&site.daemon, &["set", "itself", "banip", "127.0.0.1"])?;
    let admin = Visitor::admin(site.address).await?;
    let page = looked(&admin).await?;
    let expected = [
        ("brief", "A ban lasts 1 min, which is less than the 10 min"),
        ("everybody", "may cover every address, so it bans nobody"),
        ("names", "bans whatever address the DNS gives"),
        ("itself", "bans an address of this machine"),
        ("own", "fail2ban.log, but fail2ban writes its log to"),
    ];
    for (jail, words) in expected {
        let said = page.text(&format!("section[data-jail={jail}]"))?;
        assert!(said.contains(words), "{jail}: {said}");
        for (other, words) in expected.iter().filter(|(other, _)| *other != jail) {
            assert!(!said.contains(words), "{other}'s in {jail}: {said}");
        }
    }
    let healthy = page.text("section[data-jail=sshd]")?;
    assert!(expected.iter().all(|(_, words)| !healthy.contains(words)), "{healthy}");
    Ok(())
}

/// The rows of the audit about a jail that protects less than before.
async fn worse_rows(admin: &Visitor) -> Result<Vec<Row>, Box<dyn Error>> {
    let all = rows(&admin.get("/audit").await?)?;
    Ok(all.into_iter().filter(|row| row["what"].starts_with("Found that protection got worse")).collect())
}

#[tokio::test]
async fn a_jail_that_gets_worse_is_one_row_of_the_audit_and_none_again_while_it_stays_so() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    let admin = Visitor::admin(site.address).await?;
    looked(&admin).await?;
    assert_eq!(worse_rows(&admin).await?.len(), 0);
    let log = site.daemon.log_file("web");
    let line = fs::read(&log)?;
    fs::remove_file(&log)?;
    for _ in 0..2 {
        looked(&admin).await?;
        let rows = worse_rows(&admin).await?;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0]["what"], "Found that protection got worse in web");
    }
    let page = admin.get("/audit").await?.body;
    assert!(page.contains("Verdict: does not protect. The log ") && page.contains(">BanGUI<"), "{page}");

    // A look that fails, and one at the same as before.
    site.daemon.kill()?;
    assert!(looked(&admin).await?.body.contains("id=\"look-failed\""));
    fs::write(&log, &line)?;
    site.daemon.start_again().await?;
    fs::remove_file(&log)?;
    until("fail2ban answers", || Ok(client(&site.daemon, &["ping"]).is_ok())).await?;
    let page = looked(&admin).await?;
    assert!(page.text("section[data-jail=web]")?.contains("does not protect"), "{}", page.body);
    assert_eq!(worse_rows(&admin).await?.len(), 1);

    // It is well, and worse again.
    fs::write(&log, &line)?;
    looked(&admin).await?;
    assert_eq!(worse_rows(&admin).await?.len(), 1);
    fs::remove_file(&log)?;
    looked(&admin).await?;
    assert_eq!(worse_rows(&admin).await?.len(), 2);
    Ok(())
}
