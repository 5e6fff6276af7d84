//! What several tests do.

use std::fs::OpenOptions;
use std::io::Write as _;

use bangui::demo::{Attack, DemoJail};
use jiff::Zoned;

use crate::browser::chromium::{Browser, Step};
use crate::support::site::{PASSWORD, Site};
use crate::support::{banned, client, until};

/// BanGUI on a fail2ban with one jail, `sshd`, which bans after three failures.
pub async fn one_jail() -> Step<Site> {
    Site::start(&[DemoJail::new("sshd", "sshd")]).await
}

/// Logs in and opens `path`.
pub async fn log_in(browser: &Browser, site: &Site, path: &str) -> Step {
    browser.open(&site.url("/login")).await?;
    browser.write("#username", "admin").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Dashboard").await?;
    browser.open(&site.url(path)).await
}

/// Lets `address` fail three times at the door that `sshd` watches.
pub fn attack(site: &Site, address: &str) -> Step {
    let mut log = OpenOptions::new().append(true).create(true).open(site.daemon.log_file("sshd"))?;
    for _ in 0..3 {
        writeln!(log, "{}", Attack::Ssh.line(address.parse()?, &Zoned::now()))?;
    }
    Ok(())
}

/// Bans by fail2ban's own client, and waits until they are listed.
pub async fn ban(site: &Site, jail: &str, entries: &[String]) -> Step {
    let command: Vec<&str> =
        ["set", jail, "banip"].into_iter().chain(entries.iter().map(String::as_str)).collect();
    client(&site.daemon, &command)?;
    until("fail2ban lists the bans", || {
        let listed = banned(&site.daemon, jail)?;
        Ok(entries.iter().all(|entry| listed.contains(entry)))
    })
    .await
}

/// Bans 203.0.113.1 to `.number` in `sshd`.
pub async fn ban_many(site: &Site, number: u8) -> Step {
    let entries: Vec<String> = (1..=number).map(|last| format!("203.0.113.{last}")).collect();
    ban(site, "sshd", &entries).await
}

/// The table row of an address.
pub fn row(address: &str) -> String {
    format!("tr[data-ip='{address}']")
}

/// Puts a mark on what must not be replaced; it is gone when the page or these elements come anew.
pub async fn mark(browser: &Browser, css: &[&str]) -> Step {
    for css in css {
        browser.until(&format!("document.querySelector('{css}').marked = true")).await?;
    }
    Ok(())
}

/// Whether what [`mark`] marked is still there.
pub async fn still_marked(browser: &Browser, css: &[&str]) -> Step {
    for css in css {
        if browser.value(&format!("document.querySelector('{css}')?.marked === true")).await? != true {
            return Err(format!("{css} was replaced").into());
        }
    }
    Ok(())
}

/// Waits until the page has asked for its table `times` more times and put in what came.
pub async fn polls(browser: &Browser, times: usize) -> Step {
    // A listener of the test's own, so that its counting owes nothing to the page's script.
    browser
        .until(
            "window.polls !== undefined || (window.polls = 0, document.addEventListener('htmx:finally:swap', \
             (event) => { if (event.target.closest('#bans')) window.polls += 1; }), true)",
        )
        .await?;
    let before = browser.value("window.polls").await?.as_u64().ok_or("no count")?;
    browser.until(&format!("window.polls >= {}", before + times as u64)).await
}
