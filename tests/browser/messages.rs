//! What an action says, and where the focus goes.

use thirtyfour::Key;

use crate::browser::chromium::Browser;
use crate::browser::steps::{ban_many, log_in, one_jail, row};
use crate::support::{TestResult, banned};

const IN_VIEW: &str = "(r => r.top >= 0 && r.bottom <= innerHeight && r.height > 0)\
     (document.querySelector('#messages .note').getBoundingClientRect())";

#[tokio::test]
async fn a_message_is_in_view_wherever_one_scrolled_and_can_be_closed() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 30).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    let idle = "#actions form[action$='/idle'] button";
    browser.click(idle).await?;
    browser.until_count("#messages .note", 1).await?;
    assert!(browser.value("window.scrollY").await?.as_f64().is_some_and(|y| y > 300.0));
    assert_eq!(browser.value(IN_VIEW).await?, true);
    browser.click("#messages .close").await?;
    browser.until_count("#messages .note", 0).await?;
    assert_eq!(browser.value("document.activeElement === document.body").await?, false);

    // One that came with the page stays in view as well.
    browser.click("#bans thead input").await?;
    browser.click("#pick [value=selected]").await?;
    browser.until_count("#messages .note", 1).await?;
    browser.until("window.scrollTo(0, 400), true").await?;
    assert_eq!(browser.value(IN_VIEW).await?, true);
    browser.finish().await
}

#[tokio::test]
async fn a_ban_has_a_way_back_too() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "203.0.113.9 203.0.113.10").await?;
    browser.press(Key::Enter).await?;
    browser.until_count(&row("203.0.113.9"), 1).await?;
    browser.click("#messages form[action='/bans/unban'] button").await?;
    browser.until_reads("#messages", "are no longer banned in sshd.").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    browser.finish().await
}

#[tokio::test]
async fn after_a_mistake_the_wrong_field_has_the_focus_and_the_title_says_error() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "nonsense").await?;
    browser.click("#ban-form button").await?;
    browser.until("document.activeElement.id === 'ban-ip'").await?;
    browser.until("document.title === 'Error: sshd · BanGUI'").await?;
    browser.write("#ban-ip", "203.0.113.9").await?;
    browser.press(Key::Enter).await?;
    browser.until_count(&row("203.0.113.9"), 1).await?;
    browser.until("document.title === 'sshd · BanGUI'").await?;
    assert_eq!(browser.value("document.activeElement === document.body").await?, false);
    browser.click(".head form button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    assert_eq!(browser.value("document.activeElement.innerText").await?, "Reload");
    browser.finish().await
}

#[tokio::test]
async fn without_javascript_a_mistake_has_the_focus_and_the_title_on_every_form() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    ban_many(&site, 1).await?;
    browser.resize(1280, 900).await?;
    log_in(&browser, &site, "/jails").await?;
    for (path, field, text, button) in [
        ("/unban", "#ip", "nonsense", "form:has(#ip) > button"),
        ("/unban", "#ip", "198.51.100.1", "form:has(#ip) > button"),
        ("/unban-all", "#word", "no", "form.ask button"),
        ("/lookup", "#ip", "nonsense!", "form[action='/lookup'] button"),
        ("/jails/sshd", "#ban-ip", "nonsense", "#ban-form button"),
        ("/ignores", "#everywhere-ip", "two words", "#everywhere .add-form button"),
        ("/accounts", "#username", "a b", ".add-form button"),
    ] {
        browser.open(&site.url(path)).await?;
        browser.write(field, text).await?;
        if path == "/accounts" {
            browser.write("#password", "a long enough password").await?;
        }
        browser.click(button).await?;
        browser.until("document.title.startsWith('Error: ')").await?;
        browser.until(&format!("document.activeElement === document.querySelector(\"{field}\")")).await?;
    }
    browser.finish().await
}
