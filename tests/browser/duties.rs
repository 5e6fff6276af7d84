//! The pages that come in front of others, in each size and in both colours, and with JavaScript switched off.

use std::time::Duration;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;

use crate::browser::chromium::Browser;
use crate::browser::pages::{look_as_it_is, verdict};
use crate::browser::steps::log_in;
use crate::support::TestResult;
use crate::support::second_factor::turn_on;
use crate::support::site::{PASSWORD, Site};
use crate::support::visitor::Visitor;

const FIRST: &str = "told over the telephone";

#[tokio::test]
async fn the_pages_that_ask_first_fit_and_can_be_used_by_everybody() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    log_in(&browser, &site, "/accounts").await?;
    site.clock.pass(Duration::from_mins(10));
    browser.write("#username", "bob").await?;
    browser.write("#password", FIRST).await?;
    browser.click("form[action='/accounts'] .main").await?;
    browser.until_reads("h1", "Confirm it’s you").await?;
    look_as_it_is(&browser, "confirm", &mut faults).await?;
    browser.write("#proof", "not the password").await?;
    browser.click("main .main").await?;
    browser.until_reads("#proof-mistake", "This is not your password.").await?;
    look_as_it_is(&browser, "confirm-mistake", &mut faults).await?;
    browser.write("#proof", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("#messages", "bob was added").await?;
    look_as_it_is(&browser, "accounts-added", &mut faults).await?;

    // A restart, which htmx sends, is led there and goes on.
    browser.open(&site.url("/server")).await?;
    site.clock.pass(Duration::from_mins(10));
    browser.click("a[href='/server/restart']").await?;
    browser.click("form[action='/server/restart'] .danger").await?;
    browser.until_reads("h1", "Confirm it’s you").await?;
    browser.write("#proof", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("#work", "Restart of fail2ban done").await?;

    let other =
        Visitor::with_agent(site.address, "Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604.1").await?;
    assert_eq!(other.log_in("admin", PASSWORD, "/").await?.status, 303);
    browser.open(&site.url("/accounts/2")).await?;
    browser.until_reads(".notices", "from a new device: Safari on iPhone").await?;
    look_as_it_is(&browser, "notices", &mut faults).await?;
    browser.click(".notices [formaction]").await?;
    browser.until_reads("h1", "Choose a new password").await?;
    look_as_it_is(&browser, "not-me", &mut faults).await?;
    assert_eq!(other.get("/account").await?.status, 303);
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn the_duties_fit_and_can_be_done_by_everybody() -> TestResult {
    let mut faults = Vec::new();
    do_duties(Browser::desktop().await?, Some(&mut faults)).await?;
    verdict(&faults)
}

#[tokio::test]
async fn the_duties_are_done_without_javascript() -> TestResult {
    do_duties(Browser::without_javascript().await?, None).await
}

/// What looks at a page needs JavaScript.
async fn do_duties(browser: Browser, mut faults: Option<&mut Vec<String>>) -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let mut admin = Visitor::admin(site.address).await?;
    admin.post("/accounts", &[("username", "bob"), ("password", FIRST), ("role", "operator")]).await?;
    turn_on(&mut admin, &site.clock).await?;
    admin.post("/accounts/require/second-factor", &[("least", "operator")]).await?;
    browser.open(&site.url("/login")).await?;
    browser.write("#username", "bob").await?;
    browser.write("#password", FIRST).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Choose a new password").await?;
    if let Some(faults) = faults.as_deref_mut() {
        look_as_it_is(&browser, "duty-password", faults).await?;
    }
    browser.click("main a[href='/unban']").await?;
    browser.until_reads("h1", "Unban").await?;
    browser.open(&site.url("/jails")).await?;
    browser.write("#current", FIRST).await?;
    browser.write("#new", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Set up two-factor authentication").await?;
    if let Some(faults) = faults {
        look_as_it_is(&browser, "duty-second-factor", faults).await?;
    }
    browser.finish().await
}

#[tokio::test]
async fn the_pages_of_a_second_factor_that_is_on_fit() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    site.add_account("bob", Role::Operator).await?;
    let mut bob = Visitor::logged_in(site.address, "bob").await?;
    let (_, codes) = turn_on(&mut bob, &site.clock).await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    log_in(&browser, &site, "/accounts/2").await?;
    look_as_it_is(&browser, "reset-with-factor", &mut faults).await?;
    browser.open(&site.url("/accounts")).await?;
    browser.click("button.account-name").await?;
    browser.click("#account form[action='/logout'] button").await?;
    browser.until_reads("h1", "Log in").await?;
    browser.write("#username", "bob").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Two-factor authentication").await?;
    browser.write("#code", &codes[0]).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Dashboard").await?;
    site.clock.pass(Duration::from_mins(10));
    browser.open(&site.url("/account")).await?;
    browser.until_count("#factor-code", 1).await?;
    look_as_it_is(&browser, "account-with-factor", &mut faults).await?;
    browser.open(&site.url("/account/second-factor")).await?;
    look_as_it_is(&browser, "move-factor", &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}
