//! What an open page does where nothing has changed.

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{attack, log_in, mark, one_jail, row, still_marked};
use crate::support::TestResult;

/// Keeps the status of each answer that the page's own questions get, in `window.answers`.
async fn watch(browser: &Browser) -> Step {
    // A listener of the test's own, so that what it sees owes nothing to the page's script.
    browser
        .until(
            "window.answers = [], document.addEventListener('htmx:finally:request', (event) => \
             window.answers.push(event.detail.ctx.response?.status)), true",
        )
        .await
}

/// Waits until the last answers were these.
async fn until_answered(browser: &Browser, last: &[u16]) -> Step {
    let number = last.len();
    browser
        .until(&format!("JSON.stringify(window.answers.slice(-{number})) === '{last:?}'.replaceAll(' ', '')"))
        .await
}

#[tokio::test]
async fn a_table_that_holds_stays_and_one_that_changed_comes_anew() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    watch(&browser).await?;
    until_answered(&browser, &[200, 304, 304]).await?;
    // What was not sent was not put in either.
    browser.until("document.querySelector('#bans .empty h2').textContent = 'as it was'").await?;
    until_answered(&browser, &[304, 304, 304, 304]).await?;
    assert_eq!(browser.texts("#bans .empty h2").await?, ["as it was"]);
    mark(&browser, &["h1", "#ban-form"]).await?;
    attack(&site, "203.0.113.5")?;
    browser.until_count(&row("203.0.113.5"), 1).await?;
    browser.until_reads("#figures", "Banned now\n1").await?;
    still_marked(&browser, &["h1", "#ban-form"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn what_was_said_in_between_goes_when_all_is_as_it_was_before() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    watch(&browser).await?;
    until_answered(&browser, &[200, 304]).await?;
    site.daemon.pause()?;
    browser.until_reads("#bans", "fail2ban does not answer").await?;
    site.daemon.resume()?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    until_answered(&browser, &[200, 304]).await?;
    browser.finish().await
}

#[tokio::test]
async fn the_list_of_jails_holds_until_a_figure_changes() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    watch(&browser).await?;
    until_answered(&browser, &[200, 304, 304]).await?;
    attack(&site, "203.0.113.5")?;
    browser.until_reads("#sum", "1 ban in 1 jail.").await?;
    // That holds for a minute, and seconds do not.
    browser.until("/[3-5]\\d s ago/.test(document.querySelector('tr[data-jail=sshd]').innerText)").await?;
    browser.until_reads("tr[data-jail=sshd]", "1 min ago").await?;
    until_answered(&browser, &[304, 304]).await?;
    assert!(browser.texts("#sum").await?.concat().contains("1 ban"));
    browser.finish().await
}

#[tokio::test]
async fn after_the_logout_the_way_back_shows_nothing() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    watch(&browser).await?;
    until_answered(&browser, &[200, 304]).await?;
    browser.open(&site.url("/account")).await?;
    browser.click("button.account-name").await?;
    browser.click("#account form[action='/logout'] button").await?;
    browser.until("location.pathname === '/login'").await?;
    for _ in 0..2 {
        browser.driver.back().await?;
        browser.until("location.pathname === '/login' && document.querySelector('#password')").await?;
        assert!(!browser.texts("body").await?.concat().contains("sshd"));
    }
    browser.finish().await
}
