//! Search, sort and pages of the ban table.

use std::time::Duration;

use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban_many, log_in, mark, one_jail, polls, still_marked};
use crate::support::TestResult;

const OUTSIDE: &[&str] = &["h1", "#figures", "#ban-form", ".top"];

async fn first_row_is(browser: &Browser, address: &str) -> Step {
    browser.until(&format!("document.querySelector('tbody tr').dataset.ip === '{address}'")).await
}

#[tokio::test]
async fn search_as_you_type_swaps_the_table_alone_and_the_address_bar_keeps_it() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 60).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_reads("#bans .count", "1–25 of 60").await?;
    mark(&browser, OUTSIDE).await?;
    browser.click("#search").await?;
    browser.keys("113.5").await?;
    browser.until_reads("#bans .count", "11 of 60 match").await?;
    browser.until_count("tbody tr", 11).await?;
    browser.until("location.pathname + location.search === '/jails/sshd?q=113.5'").await?;
    assert_eq!(browser.value("document.activeElement.id").await?, "search");
    still_marked(&browser, OUTSIDE).await?;

    browser.keys("9").await?;
    browser.until_count("tbody tr", 1).await?;
    browser.until("location.search === '?q=113.59'").await?;
    browser.driver.refresh().await?;
    browser.until_count("tbody tr", 1).await?;
    assert_eq!(browser.value("document.getElementById('search').value").await?, "113.59");

    browser.write("#search", "nowhere").await?;
    browser.until_reads("#bans", "No banned address contains “nowhere”").await?;
    browser.click("#bans .empty a").await?;
    browser.until_reads("#bans .count", "1–25 of 60").await?;
    browser.finish().await
}

#[tokio::test]
async fn what_is_being_typed_survives_the_tables_own_reading() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 3).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.click("#search").await?;
    polls(&browser, 1).await?;
    browser.keys("11").await?;
    // Typed faster than the search waits, so that the table reads itself while a search is due.
    let begun = browser.value("window.polls").await?;
    while browser.value("window.polls").await? == begun {
        browser.keys("3").await?;
        browser.press(Key::Backspace).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    browser.keys("3.2").await?;
    browser.until_count("tbody tr", 1).await?;
    browser.until("location.search === '?q=113.2'").await?;
    polls(&browser, 1).await?;
    assert_eq!(browser.value("document.activeElement.id").await?, "search");
    assert_eq!(browser.value("document.getElementById('search').value").await?, "113.2");
    assert_eq!(browser.value("document.getElementById('search').selectionStart").await?, 5);
    browser.until_count("tbody tr", 1).await?;
    browser.finish().await
}

#[tokio::test]
async fn sort_and_pages_by_clicking_and_back_and_forward_restore_them() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 60).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    mark(&browser, OUTSIDE).await?;
    browser.click("thead th:nth-child(2) a").await?;
    first_row_is(&browser, "203.0.113.1").await?;
    browser.until("location.search === '?sort=ip'").await?;
    assert_eq!(browser.value("document.querySelector('thead th:nth-child(2)').ariaSort").await?, "ascending");
    browser.click("a[rel=next]").await?;
    first_row_is(&browser, "203.0.113.26").await?;
    browser.until("location.search === '?sort=ip&page=2'").await?;
    browser.click("thead th:nth-child(2) a").await?;
    first_row_is(&browser, "203.0.113.60").await?;
    browser.until("location.search === '?sort=ip&dir=desc'").await?;
    still_marked(&browser, OUTSIDE).await?;

    // The mouse rests on a row, where it holds back the table's own reading, but nothing else.
    let row = browser.element("tbody tr:nth-child(3)").await?;
    browser.driver.action_chain().move_to_element_center(&row).perform().await?;
    browser.driver.back().await?;
    first_row_is(&browser, "203.0.113.26").await?;
    assert_eq!(browser.here().await?, "/jails/sshd?sort=ip&page=2");
    browser.driver.back().await?;
    first_row_is(&browser, "203.0.113.1").await?;
    assert_eq!(browser.here().await?, "/jails/sshd?sort=ip");
    browser.driver.forward().await?;
    first_row_is(&browser, "203.0.113.26").await?;
    // What came back is alive, and reads the same part of the list again.
    let heading = browser.element("h1").await?;
    browser.driver.action_chain().move_to_element_center(&heading).perform().await?;
    polls(&browser, 1).await?;
    first_row_is(&browser, "203.0.113.26").await?;
    browser.until_count("header.top", 1).await?;
    browser.driver.refresh().await?;
    first_row_is(&browser, "203.0.113.26").await?;
    browser.until_reads("#bans .count", "26–50 of 60").await?;
    browser.finish().await
}

#[tokio::test]
async fn the_number_of_rows_can_be_chosen_and_stays() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 60).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    browser.click("#bans select").await?;
    browser.keys("50").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("tbody tr", 50).await?;
    browser.until("location.search === '?sort=ip&per_page=50'").await?;
    polls(&browser, 1).await?;
    browser.until_count("tbody tr", 50).await?;
    assert_eq!(browser.value("document.querySelector('#bans select').value").await?, "50");
    browser.finish().await
}

#[tokio::test]
async fn a_click_is_not_lost_when_the_tables_own_reading_falls_due_before_the_answer() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 3).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser
        .until(
            "window.due = 0, document.addEventListener('htmx:config:request', (event) => \
             { if (event.detail.ctx.sourceElement.id === 'bans') window.due += 1; }), true",
        )
        .await?;
    browser.until("window.due === 1").await?;
    site.daemon.pause()?;
    browser.click("thead th:nth-child(2) a").await?;
    let due = browser.value("window.due").await?.as_u64().ok_or("no count")?;
    browser.until(&format!("window.due > {due}")).await?;
    site.daemon.resume()?;
    first_row_is(&browser, "203.0.113.1").await?;
    browser.until("location.search === '?sort=ip'").await?;
    browser.finish().await
}
