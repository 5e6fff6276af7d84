//! What happens on the daemon shows in the open page.

use crate::browser::chromium::Browser;
use crate::browser::steps::{attack, log_in, mark, one_jail, row, still_marked};
use crate::support::TestResult;

#[tokio::test]
async fn a_ban_that_log_lines_cause_appears_in_the_open_page_with_its_figures() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    browser.click("tr[data-jail=sshd] a").await?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    assert_eq!(browser.texts("#figures dd").await?, ["0", "0", "0", "0"]);
    mark(&browser, &["h1", "#ban-form"]).await?;

    attack(&site, "203.0.113.5")?;
    browser.until_count(&row("203.0.113.5"), 1).await?;
    let (now, ever, failed) = ("Banned now", "Total banned", "Total failed");
    for (label, figure) in [(now, 1), (ever, 1), (failed, 3)] {
        browser.until_reads("#figures", &format!("{label}\n{figure}")).await?;
    }
    attack(&site, "2001:db8::5")?;
    browser.until_reads(".new", "1 new ban").await?;
    browser.until_reads("#figures", "Banned now\n2").await?;
    browser.until_reads("#bans .count", "1–2 of 2").await?;
    browser.click(".new a").await?;
    browser.until_count(&row("2001:db8::5"), 1).await?;
    still_marked(&browser, &["h1", "#ban-form"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn the_list_of_jails_counts_along() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    browser.until_reads("#sum", "0 bans in 1 jail.").await?;
    mark(&browser, &["h1"]).await?;
    attack(&site, "203.0.113.5")?;
    browser.until_reads("#sum", "1 ban in 1 jail.").await?;
    browser.until_reads("tr[data-jail=sshd] [data-label='Banned now']", "1").await?;
    still_marked(&browser, &["h1"]).await?;
    browser.finish().await
}
