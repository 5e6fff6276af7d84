//! Ban and unban on the page of a jail.

use thirtyfour::Key;

use crate::browser::chromium::Browser;
use crate::browser::pages::{look, verdict};
use crate::browser::steps::{ban, log_in, mark, one_jail, row, still_marked};
use crate::support::{TestResult, banned, client};

#[tokio::test]
async fn an_address_written_into_the_form_is_banned_and_listed() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    mark(&browser, &["h1"]).await?;
    browser.write("#ban-ip", "203.0.113.9, 2001:DB8:0::9 198.51.100.77/24").await?;
    browser.click("#ban-form button").await?;
    for entry in ["203.0.113.9", "2001:db8::9", "198.51.100.0/24"] {
        browser.until_count(&row(entry), 1).await?;
    }
    browser.until_reads("#messages", "now banned in sshd.").await?;
    browser.until_reads("#figures", "Banned now\n3").await?;
    assert_eq!(browser.value("document.getElementById('ban-ip').value").await?, "");
    assert_eq!(banned(&site.daemon, "sshd")?, ["198.51.100.0/24", "2001:db8::9", "203.0.113.9"]);
    still_marked(&browser, &["h1"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_mistake_shows_beside_the_field_and_bans_nothing() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "203.0.113.999").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#ban-mistake", "203.0.113.999").await?;
    let described = "document.getElementById('ban-ip').getAttribute('aria-describedby')";
    assert_eq!(browser.value(described).await?, "ban-mistake");
    assert_eq!(browser.value("document.getElementById('ban-ip').value").await?, "203.0.113.999");
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    browser.until_reads("#bans", "No bans in sshd").await?;

    browser.write("#ban-ip", "203.0.113.99").await?;
    browser.press(Key::Enter).await?;
    browser.until_count(&row("203.0.113.99"), 1).await?;
    browser.until_count("#ban-mistake", 0).await?;
    browser.finish().await
}

#[tokio::test]
async fn banning_ones_own_network_asks_first() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "127.0.0.0/8").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#ask", "Ban 127.0.0.0/8?").await?;
    browser.until_reads(".risks", "It contains 127.0.0.1, your own address.").await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    browser.click(".ask a.button").await?;
    browser.until_count("#ask", 0).await?;
    browser.until_count("#ban-ip", 1).await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());

    browser.write("#ban-ip", "127.0.0.1").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#ask", "Ban 127.0.0.1?").await?;
    browser.until_reads(".risks", "This is your own address.").await?;
    browser.click(".ask .danger").await?;
    browser.until_count(&row("127.0.0.1"), 1).await?;
    browser.until_count("#ask", 0).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["127.0.0.1"]);
    browser.finish().await
}

#[tokio::test]
async fn unban_from_a_row_greys_that_row_and_says_so() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    let entries = ["203.0.113.7", "198.51.100.0/24", "2001:db8::7", "a-host-without-address"];
    ban(&site, "sshd", &entries.map(str::to_owned)).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    mark(&browser, &["h1", "#ban-form"]).await?;
    for (done, entry) in entries.iter().enumerate() {
        browser.click(&format!("{} td.end button", row(entry))).await?;
        browser.until_reads("#messages", &format!("{entry} is no longer banned in sshd.")).await?;
        browser.until_count("td.after", done + 1).await?;
        browser.until_count("tbody tr", entries.len()).await?;
        assert!(!banned(&site.daemon, "sshd")?.contains(&(*entry).to_owned()));
    }
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    still_marked(&browser, &["h1"]).await?;
    browser.driver.refresh().await?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    browser.finish().await
}

#[tokio::test]
async fn a_ban_gets_a_length_and_a_reason_and_fits_every_width() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    let shown =
        |name: &str| format!("getComputedStyle(document.getElementById('ban-{name}').parentNode).display");
    assert_eq!(browser.value(&shown("reason")).await?, "none");
    let choose =
        |value: &str| format!("document.getElementById('ban-length').value = '{value}'; return null");
    browser.driver.execute(choose("day"), Vec::new()).await?;
    assert_eq!(browser.value(&shown("until")).await?, "grid");
    browser.driver.execute(choose("30d"), Vec::new()).await?;
    assert_eq!(browser.value(&shown("until")).await?, "none");
    browser.write("#ban-ip", "203.0.113.9").await?;
    browser.write("#ban-reason", "a scraper with a reason that is rather long, and goes on and on").await?;
    browser.click("#ban-form button").await?;
    browser
        .until_reads(&format!("{} .timed", row("203.0.113.9")), "for 30 days · BanGUI renews the ban until")
        .await?;
    assert_eq!(browser.value("document.getElementById('ban-reason').value").await?, "");
    let mut faults = Vec::new();
    for (name, path) in
        [("timed-jail", "/jails/sshd"), ("timed-bans", "/bans"), ("timed-lookup", "/lookup?ip=203.0.113.9")]
    {
        look(&browser, name, &site.url(path), &mut faults).await?;
    }
    client(&site.daemon, &["stop", "sshd"])?;
    look(&browser, "timed-waiting", &site.url("/lookup?ip=203.0.113.9"), &mut faults).await?;
    browser.click("#waiting button").await?;
    browser.until_count("#waiting", 0).await?;
    verdict(&faults)?;
    browser.finish().await
}
