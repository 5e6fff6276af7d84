//! The dashboard under a hand: with a mouse, with the keyboard, and without scripts.

use rusqlite::Connection;
use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban, log_in, one_jail};
use crate::support::TestResult;
use crate::support::site::Site;

/// A record with ten bans of Germany an hour ago and four of Malta, which is a dot on the map, three hours ago.
async fn site_with_a_past() -> Step<Site> {
    let site = one_jail().await?;
    let record = Connection::open(site.history())?;
    record.execute_batch(
        "INSERT OR IGNORE INTO jails (name) VALUES ('sshd');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 14)
         INSERT INTO bans (since, jail, address, length, count, origin, how)
         SELECT unixepoch() - iif(i > 10, 3, 1) * 3600, (SELECT id FROM jails WHERE name = 'sshd'),
                unhex(printf('cb0071%02x', i)), 600, 1, iif(i > 10, 'MT', 'DE'), 1 FROM n;",
    )?;
    Ok(site)
}

#[tokio::test]
async fn a_bar_and_a_country_on_the_map_narrow_it_and_the_way_back_widens_it() -> TestResult {
    let (site, browser) = (site_with_a_past().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/").await?;
    browser.until_reads("#chart-title", "14 bans in the last 24 hours").await?;
    browser
        .until("document.querySelector('#world a[aria-label^=Malta]').getBoundingClientRect().width > 5")
        .await?;
    browser.until("getComputedStyle(document.querySelector('#world .shade-5')).fill !== 'none'").await?;
    browser.click("#world a[aria-label^='Malta']").await?;
    browser.until_reads("#chart-title", "4 bans in the last 24 hours").await?;
    browser.until("location.pathname + location.search === '/?country=MT'").await?;
    browser.click("#chart a.column[aria-label*=': 4 bans'] rect[class^='jail-']").await?;
    browser.until_reads("#chart-title", "4 bans in the chosen time").await?;
    browser.click(".chosen-part[aria-label^='Malta']").await?;
    browser.until("location.search.startsWith('?bar=') && !location.search.includes('country')").await?;
    browser.driver.back().await?;
    browser.until("location.search.includes('country=MT') && location.search.includes('bar=')").await?;
    browser.until_reads("#chart", "Malta").await?;
    browser.finish().await
}

#[tokio::test]
async fn a_bar_with_the_focus_says_what_it_is_and_keeps_the_focus_when_the_figures_change() -> TestResult {
    let (site, browser) = (site_with_a_past().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/").await?;
    let last = "#chart a.column:last-of-type";
    browser.until("document.querySelectorAll('#chart a.column').length === 24").await?;
    browser.value("document.querySelector('#chart a.column:nth-last-of-type(2)').focus()").await?;
    browser.press(Key::Tab).await?;
    browser
        .until(&format!("getComputedStyle(document.querySelector('{last} .tip')).visibility === 'visible'"))
        .await?;
    ban(&site, "sshd", &["203.0.113.200".to_owned()]).await?;
    browser.until_reads("#chart-title", "15 bans in the last 24 hours").await?;
    browser.until(&format!("document.activeElement === document.querySelector('{last}')")).await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#chart-title", "1 ban in the chosen time").await?;
    browser.finish().await
}

#[tokio::test]
async fn without_scripts_every_part_of_it_is_a_link_or_a_form() -> TestResult {
    let (site, browser) = (site_with_a_past().await?, Browser::without_javascript().await?);
    ban(&site, "sshd", &["203.0.113.200".to_owned()]).await?;
    log_in(&browser, &site, "/").await?;
    browser.until_reads("#chart-title", "bans in the last 24 hours").await?;
    browser.click("#countries a[href*='country=DE']").await?;
    browser.until_reads("#chart-title", "10 bans in the last 24 hours").await?;
    browser.click("#top-jails a").await?;
    browser.until_reads("#chart .chosen-part + .chosen-part", "Germany").await?;
    browser.click("#chart .button.count").await?;
    browser.until_reads("h1", "History").await?;
    browser.finish().await
}

#[tokio::test]
async fn a_table_that_was_opened_stays_open_and_what_one_points_at_holds_still() -> TestResult {
    let (site, browser) = (site_with_a_past().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.200".to_owned()]).await?;
    log_in(&browser, &site, "/").await?;
    let row = |address: &str| format!("#latest tr[data-ip='{address}']");
    browser.until_count(&row("203.0.113.200"), 1).await?;
    browser.click("#chart .as-table summary").await?;
    browser.until("document.querySelector('#chart .as-table').open").await?;
    browser.value("window.asked = 0, document.addEventListener('htmx:before:request', () => { window.asked += 1; }, true)").await?;
    ban(&site, "sshd", &["203.0.113.201".to_owned()]).await?;
    browser.until_count(&row("203.0.113.201"), 1).await?;
    browser.until("document.querySelector('#chart .as-table').open").await?;

    browser.element(&format!("{} button", row("203.0.113.200"))).await?.focus().await?;
    browser.until("getComputedStyle(document.querySelector('.holds')).visibility === 'visible'").await?;
    ban(&site, "sshd", &["203.0.113.202".to_owned()]).await?;
    let asked = browser.value("window.asked").await?.as_u64().ok_or("no count")?;
    // The second of these asks would bring it.
    browser.until(&format!("window.asked > {}", asked + 1)).await?;
    assert_eq!(browser.texts(&row("203.0.113.202")).await?, [""; 0]);
    browser.value("document.activeElement.blur()").await?;
    browser.until_count(&row("203.0.113.202"), 1).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_ranking_keeps_its_order_while_it_is_open() -> TestResult {
    let (site, browser) = (site_with_a_past().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/").await?;
    browser.until_reads("#countries li", "Germany").await?;
    Connection::open(site.history())?.execute_batch(
        "INSERT INTO bans (since, jail, address, length, count, origin, how)
         SELECT since, jail, unhex('cb0072' || hex(substr(address, 4))), length, count, 'MT', how FROM bans;",
    )?;
    browser.until_reads("#countries #country-MT b", "18").await?;
    browser.until_reads("#countries li", "Germany").await?;
    browser.driver.refresh().await?;
    browser.until_reads("#countries li", "Malta").await?;
    browser.finish().await
}
