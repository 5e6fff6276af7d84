//! What every jail ignores, in a real Chromium.

use serde_json::json;
use thirtyfour::Key;

use crate::browser::chromium::Browser;
use crate::browser::pages::{full_site, look, look_as_it_is, verdict};
use crate::browser::steps::log_in;
use crate::support::TestResult;
use crate::support::visitor::Visitor;

const LIST: &str = "#everywhere tbody";

#[tokio::test]
async fn an_entry_is_added_changed_and_removed_with_the_keyboard_alone_and_fits_every_width() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    let mut faults = Vec::new();
    let kept = [("ip", "192.0.2.9"), ("keep", "yes"), ("note", "a partner"), ("until", "9998-12-31")];
    Visitor::admin(site.address).await?.submit("/jails/sshd/ignore", &kept).await?;
    log_in(&browser, &site, "/jails").await?;
    browser.click(".nav a[href='/ignores']").await?;
    browser.until_reads("h1", "Ignored in all jails").await?;
    for (entry, note) in [
        (
            "2001:db8:1111:2222:3333:4444:5555:6601",
            "a note that is rather long, and goes on and on, as notes do",
        ),
        ("a-host-name-that-is-rather-long-and-stands-on-the-list.example.org", ""),
        ("203.0.113.0/24", "office"),
    ] {
        browser.write("#everywhere-ip", entry).await?;
        browser.press(Key::Tab).await?;
        browser.keys(note).await?;
        browser.press(Key::Enter).await?;
        browser.until_reads("#everywhere-said", &format!("{entry} is now ignored in all 2 jails.")).await?;
    }
    assert!(
        browser
            .value("document.querySelector('#everywhere-said').innerText")
            .await?
            .to_string()
            .contains("unban it as well")
    );
    look(&browser, "ignores-list", &site.url("/ignores"), &mut faults).await?;
    browser.resize(1280, 900).await?;
    browser.click("[aria-label='Change 203.0.113.0/24']").await?;
    browser.until("document.activeElement.id === 'everywhere-note'").await?;
    browser.press(Key::End).await?;
    browser.keys(" of ann").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads(LIST, "office of ann").await?;
    // What locks somebody out is asked about, and the question has the focus.
    browser.write("#everywhere-ip", "127.0.0.1").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("tr[data-ip='127.0.0.1']", 1).await?;
    browser.click("[aria-label='Remove 127.0.0.1 in all jails']").await?;
    browser.until_reads("#everywhere-ask", "Stop ignoring 127.0.0.1 in all jails?").await?;
    assert_eq!(browser.value("document.activeElement.matches('.ask')").await?, json!(true));
    look_as_it_is(&browser, "ignores-asked", &mut faults).await?;
    browser.press(Key::Tab).await?;
    browser.press(Key::Tab).await?;
    browser.press(Key::Enter).await?;
    browser.until_count("tr[data-ip='127.0.0.1']", 0).await?;
    browser.write("#everywhere-ip", "two words").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("#everywhere-mistake", 1).await?;
    look_as_it_is(&browser, "ignores-mistake", &mut faults).await?;
    for (name, path) in
        [("ignores-jail", "/jails/sshd?part=ignores"), ("ignores-lookup", "/lookup?ip=203.0.113.0/24")]
    {
        look(&browser, name, &site.url(path), &mut faults).await?;
    }
    site.daemon.pause()?;
    look(&browser, "ignores-unknown", &site.url("/ignores"), &mut faults).await?;
    site.daemon.resume()?;
    verdict(&faults)?;
    browser.finish().await
}
