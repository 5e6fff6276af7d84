//! The pages below a path of a host that BanGUI shares, in Chromium.

use bangui::demo::DemoJail;
use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{attack, row};
use crate::support::site::{PASSWORD, Site};
use crate::support::{TestResult, banned, until};

/// Opens a page below the path.
async fn open(browser: &Browser, site: &Site, path: &str) -> Step {
    browser.open(&site.url(path)).await
}

#[tokio::test]
async fn one_bans_unbans_and_finds_the_keys_below_a_path() -> TestResult {
    let site = Site::configured(&[DemoJail::new("sshd", "sshd")], |config| {
        config.http.base_path = "/bangui".parse().unwrap_or_default();
    })
    .await?;
    let browser = Browser::desktop().await?;
    open(&browser, &site, "/jails").await?;
    browser.write("#username", "admin").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Jails").await?;
    browser.until("location.pathname.endsWith('/bangui/jails')").await?;
    browser.click("main a[href$='/jails/sshd']").await?;
    browser.until_reads("h1", "sshd").await?;
    // A ban that comes shows by itself, and goes with a click and comes back with another.
    attack(&site, "203.0.113.9")?;
    browser.until_count(&row("203.0.113.9"), 1).await?;
    browser.click(&format!("{} td button", row("203.0.113.9"))).await?;
    until("it is unbanned", || Ok(banned(&site.daemon, "sshd")?.is_empty())).await?;
    browser.until_reads(&row("203.0.113.9"), "Undo").await?;
    browser.click(&format!("{} td button", row("203.0.113.9"))).await?;
    until("it is banned again", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.9"])).await?;
    // The list of keys opens over the page, and a search leads on.
    browser.keys("?").await?;
    browser.until_count("dialog[open]", 1).await?;
    browser.press(Key::Escape).await?;
    browser.until_count("dialog", 0).await?;
    browser.keys("/").await?;
    browser.keys("203.0.113.9").await?;
    browser.press(Key::Enter).await?;
    browser.until("location.pathname.endsWith('/bangui/lookup')").await?;
    browser.finish().await
}
