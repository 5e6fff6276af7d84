//! Trying a filter, in a real Chromium.

use std::fs;

use serde_json::json;

use crate::browser::chromium::Browser;
use crate::browser::pages::{full_site, look, look_as_it_is, verdict};
use crate::browser::steps::log_in;
use crate::support::TestResult;

const PATH: &str = "/jails/sshd/filter";
const LONG: &str = "Nov 28 12:00:01 host sshd[101]: Failed password for invalid user \
    a-name-that-is-rather-long-and-goes-on-without-any-space-at-all-as-visitors-do-who-try-what-breaks \
    from 2001:db8:1111:2222:3333:4444:5555:6601 port 4242 ssh2";

#[tokio::test]
async fn an_expression_is_tried_on_pasted_lines_with_a_mistake_on_the_way() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    let mut faults = Vec::new();
    let other = "Nov 28 12:00:02 host other[7]: Failed password for root from 203.0.113.9";
    fs::write(site.daemon.log_file("sshd"), format!("{LONG}\n{other}\nNothing that fail2ban knows\n"))?;
    log_in(&browser, &site, "/jails/sshd?part=settings").await?;
    browser.click(&format!("#settings a[href='{PATH}']")).await?;
    browser
        .until_reads(
            "#verdict",
            "The filter finds a failure in 1 of 3 lines. 1 other looks like a failed login.",
        )
        .await?;
    // Nobody wants a field that is not used.
    assert_eq!(
        browser.value("document.querySelector('#filter-text').checkVisibility()").await?,
        json!(false)
    );
    look(&browser, "filter-log", &site.url(PATH), &mut faults).await?;
    browser.resize(1280, 900).await?;
    browser.click("[name=lines][value=pasted]").await?;
    browser.write("#filter-text", other).await?;
    browser.write("#filter-failregex", "^Failed password for (\\S+ from <HOST>$").await?;
    browser.click(".filter-form button").await?;
    browser.until_reads("#failregex-mistake", "unterminated subpattern").await?;
    assert_eq!(browser.value("document.activeElement.id").await?, json!("filter-failregex"));
    look_as_it_is(&browser, "filter-mistake", &mut faults).await?;
    browser.write("#filter-failregex", "^Failed password for \\S+ from <HOST>").await?;
    browser.write("#filter-text", &LONG.replace("invalid user ", "")).await?;
    browser.click(".filter-form button").await?;
    browser.until_reads("#matched mark", "2001:db8:1111:2222:3333:4444:5555:6601").await?;
    look_as_it_is(&browser, "filter-tried", &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn a_filter_is_tried_without_javascript() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::without_javascript().await?);
    log_in(&browser, &site, PATH).await?;
    browser.click("[name=lines][value=pasted]").await?;
    browser.write("#filter-text", LONG).await?;
    browser.click(".filter-form button").await?;
    browser.until_reads("#matched mark", "2001:db8:1111:2222:3333:4444:5555:6601").await?;
    browser.finish().await
}
