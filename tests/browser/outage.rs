//! fail2ban goes away while a page is open, and comes back.

use bangui::demo::DemoJail;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{attack, ban, log_in, mark, row, still_marked};
use crate::support::TestResult;
use crate::support::site::Site;

async fn unsupervised() -> Step<Site> {
    Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await
}

#[tokio::test]
async fn the_page_of_a_jail_says_that_the_daemon_was_killed_and_recovers_by_itself() -> TestResult {
    let (site, browser) = (unsupervised().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    mark(&browser, &["h1"]).await?;

    site.daemon.kill()?;
    browser.until_reads("#bans", "fail2ban has stopped").await?;
    browser.until_reads("#bans", "Trying again every 3 seconds").await?;
    browser.until("document.querySelector('#daemon.down')").await?;

    site.daemon.start_again().await?;
    attack(&site, "203.0.113.8")?;
    browser.until_count(&row("203.0.113.8"), 1).await?;
    browser.until("!document.querySelector('#daemon.down')").await?;
    browser.until_reads("#daemon", "fail2ban").await?;
    browser.until_reads("#figures", "Total failed\n3").await?;
    still_marked(&browser, &["h1"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_page_opened_during_an_outage_becomes_what_was_asked_for() -> TestResult {
    let (site, browser) = (unsupervised().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    site.daemon.stop().await?;
    browser.open(&site.url("/jails?x=1")).await?;
    browser.until_reads("#state", "fail2ban is not running").await?;
    browser.until_count("#daemon.down", 1).await?;
    browser.until("window.loaded = true").await?;

    site.daemon.start_again().await?;
    browser.until_count("tr[data-jail=sshd]", 1).await?;
    browser.until_count("#state", 0).await?;
    browser.until_count("#daemon:not(.down)", 1).await?;
    browser.until_count("header.top", 1).await?;
    assert_eq!(browser.value("window.loaded").await?, true);
    assert_eq!(browser.here().await?, "/jails?x=1");
    // The list that came this way is as alive as any other.
    attack(&site, "203.0.113.8")?;
    browser.until_reads("#sum", "1 ban").await?;
    browser.until("document.title.startsWith('Jails')").await?;
    browser.finish().await
}

#[tokio::test]
async fn an_action_on_a_dead_daemon_is_told_and_the_page_stays() -> TestResult {
    let (site, browser) = (unsupervised().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "203.0.113.9").await?;
    site.daemon.kill()?;
    browser.click("#ban-form button").await?;
    browser.until_reads("#messages", "fail2ban has stopped").await?;
    assert_eq!(browser.value("document.getElementById('ban-ip').value").await?, "203.0.113.9");
    site.daemon.start_again().await?;
    browser.until_reads("#bans", "No bans in").await?;
    browser.click("#ban-form button").await?;
    browser.until_count(&row("203.0.113.9"), 1).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_daemon_that_hangs_is_told_from_one_that_is_gone() -> TestResult {
    let (site, browser) = (unsupervised().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_reads("#bans", "No bans in").await?;
    site.daemon.pause()?;
    browser.until_reads("#bans", "fail2ban does not answer").await?;
    browser.until("document.querySelector('#daemon.down')").await?;
    site.daemon.resume()?;
    browser.until_reads("#bans", "No bans in").await?;
    browser.until("!document.querySelector('#daemon.down')").await?;
    browser.finish().await
}
