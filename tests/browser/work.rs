//! Reload and restart, with the picture of their work.

use std::fs;

use bangui::demo::DemoJail;

use crate::browser::chromium::Browser;
use crate::browser::steps::{ban, log_in, mark, one_jail, row, still_marked};
use crate::support::site::Site;
use crate::support::{TestResult, banned, protection, until};

#[tokio::test]
async fn reload_of_a_jail_shows_its_result_and_keeps_what_protects() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    let before = protection(&site.daemon, "sshd")?;
    log_in(&browser, &site, "/jails/sshd").await?;
    mark(&browser, &["h1"]).await?;
    browser.click(".head .control button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    browser.until_reads("#work", "1 jail is running. Bans were kept.").await?;
    assert_eq!(browser.texts("#work .done").await?.len(), 3);
    browser.until_count(&row("203.0.113.7"), 1).await?;
    assert_eq!(protection(&site.daemon, "sshd")?, before);
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    still_marked(&browser, &["h1"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_second_click_on_the_list_of_jails_meets_the_same_jail() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    let browser = Browser::desktop().await?;
    log_in(&browser, &site, "/jails").await?;
    let place = "document.querySelector('tr[data-jail=sshd]').getBoundingClientRect().top";
    let before = browser.value(place).await?;
    browser.click("tr[data-jail=sshd] .end button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    assert_eq!(browser.value(place).await?, before);
    let seen = "(r => r.top > 0 && r.bottom <= innerHeight)(document.getElementById('work').getBoundingClientRect())";
    assert_eq!(browser.value(seen).await?, true);
    browser.finish().await
}

#[tokio::test]
async fn reload_of_all_jails_shows_its_result_on_the_server_page() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    let browser = Browser::desktop().await?;
    let before = (protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?);
    log_in(&browser, &site, "/server").await?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "Reload of all jails done").await?;
    browser.until_reads("#work", "2 jails are running. Bans were kept.").await?;
    assert_eq!((protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?), before);
    browser.finish().await
}

/// Has the files say that `sshd` has an action that ends when `waits` is gone.
fn with_a_slow_end(site: &Site) -> std::io::Result<std::path::PathBuf> {
    let (directory, waits) = (site.daemon.config_dir(), site.daemon.directory().join("waits"));
    let end = format!("actionstop = while test -e {}; do sleep 0.1; done", waits.display());
    fs::write(&waits, "")?;
    fs::write(directory.join("action.d/slow.conf"), format!("[Definition]\nactionban = true\n{end}\n"))?;
    fs::write(directory.join("jail.d/more.local"), "[sshd]\naction = slow\n")?;
    Ok(waits)
}

#[tokio::test]
async fn a_restart_asks_first_and_the_sign_in_the_head_is_amber_until_it_is_over() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    let waits = with_a_slow_end(&site)?;
    log_in(&browser, &site, "/server").await?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.click("#work form .danger").await?;
    browser.until_reads("#work", "Reload of all jails done").await?;

    browser.click("a[href='/server/restart']").await?;
    browser.until_reads("h1", "Restart fail2ban?").await?;
    browser.until_reads("main", "For a few seconds nothing is watched in 1 jail.").await?;
    browser.click("form[action='/server/restart'] .danger").await?;
    browser.until_reads("#work .now", "Restarting fail2ban").await?;
    browser.until_reads("#daemon.troubled.busy", "fail2ban is being restarted").await?;
    // What is spoken is the step, without the clock that runs beside it.
    browser
        .until(
            "document.querySelector('#work-said').textContent === 'Restart of fail2ban: Restarting fail2ban'",
        )
        .await?;
    assert_eq!(
        browser.value("document.querySelectorAll('#work [role=status], #work[role=status]').length").await?,
        0
    );
    mark(&browser, &["#work-said"]).await?;
    fs::remove_file(waits)?;
    browser.until_reads("#work", "Restart of fail2ban done").await?;
    browser.until("document.querySelector('#work-said').textContent === 'Restart of fail2ban done'").await?;
    still_marked(&browser, &["#work-said"]).await?;
    browser.until_count("#daemon.busy", 0).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_result_is_closed_with_a_click_and_stays_closed() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.click(".head .control button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    mark(&browser, &["h1"]).await?;
    browser.click("#work .dismiss button").await?;
    browser.until_count("#work .card", 0).await?;
    still_marked(&browser, &["h1"]).await?;
    assert_eq!(browser.value("document.activeElement.id").await?, "main");
    browser.open(&site.url("/jails")).await?;
    browser.until_count("tr[data-jail=sshd]", 1).await?;
    browser.until_count("#work .card", 0).await?;
    browser.finish().await
}

/// Has the files say that `sshd` has another action.
fn with_another_action(site: &Site) -> std::io::Result<()> {
    let directory = site.daemon.config_dir();
    fs::write(directory.join("action.d/other.conf"), "[Definition]\nactionban = true\nactionunban = true\n")?;
    fs::write(directory.join("jail.d/more.local"), "[sshd]\naction = other\n")
}

#[tokio::test]
async fn what_a_reload_costs_is_shown_and_done_with_a_click() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    with_another_action(&site)?;
    log_in(&browser, &site, "/server").await?;
    mark(&browser, &["h1"]).await?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "Reload of all jails needs your confirmation").await?;
    browser.until_reads("#work .plan", "sshd is restarted.").await?;
    browser.click("#work form button").await?;
    browser.until_reads("#work", "Reload of all jails done").await?;
    still_marked(&browser, &["h1"]).await?;
    assert!(protection(&site.daemon, "sshd")?.concat().contains("other"));
    browser.finish().await
}

#[tokio::test]
async fn the_plan_of_a_reload_is_read_and_carried_out_without_javascript() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    with_another_action(&site)?;
    log_in(&browser, &site, "/jails/sshd?part=control").await?;
    browser.click("a[href='/jails/sshd/reload']").await?;
    browser.until_reads("#plan", "sshd is restarted.").await?;
    browser.click("#plan form button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    assert!(protection(&site.daemon, "sshd")?.concat().contains("other"));
    browser.finish().await
}

#[tokio::test]
async fn a_broken_configuration_is_refused_in_fail2bans_words() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    let before = protection(&site.daemon, "sshd")?;
    fs::write(site.daemon.config_dir().join("jail.d/broken.local"), "[sshd]\nfilter = no-such-filter\n")?;
    log_in(&browser, &site, "/server").await?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "Reload of all jails refused: the configuration has mistakes").await?;
    browser.until_reads("#work .output", "no-such-filter").await?;
    browser.until_reads("#work", "Nothing was changed").await?;
    assert_eq!(protection(&site.daemon, "sshd")?, before);
    browser.finish().await
}

#[tokio::test]
async fn restart_shows_the_work_and_its_end_and_the_table_is_back() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    // fail2ban writes bans down in a thread of its own, and restores what it has written.
    until("the ban is in fail2ban's database", || {
        let reading = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(site.daemon.database(), reading)?;
        Ok(database.query_row("SELECT count(*) FROM bips", [], |row| row.get::<_, u32>(0))? == 1)
    })
    .await?;
    let process = site.daemon.pid()?;
    log_in(&browser, &site, "/server").await?;
    browser.click("a[href='/server/restart']").await?;
    browser.click("form[action='/server/restart'] .danger").await?;
    browser.until_reads("#work", "Restart of fail2ban done").await?;
    until("another process runs", || {
        let now = site.daemon.pid()?;
        Ok(now.is_some() && now != process)
    })
    .await?;
    browser.click("nav a[href='/jails']").await?;
    browser.click("tr[data-jail=sshd] a").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    browser.finish().await
}
