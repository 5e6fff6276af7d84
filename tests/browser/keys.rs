//! The keys for those who live in it.

use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban, log_in, one_jail};
use crate::support::{TestResult, banned};

/// The address in the row that has the focus.
const HERE: &str = "document.activeElement.closest('tr')?.dataset.ip ?? ''";

async fn expect_here(browser: &Browser, address: &str) -> Step {
    browser.until(&format!("({HERE}) === '{address}'")).await
}

#[tokio::test]
async fn j_and_k_go_along_the_rows_x_selects_and_u_unbans() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    let all = ["203.0.113.1", "203.0.113.2", "203.0.113.3"];
    ban(&site, "sshd", &all.map(str::to_owned)).await?;
    log_in(&browser, &site, "/bans?sort=ip").await?;
    browser.until_count("#bans tbody tr", 3).await?;
    for (key, address) in [("j", all[0]), ("j", all[1]), ("j", all[2]), ("j", all[2]), ("k", all[1])] {
        browser.keys(key).await?;
        expect_here(&browser, address).await?;
    }
    browser.keys("x").await?;
    browser.until("document.querySelector(\"tr[data-ip='203.0.113.2'] input\").checked").await?;
    browser.keys("x").await?;
    browser.until("!document.querySelector(\"tr[data-ip='203.0.113.2'] input\").checked").await?;
    browser.keys("u").await?;
    browser.until_reads("#messages", "203.0.113.2 is no longer banned in sshd.").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, [all[0], all[2]]);
    browser.finish().await
}

#[tokio::test]
async fn the_keys_are_listed_and_can_be_turned_off() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.1".to_owned()]).await?;
    log_in(&browser, &site, "/bans").await?;
    browser.keys("?").await?;
    browser.until_reads("dialog[open]", "Unban the row").await?;
    // Nothing behind the list listens to them.
    browser.keys("u").await?;
    browser.press(Key::Escape).await?;
    browser.until_count("dialog", 0).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.1"]);
    browser.click("button.account-name").await?;
    browser.click("#account a[href='/keys']").await?;
    browser.click("dialog button[name=keys]").await?;
    browser.until("document.documentElement.dataset.keys === 'off'").await?;
    assert_eq!(browser.here().await?, "/bans");
    browser.keys("j").await?;
    browser.keys("?").await?;
    assert_eq!(browser.value(HERE).await?, "");
    assert_eq!(browser.value("document.querySelectorAll('dialog').length").await?, 0);
    browser.open(&site.url("/keys")).await?;
    browser.click("button[name=keys]").await?;
    browser.until("document.documentElement.dataset.keys === 'on'").await?;
    browser.finish().await
}

#[tokio::test]
async fn a_field_gets_every_key_that_is_typed_into_it() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.1".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.click("#ban-ip").await?;
    browser.keys("jkxu?").await?;
    assert_eq!(browser.value("document.querySelector('#ban-ip').value").await?, "jkxu?");
    assert_eq!(browser.value("document.querySelectorAll('dialog').length").await?, 0);
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.1"]);
    browser.finish().await
}

#[tokio::test]
async fn exact_times_are_there_without_a_mouse() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    ban(&site, "sshd", &["203.0.113.1".to_owned()]).await?;
    log_in(&browser, &site, "/lookup?ip=203.0.113.1").await?;
    let shown = "getComputedStyle(document.querySelector('main time[title]'), '::after').content";
    assert_eq!(browser.value(shown).await?, "none");
    browser.click("button.account-name").await?;
    browser.click("#account button[value=exact]").await?;
    browser.until(&format!("/\\d{{4}}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d /.test({shown})")).await?;
    assert_eq!(browser.here().await?, "/lookup?ip=203.0.113.1");
    browser.finish().await
}
