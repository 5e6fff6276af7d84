//! The page of the daemon: its settings, and what can be changed of them.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client};
use crate::web::reload::work_agreed;

const SETTINGS: &str = "/server/settings";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// The settings as fail2ban's own client tells them.
fn told(site: &Site) -> Result<String, Box<dyn Error>> {
    let all: Result<Vec<String>, _> = ["loglevel", "dbpurgeage", "dbmaxmatches"]
        .iter()
        .map(|setting| client(&site.daemon, &["get", setting]))
        .collect();
    Ok(all?.join("\n"))
}

#[tokio::test]
async fn the_page_shows_what_the_daemon_tells_of_itself() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.get("/server").await?;
    assert_eq!(page.status, 200);
    assert!(page.text(".facts")?.contains(&client(&site.daemon, &["version"])?));
    let text = |setting: &str| page.text(&format!("[data-setting={setting}]"));
    assert!(text("dbfile")?.contains(&*site.daemon.database().to_string_lossy()));
    assert!(text("logtarget")?.contains(&*site.daemon.server_log().to_string_lossy()));
    assert!(text("loglevel")?.contains("Now INFO."), "{}", text("loglevel")?);
    assert!(text("dbpurgeage")?.contains("Now 1 day."), "{}", text("dbpurgeage")?);
    assert!(text("dbmaxmatches")?.contains("Now 10."), "{}", text("dbmaxmatches")?);
    assert_eq!(page.texts("#loglevel option[selected]")?, ["INFO"]);
    assert_eq!(page.attributes("#dbpurgeage, #dbmaxmatches", "value")?, ["86400", "10"]);
    Ok(())
}

#[tokio::test]
async fn a_changed_setting_is_fail2bans_until_the_next_reload() -> TestResult {
    let (site, admin) = site().await?;
    let before = told(&site)?;
    for (field, value, message, shown) in [
        ("loglevel", "DEBUG", "The log level is now DEBUG.", "Now DEBUG."),
        ("dbpurgeage", "172800", "The database now keeps bans for 2 days.", "Now 2 days."),
        ("dbmaxmatches", "3", "The database now keeps up to 3 log lines for each ban.", "Now 3."),
    ] {
        let page = admin.submit(SETTINGS, &[(field, value)]).await?;
        assert_eq!(
            page.text("#messages")?,
            format!("{message} This lasts until the next reload or restart.")
        );
        assert!(page.text(&format!("[data-setting={field}]"))?.contains(shown));
        assert!(client(&site.daemon, &["get", field])?.contains(value), "{field}");
    }
    let page = admin.submit(SETTINGS, &[("loglevel", "NOTICE"), ("dbmaxmatches", "0")]).await?;
    assert!(page.text("#messages")?.contains("keeps no log lines. The log level is now NOTICE."));
    assert!(
        page.text("[aria-labelledby=settings] .hint")?.contains("until the next reload (even of one jail)")
    );
    work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(told(&site)?, before);
    Ok(())
}

#[tokio::test]
async fn a_bad_value_is_refused_beside_its_field_and_nothing_changes() -> TestResult {
    let (site, admin) = site().await?;
    let before = told(&site)?;
    for (field, value) in [
        ("loglevel", "NONSENSE"),
        ("loglevel", ""),
        ("dbpurgeage", ""),
        ("dbpurgeage", "0"),
        ("dbpurgeage", "-1"),
        ("dbpurgeage", "1d"),
        ("dbpurgeage", "__import__('os').getpid()"),
        ("dbpurgeage", "3155760001"),
        ("dbmaxmatches", "many"),
        ("dbmaxmatches", "1<F2B_END_COMMAND>"),
    ] {
        // The good one beside it is not done either.
        let other = if field == "loglevel" { ("dbmaxmatches", "7") } else { ("loglevel", "DEBUG") };
        let answer = admin.post(SETTINGS, &[(field, value), other]).await?;
        assert_eq!(answer.status, 422, "{field}={value}");
        let beside = answer.attributes(&format!("#{field}[aria-invalid=true]"), "aria-describedby")?.concat();
        assert!(!answer.text(&format!("#{beside}"))?.is_empty(), "{field}={value}");
        assert_eq!(answer.texts(".field-error")?.len(), 1, "{field}={value}");
        assert_eq!(told(&site)?, before, "{field}={value}");
    }
    assert_eq!(admin.post(SETTINGS, &[]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_daemon_without_a_database_says_so_and_refuses() -> TestResult {
    let site = Site::start(&[]).await?;
    let admin = Visitor::admin(site.address).await?;
    client(&site.daemon, &["set", "dbfile", "None"])?;
    let page = admin.get("/server").await?;
    assert_eq!(page.text("[data-setting=dbfile] dd")?, "off");
    for setting in ["dbpurgeage", "dbmaxmatches"] {
        assert!(page.text(&format!("[data-setting={setting}]"))?.contains("Not set: the database is off."));
        assert_eq!(page.texts(&format!("#{setting}[disabled]"))?.len(), 1);
        let refused = admin.post(SETTINGS, &[(setting, "5"), ("loglevel", "DEBUG")]).await?;
        assert_eq!((refused.status, refused.text("h1")?.as_str()), (409, "fail2ban refused"));
        assert!(refused.text("main")?.contains("its database is switched off"));
    }
    assert!(client(&site.daemon, &["get", "loglevel"])?.contains("INFO"));
    Ok(())
}

#[tokio::test]
async fn a_level_without_a_name_is_shown_as_it_is() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "loglevel", "15"])?;
    let page = admin.get("/server").await?;
    assert!(page.text("[data-setting=loglevel]")?.contains("Now 15."));
    assert_eq!(page.texts("#loglevel option[selected]")?, ["Choose"]);
    Ok(())
}

#[tokio::test]
async fn a_flush_opens_the_log_file_anew() -> TestResult {
    let (site, admin) = site().await?;
    let log = site.daemon.server_log();
    std::fs::rename(log, log.with_extension("old"))?;
    let page = admin.submit("/server/flush-logs", &[]).await?;
    assert_eq!(page.text("#messages")?, "fail2ban has reopened its log file.");
    assert!(log.exists());
    // In these fail2ban itself says of all but the first that it rolled over.
    for target in ["STDERR", "stderr", "SYSOUT", "stdout"] {
        client(&site.daemon, &["set", "logtarget", target])?;
        let page = admin.submit("/server/flush-logs", &[]).await?;
        let said = page.text("#messages")?;
        assert_eq!(said, "fail2ban has flushed its log.", "{target}");
    }
    std::fs::write(log, "")?;
    Ok(())
}

#[tokio::test]
async fn a_log_file_that_cannot_be_opened_again_is_told() -> TestResult {
    let (site, admin) = site().await?;
    let place = site.daemon.directory().join("place-of-the-log");
    std::fs::create_dir(&place)?;
    let log = place.join("own.log");
    client(&site.daemon, &["set", "logtarget", log.to_str().ok_or("the path is no text")?])?;
    std::fs::remove_dir_all(&place)?;
    let page = admin.submit("/server/flush-logs", &[]).await?;
    let said = page.text("#messages .bad > div")?;
    assert!(said.contains("cannot reopen its log file: No such file or directory"), "{said}");
    assert!(said.ends_with("Its log messages are lost until it can."), "{said}");
    std::fs::create_dir(&place)?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    assert!(std::fs::read_to_string(&log)?.contains("Ban 203.0.113.5"), "it tries with each line");
    Ok(())
}
