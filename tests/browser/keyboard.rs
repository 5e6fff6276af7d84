//! A person with a keyboard alone.

use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban, one_jail, row};
use crate::support::site::PASSWORD;
use crate::support::{TestResult, banned};

/// How often one may have to press Tab on any of our pages.
const MOST: usize = 60;

/// Presses Tab until `condition`, on the focused element `e`, holds. On the way each focused element
/// must show that it has the focus.
async fn tab_to(browser: &Browser, condition: &str) -> Step {
    for _ in 0..MOST {
        browser.press(Key::Tab).await?;
        let seen = browser
            .value(
                "(e => { const s = getComputedStyle(e), r = e.getBoundingClientRect(); \
                 return e === document.body || (parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none' \
                 && r.width > 0 && r.bottom > 0 && r.top < innerHeight); })(document.activeElement)",
            )
            .await?;
        if seen != true {
            let hidden = browser.value("document.activeElement.outerHTML").await?;
            return Err(format!("the focus cannot be seen on {hidden}").into());
        }
        if browser.value(&format!("(e => Boolean({condition}))(document.activeElement)")).await? == true {
            return Ok(());
        }
    }
    Err(format!("Tab never reaches what {condition}").into())
}

#[tokio::test]
async fn from_the_login_to_an_unban_with_the_keyboard_alone() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned(), "203.0.113.8".to_owned()]).await?;
    browser.open(&site.url("/jails")).await?;
    browser.until("document.activeElement.id === 'username'").await?;
    browser.keys("admin").await?;
    browser.press(Key::Tab).await?;
    browser.keys(PASSWORD).await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("h1", "Jails").await?;
    tab_to(&browser, "e.innerText === 'sshd'").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("h1", "sshd").await?;
    tab_to(&browser, "e.ariaLabel === 'Unban 203.0.113.7'").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#messages", "203.0.113.7 is no longer banned in sshd.").await?;
    browser.until("document.activeElement.ariaLabel === 'Undo: 203.0.113.7 in sshd'").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.8"]);
    browser.finish().await
}

#[tokio::test]
async fn the_question_before_banning_oneself_takes_the_focus_and_is_answered_by_keyboard() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    crate::browser::steps::log_in(&browser, &site, "/jails/sshd").await?;
    tab_to(&browser, "e.id === 'ban-ip'").await?;
    browser.keys("127.0.0.9/8, 203.0.113.5").await?;
    browser.press(Key::Enter).await?;
    browser.until("document.activeElement.matches('.ask[role=group]')").await?;
    browser.until_reads(".ask", "1 more is banned along with it.").await?;
    // A second Enter on the question itself answers nothing.
    browser.press(Key::Enter).await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    tab_to(&browser, "e.innerText === 'Ban anyway'").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#messages", "127.0.0.0/8, 203.0.113.5 are now banned in sshd.").await?;
    browser.until_count(&row("127.0.0.0/8"), 1).await?;
    browser.until_count("#ban-ip", 1).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["127.0.0.0/8", "203.0.113.5"]);
    browser.finish().await
}

#[tokio::test]
async fn the_skip_link_is_the_first_stop_and_leads_past_the_navigation() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    crate::browser::steps::log_in(&browser, &site, "/jails/sshd").await?;
    tab_to(&browser, "e.innerText === 'Skip to content'").await?;
    browser.press(Key::Enter).await?;
    browser.until("document.activeElement.id === 'main'").await?;
    browser.press(Key::Tab).await?;
    let inside = browser.value("document.getElementById('main').contains(document.activeElement)").await?;
    assert_eq!(inside, true);
    browser.finish().await
}

#[tokio::test]
async fn the_account_menu_opens_logs_out_and_chooses_colours_by_keyboard() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    crate::browser::steps::log_in(&browser, &site, "/jails/sshd").await?;
    tab_to(&browser, "e.matches('.account-name')").await?;
    browser.press(Key::Enter).await?;
    browser.until("document.querySelector('#account:popover-open')").await?;
    tab_to(&browser, "e.value === 'dark'").await?;
    browser.press(Key::Enter).await?;
    browser.until("document.documentElement.dataset.theme === 'dark'").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    browser.until("getComputedStyle(document.documentElement).colorScheme === 'dark'").await?;
    tab_to(&browser, "e.matches('.account-name')").await?;
    browser.press(Key::Enter).await?;
    tab_to(&browser, "e.innerText === 'Log out'").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("h1", "Log in").await?;
    browser.finish().await
}
