//! Jails that are idle, over HTTP.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write as _;

use bangui::demo::{Attack, DemoJail};
use jiff::Zoned;
use reqwest::Method;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, client, until};
use crate::web::reload::{agree, work};

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("other", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// How many failures `jail` has counted.
fn failed(site: &Site, jail: &str) -> Result<String, Box<dyn Error>> {
    let status = client(&site.daemon, &["status", jail])?;
    let line = status.lines().find_map(|line| line.split_once("Total failed:"));
    Ok(line.ok_or("no figure")?.1.trim().to_owned())
}

fn attack(site: &Site, jail: &str, from: &str) -> TestResult {
    let line = Attack::Ssh.line(from.parse()?, &Zoned::now());
    let mut log = OpenOptions::new().append(true).open(site.daemon.log_file(jail))?;
    Ok(writeln!(log, "{line}")?)
}

#[tokio::test]
async fn an_idle_jail_reads_no_log_until_it_is_woken() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.submit("/jails/sshd/idle", &[("on", "true")]).await?;
    assert_eq!(
        page.text("#messages")?,
        "sshd is idle: it ignores its log and makes no new bans.",
        "{}",
        page.text("main")?
    );
    attack(&site, "sshd", "203.0.113.1")?;
    // By the time that the other has read two lines, one after the other, this one had its turns.
    for (from, count) in [("203.0.113.2", "1"), ("203.0.113.3", "2")] {
        attack(&site, "other", from)?;
        until("the other counts", || Ok(failed(&site, "other")? == count)).await?;
    }
    assert_eq!(failed(&site, "sshd")?, "0");
    let page = admin.submit("/jails/sshd/idle", &[("on", "false")]).await?;
    assert_eq!(page.text("#messages")?, "sshd is no longer idle.");
    // The line of its rest is read with the next one: until then fail2ban sees no change of the file.
    attack(&site, "sshd", "203.0.113.4")?;
    until("it counts both", || Ok(failed(&site, "sshd")? == "2")).await
}

#[tokio::test]
async fn the_badge_says_idle_only_where_that_was_set_here_since_the_jail_started() -> TestResult {
    let (_site, admin) = site().await?;
    let page = admin.get("/jails/sshd").await?;
    assert_eq!(page.text("#badge")?, "running");
    assert!(page.text("#actions")?.contains("fail2ban does not report whether this jail is idle"));
    assert_eq!(page.attributes("#actions button[name=on]", "value")?, ["true", "false"]);
    for (on, badge, offered) in [("true", "idle", "false"), ("false", "running", "true")] {
        let page = admin.submit("/jails/sshd/idle", &[("on", on)]).await?;
        assert_eq!(page.text("#badge")?, badge);
        assert_eq!(page.attributes("#actions button[name=on]", "value")?, [offered]);
        let in_list = admin.get("/jails").await?.texts(".badge.idle")?.len();
        assert_eq!(in_list, usize::from(on == "true"));
    }
    for path in ["/jails/sshd/reload", "/jails/sshd/restart", "/server/reload", "/server/restart"] {
        admin.submit("/jails/sshd/idle", &[("on", "true")]).await?;
        let picture = work(&admin, path).await?;
        let line = picture.text("li[data-jail=sshd]")?;
        assert!(
            line.contains("Lost, because it is not saved to a file: it is idle, and will ban again"),
            "{path}: {line}"
        );
        assert_eq!(admin.get("/jails/sshd").await?.text("#badge")?, "idle", "before {path}");
        let picture = agree(&admin, &picture).await?;
        let line = picture.text("li[data-jail=sshd]")?;
        assert!(line.contains("it was idle, and bans again"), "{path}: {line}");
        let page = admin.get("/jails/sshd").await?;
        assert_eq!(page.text("#badge")?, "running", "after {path}");
        assert!(page.text("#actions")?.contains("fail2ban does not report whether this jail is idle"));
    }
    Ok(())
}

#[tokio::test]
async fn a_new_daemon_is_not_taken_for_idle() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit("/jails/sshd/idle", &[("on", "true")]).await?;
    let old = site.daemon.pid()?;
    site.daemon.kill()?;
    until("another daemon answers", || {
        Ok(site.daemon.pid()? != old && client(&site.daemon, &["status", "sshd"]).is_ok())
    })
    .await?;
    assert_eq!(admin.get("/jails/sshd").await?.text("#badge")?, "running");
    Ok(())
}

#[tokio::test]
async fn htmx_gets_the_buttons_and_the_badge() -> TestResult {
    let (_site, admin) = site().await?;
    let request = admin.request(Method::POST, "/jails/sshd/idle").header("hx-request", "true");
    let fields = [("csrf_token", admin.token.as_str()), ("on", "true")];
    let answer = Answer::of(request.form(&fields)).await?;
    assert_eq!((answer.status, answer.text("#badge")?.as_str()), (200, "idle"));
    assert_eq!(answer.texts("#actions button[name=on]")?, ["Wake"]);
    assert!(answer.text("#messages")?.starts_with("sshd is idle"));
    Ok(())
}

#[tokio::test]
async fn a_form_that_does_not_say_which_is_refused() -> TestResult {
    let (_site, admin) = site().await?;
    for fields in [&[][..], &[("on", "maybe")]] {
        assert_eq!(admin.post("/jails/sshd/idle", fields).await?.status, 422);
    }
    assert_eq!(admin.get("/jails/sshd").await?.text("#badge")?, "running");
    Ok(())
}
