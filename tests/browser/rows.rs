//! A table that changes by itself never moves a row away from under a finger, a key or a mouse.

use thirtyfour::Key;

use crate::browser::chromium::Browser;
use crate::browser::steps::{attack, ban, log_in, one_jail, polls, row};
use crate::support::{TestResult, banned, until};

#[tokio::test]
async fn a_focused_unban_button_stays_with_its_address_when_a_ban_arrives_above_it() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.element(&format!("{} button", row("203.0.113.7"))).await?.focus().await?;
    attack(&site, "203.0.113.8")?;
    browser.until("document.querySelector('tbody tr').dataset.ip === '203.0.113.8'").await?;
    assert_eq!(browser.value("document.activeElement.ariaLabel").await?, "Unban 203.0.113.7");
    polls(&browser, 1).await?;
    assert_eq!(browser.value("document.activeElement.ariaLabel").await?, "Unban 203.0.113.7");

    browser.press(Key::Enter).await?;
    browser.until_count(&row("203.0.113.7"), 0).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.8"]);
    browser.finish().await
}

#[tokio::test]
async fn on_a_phone_the_table_does_not_wait_for_a_finger_that_tapped_it() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    assert_eq!(browser.value("matchMedia('(hover: hover)').matches").await?, false);
    let left = browser.element(&format!("{} .left-cell", row("203.0.113.7"))).await?;
    browser.driver.action_chain().move_to_element_center(&left).perform().await?;
    attack(&site, "203.0.113.8")?;
    browser.until_count(&row("203.0.113.8"), 1).await?;
    browser.finish().await
}

#[tokio::test]
async fn the_table_waits_while_the_mouse_is_over_its_rows_and_goes_on_afterwards() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    assert_eq!(browser.value("matchMedia('(hover: hover)').matches").await?, true);
    let button = browser.element(&format!("{} button", row("203.0.113.7"))).await?;
    browser.driver.action_chain().move_to_element_center(&button).perform().await?;
    // Counts after the page's own listener, so that it sees what that one decided.
    browser
        .until(
            "window.held = 0, document.addEventListener('htmx:before:request', (event) => \
             { if (event.defaultPrevented) window.held += 1; }), true",
        )
        .await?;
    attack(&site, "203.0.113.8")?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    let held = browser.value("window.held").await?.as_u64().ok_or("no count")?;
    browser.until(&format!("window.held > {}", held + 1)).await?;
    browser.until_reads("#bans", "Updates paused").await?;
    assert_eq!(browser.texts("tbody .addr").await?, ["203.0.113.7"]);

    let heading = browser.element("h1").await?;
    browser.driver.action_chain().move_to_element_center(&heading).perform().await?;
    browser.until_count(&row("203.0.113.8"), 1).await?;
    browser.until("!document.querySelector('#bans').innerText.includes('waits while')").await?;
    browser.finish().await
}
