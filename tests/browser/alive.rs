//! A page that cannot know any more does not look as if it did.

use serde_json::json;

use crate::browser::chromium::{Browser, Step};
use crate::browser::pages::look_as_it_is;
use crate::browser::pages::verdict;
use crate::browser::steps::{ban, log_in, mark, one_jail, row, still_marked};
use crate::support::TestResult;
use crate::support::site::Site;

const LOST: &str = "Connection to BanGUI lost since ";

async fn network(browser: &Browser, is_off: bool) -> Step {
    let state = json!({ "offline": is_off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    let cdp = browser.driver.cdp();
    // Else only `navigator.onLine` changes.
    cdp.send_raw("Network.enable", json!({})).await?;
    cdp.send_raw("Network.emulateNetworkConditions", state).await?;
    Ok(())
}

/// Has every further request of the page end as the expression `how` does.
async fn answer(browser: &Browser, how: &str) -> Step {
    browser.until(&format!("window.fetched ??= window.fetch, window.fetch = {how}, true")).await
}

/// All that says that what is shown may be old.
async fn until_old(browser: &Browser) -> Step {
    browser.until_reads("#lost", LOST).await?;
    browser.until_reads("#lost", ". What you see may be out of date.").await?;
    browser
        .until("/since \\d\\d:\\d\\d:\\d\\d\\./.test(document.querySelector('#lost').textContent)")
        .await?;
    browser.until_reads("#daemon", "No connection").await?;
    browser.until("getComputedStyle(document.querySelector('.dot')).backgroundColor === getComputedStyle(Object.assign(document.body.appendChild(document.createElement('i')), { className: 'secondary' })).color").await
}

async fn until_alive(browser: &Browser) -> Step {
    browser.until_count("#lost", 0).await?;
    browser.until_reads("#daemon", "fail2ban ").await?;
    browser.until_count("html.old", 0).await
}

async fn page_with_a_ban(path: &str) -> Step<(Site, Browser)> {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, path).await?;
    Ok((site, browser))
}

#[tokio::test]
async fn without_a_network_the_page_says_since_when_and_recovers_by_itself() -> TestResult {
    let (_site, browser) = page_with_a_ban("/bans").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    mark(&browser, &["h1"]).await?;
    network(&browser, true).await?;
    until_old(&browser).await?;
    browser.until("getComputedStyle(document.querySelector('#bans')).outlineStyle === 'dashed'").await?;
    browser.click(&format!("{} .end button", row("203.0.113.7"))).await?;
    browser.until_reads("#messages", "Not done: no connection.").await?;
    let mut faults = Vec::new();
    look_as_it_is(&browser, "lost", &mut faults).await?;
    network(&browser, false).await?;
    until_alive(&browser).await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    still_marked(&browser, &["h1"]).await?;
    verdict(&faults)
}

#[tokio::test]
async fn the_quick_unban_without_a_network_says_that_nothing_was_done() -> TestResult {
    let (_site, browser) = page_with_a_ban("/unban").await?;
    browser.until_count("[data-ip='203.0.113.7'] button", 1).await?;
    network(&browser, true).await?;
    browser.until_reads("#lost", LOST).await?;
    browser.click("[data-ip='203.0.113.7'] button").await?;
    browser.until_reads("#messages", "Not done: no connection.").await?;
    browser.until_count("[data-ip='203.0.113.7'] button", 1).await?;
    network(&browser, false).await?;
    until_alive(&browser).await
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_told_after_fifteen_seconds() -> TestResult {
    let (_site, browser) = page_with_a_ban("/jails").await?;
    browser.until_count("tr[data-jail=sshd]", 1).await?;
    answer(&browser, "() => new Promise(() => {})").await?;
    until_old(&browser).await?;
    browser.finish().await
}

#[tokio::test]
async fn what_something_in_front_of_bangui_answers_is_not_taken_for_its_answer() -> TestResult {
    let (_site, browser) = page_with_a_ban("/jails/sshd").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    let bad = "async () => new Response('<h1>Bad gateway</h1>', { status: 502 })";
    answer(&browser, bad).await?;
    until_old(&browser).await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    browser.click(&format!("{} .end button", row("203.0.113.7"))).await?;
    browser.until_reads("#messages", "it is not known whether this was done").await?;
    assert!(!browser.texts("body").await?.concat().contains("Bad gateway"));
    answer(&browser, "window.fetched").await?;
    until_alive(&browser).await?;
    browser.finish().await
}

#[tokio::test]
async fn an_action_that_may_have_reached_bangui_is_not_called_undone() -> TestResult {
    let (_site, browser) = page_with_a_ban("/jails/sshd").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    let broken = "(url, options) => options?.method === 'POST' ? Promise.reject(new TypeError('cut')) \
                  : window.fetched(url, options)";
    answer(&browser, broken).await?;
    browser.click(&format!("{} .end button", row("203.0.113.7"))).await?;
    browser.until_reads("#messages", "Look again before you repeat it.").await?;
    assert!(!browser.texts("#messages").await?.concat().contains("Not done"));
    until_alive(&browser).await
}

#[tokio::test]
async fn a_page_that_asks_for_no_table_sees_all_the_same_what_becomes_of_fail2ban() -> TestResult {
    let (site, browser) = page_with_a_ban("/audit").await?;
    browser.until_count("#daemon:not(.down)", 1).await?;
    mark(&browser, &["h1", "#daemon"]).await?;
    site.daemon.pause()?;
    browser.until_reads("#daemon.down", "fail2ban does not answer").await?;
    site.daemon.resume()?;
    browser.until_reads("#daemon:not(.down)", "fail2ban ").await?;
    network(&browser, true).await?;
    until_old(&browser).await?;
    network(&browser, false).await?;
    until_alive(&browser).await?;
    still_marked(&browser, &["h1", "#daemon"]).await
}

#[tokio::test]
async fn a_page_that_slept_knows_nothing_until_it_has_asked() -> TestResult {
    let (_site, browser) = page_with_a_ban("/jails/sshd").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    answer(&browser, "() => new Promise((go) => (window.go ??= []).push(go))").await?;
    browser.until("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))").await?;
    browser.until_count("html.old", 1).await?;
    assert_eq!(browser.texts("#lost").await?, [""; 0], "that it is lost is not known either");
    answer(&browser, "window.fetched").await?;
    browser.until("window.go.map((go) => go(window.fetched('/server/state', { headers: { 'HX-Request': 'true' } })))").await?;
    until_alive(&browser).await?;
    browser.finish().await
}

#[tokio::test]
async fn times_go_on_and_the_time_of_the_table_is_a_time_of_day() -> TestResult {
    let (_site, browser) = page_with_a_ban("/bans").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    let as_of = "document.querySelector('.count time').textContent";
    browser.until(&format!("/^as of \\d\\d:\\d\\d:\\d\\d$/.test({as_of})")).await?;
    browser
        .until("[...document.querySelectorAll('time')].every((time) => !/\\.\\d{4,}/.test(time.dateTime))")
        .await?;
    // The table is held, and its times are told anew all the same.
    answer(&browser, "() => new Promise(() => {})").await?;
    let banned = "document.querySelector('tbody time').textContent";
    browser.until(&format!("(window.first ??= {banned}) !== {banned}")).await?;
    browser.finish().await
}

#[tokio::test]
async fn nothing_green_and_no_button_stands_above_a_fail2ban_that_hangs() -> TestResult {
    let (site, browser) = page_with_a_ban("/jails/sshd").await?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    browser.write("#ban-ip", "203.0.113.9").await?;
    site.daemon.pause()?;
    browser.until_reads("#bans", "fail2ban does not answer").await?;
    browser.until_reads("#badge", "no answer").await?;
    assert_eq!(browser.texts("#figures dd").await?, ["unknown"; 4]);
    browser.until("document.querySelector('#ban-form button').disabled").await?;
    let open = "[...document.querySelectorAll('main button:not(:disabled)')].filter((button) => button.checkVisibility()).map((button) => button.innerText)";
    assert_eq!(browser.value(&format!("{open}.filter((text) => text)")).await?, json!([]));
    let mut faults = Vec::new();
    look_as_it_is(&browser, "hangs", &mut faults).await?;
    site.daemon.resume()?;
    browser.until_reads("#figures", "Banned now\n1").await?;
    browser.until_reads("#badge", "running").await?;
    browser.until("!document.querySelector('#ban-form button').disabled").await?;
    assert_eq!(browser.value("document.getElementById('ban-ip').value").await?, "203.0.113.9");
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn a_page_opened_while_fail2ban_hangs_has_its_frame_and_gets_the_rest() -> TestResult {
    let (site, browser) = page_with_a_ban("/bans").await?;
    site.daemon.pause()?;
    browser.open(&site.url("/jails/sshd")).await?;
    browser.until_reads("#state", "did not answer within 2 seconds").await?;
    browser.until_reads("#daemon.down", "fail2ban does not answer").await?;
    browser.until("window.loaded = true").await?;
    site.daemon.resume()?;
    browser.until_count(&row("203.0.113.7"), 1).await?;
    assert_eq!(browser.value("window.loaded").await?, true);
    browser.until_count("#daemon.down", 0).await?;
    browser.finish().await
}
