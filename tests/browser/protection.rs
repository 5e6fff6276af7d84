//! Looking at whether protection is on, in Chromium.

use std::fs;

use bangui::demo::DemoJail;

use crate::browser::chromium::Browser;
use crate::browser::pages::{look, verdict};
use crate::browser::steps::log_in;
use crate::support::TestResult;
use crate::support::site::Site;

#[tokio::test]
async fn one_click_looks_and_what_was_found_fits_and_can_be_used_by_everybody() -> TestResult {
    let long = "a-jail-with-a-rather-long-name-of-its-own";
    let jails = [DemoJail::new("sshd", "sshd"), DemoJail::new(long, "sshd").with("usedns", "yes")];
    let (site, browser) = (Site::start(&jails).await?, Browser::desktop().await?);
    fs::remove_file(site.daemon.log_file("sshd"))?;
    log_in(&browser, &site, "/").await?;
    browser.click("#verdict a[href='/protection']").await?;
    browser.until_reads("h2", "Not checked yet").await?;
    browser.click("main .head button").await?;
    browser.until_reads("section[data-jail=sshd]", "does not exist").await?;
    browser.until_reads(&format!("section[data-jail={long}]"), "the DNS gives for a name").await?;
    let mut faults = Vec::new();
    look(&browser, "protection", &site.url("/protection"), &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}
