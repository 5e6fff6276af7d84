//! A link on another site that leads to BanGUI.

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{log_in, one_jail};
use crate::support::TestResult;
use crate::support::site::{PASSWORD, Site};

/// Clicks such a link.
async fn arrive(browser: &Browser, site: &Site, path: &str) -> Step {
    browser.open(&format!("data:text/html,<a id=\"there\" href=\"{}\">there</a>", site.url(path))).await?;
    browser.click("#there").await
}

#[tokio::test]
async fn whoever_is_logged_in_comes_to_its_page_and_stays_so() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/account").await?;
    for (path, there) in [("/jails/sshd?q=a", "/jails/sshd?q=a"), ("/login", "/")] {
        arrive(&browser, &site, path).await?;
        browser.until_count("#account", 1).await?;
        assert_eq!(browser.here().await?, there);
    }
    browser.finish().await
}

#[tokio::test]
async fn whoever_is_not_logs_in_there_first() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    arrive(&browser, &site, "/jails/sshd").await?;
    browser.write("#username", "admin").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "sshd").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    browser.finish().await
}
