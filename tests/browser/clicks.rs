//! The clicks of everyday tasks, counted as the table in docs/clicks.md has them.

use bangui::demo::DemoJail;
use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::pages::{look_as_it_is, verdict};
use crate::browser::steps::{ban, log_in};
use crate::support::site::Site;
use crate::support::{TestResult, banned, client, until};

const TABLE: &str = include_str!("../../docs/clicks.md");
const JAILS: [&str; 6] = ["apache", "dovecot", "nginx", "postfix", "recidive", "sshd"];
const IP: &str = "203.0.113.7";

async fn six_jails() -> Step<Site> {
    Site::start(&JAILS.map(|name| DemoJail::new(name, "sshd"))).await
}

/// A browser whose clicks and Enters are counted, from the landing page on.
struct Counted {
    browser: Browser,
    clicks: u32,
    enters: u32,
}

impl Counted {
    async fn begin(browser: Browser, site: &Site) -> Step<Self> {
        log_in(&browser, site, "/jails").await?;
        Ok(Self { browser, clicks: 0, enters: 0 })
    }

    async fn click(&mut self, css: &str) -> Step {
        self.clicks += 1;
        self.browser.click(css).await
    }

    /// Types into the search of the header, which a key leads to.
    async fn find(&mut self, text: &str) -> Step {
        self.browser.keys("/").await?;
        self.browser.until("document.activeElement.matches('.find input')").await?;
        self.browser.keys(text).await?;
        self.enter().await
    }

    async fn enter(&mut self) -> Step {
        self.enters += 1;
        self.browser.press(Key::Enter).await
    }

    /// Compares what was counted with the line of the table for `task`, and begins anew.
    async fn was(&mut self, task: &str, site: &Site) -> Step {
        let told = match (self.clicks, self.enters) {
            (clicks, 0) => clicks.to_string(),
            (clicks, _) => format!("{clicks} and Enter"),
        };
        let line = TABLE.lines().find(|line| line.starts_with(&format!("| {task} |")));
        let line = line.ok_or_else(|| format!("the table has no line for {task}"))?;
        let written = line.split('|').nth(2).unwrap_or_default().trim();
        assert_eq!(written, told, "{task}");
        (self.clicks, self.enters) = (0, 0);
        self.browser.open(&site.url("/jails")).await
    }
}

#[tokio::test]
async fn an_address_is_banned_ignored_and_unbanned_in_six_jails() -> TestResult {
    let site = six_jails().await?;
    let mut counted = Counted::begin(Browser::desktop().await?, &site).await?;
    counted.find(IP).await?;
    counted.browser.until_reads("h1", "Look-up").await?;
    counted.click(".in-jails button[formaction='/lookup/ignore']").await?;
    counted.browser.until_reads("#messages", "is now ignored in apache, dovecot, nginx").await?;
    assert_eq!(counted.browser.texts(".in-jails .badge").await?, ["ignored"; 6]);
    counted.was("Ignore an address in six jails, for good, by its name", &site).await?;

    let other = "203.0.113.9";
    counted.find(other).await?;
    counted.browser.until_reads("h1", "Look-up").await?;
    counted.click(".in-jails button[name=all]").await?;
    counted.browser.until_reads("#messages", "203.0.113.9 is now banned in apache, dovecot, nginx").await?;
    for jail in JAILS {
        assert_eq!(banned(&site.daemon, jail)?, [other]);
    }
    counted.was("Ban an address in six jails", &site).await?;

    counted.find(other).await?;
    counted.browser.until_count("#held", 1).await?;
    counted.was("Why was an address banned", &site).await?;

    counted.find(other).await?;
    counted.click("form[action='/unban'] .main").await?;
    counted.browser.until_reads("#messages", "6 bans were lifted").await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    counted.was("Unban an address everywhere", &site).await?;

    counted.find(other).await?;
    counted.browser.until_reads("h1", "Look-up").await?;
    counted.click("li[data-jail=sshd] button").await?;
    counted.browser.until_reads("#messages", "is now banned in sshd.").await?;
    counted.was("Ban an address in one jail", &site).await?;
    counted.browser.finish().await
}

#[tokio::test]
async fn who_is_banned_is_free_after_one_tap() -> TestResult {
    let site = six_jails().await?;
    for jail in JAILS {
        client(&site.daemon, &["set", jail, "banip", "127.0.0.1"])?;
        until("it is banned", || Ok(banned(&site.daemon, jail)? == ["127.0.0.1"])).await?;
    }
    let mut counted = Counted::begin(Browser::phone().await?, &site).await?;
    counted.browser.until_reads("#own-ban", "You are banned").await?;
    let mut faults = Vec::new();
    look_as_it_is(&counted.browser, "own ban", &mut faults).await?;
    verdict(&faults)?;
    counted.click("#own-ban button").await?;
    counted.browser.until_reads("#messages", "127.0.0.1 is no longer banned").await?;
    counted.browser.until_count("#own-ban", 0).await?;
    assert_eq!(counted.browser.here().await?, "/jails");
    assert!(JAILS.iter().all(|jail| banned(&site.daemon, jail).is_ok_and(|bans| bans.is_empty())));
    counted.was("Unban me", &site).await?;
    counted.browser.finish().await
}

#[tokio::test]
async fn a_list_of_bans_a_reload_and_the_audit_take_few_clicks() -> TestResult {
    let site = six_jails().await?;
    ban(&site, "sshd", &[IP.to_owned(), "203.0.113.8".to_owned()]).await?;
    let mut counted = Counted::begin(Browser::desktop().await?, &site).await?;
    counted.click(".nav a[href='/bans']").await?;
    counted.click(&format!("tr[data-ip='{IP}'] a.addr")).await?;
    counted.browser.until_reads("h1", "Look-up").await?;
    counted.click(".in-jails button[formaction='/lookup/ignore']").await?;
    counted.browser.until_reads("#messages", "is now ignored in apache, dovecot, nginx").await?;
    assert_eq!(counted.clicks, 3, "from the list of bans it is one less");
    counted.clicks -= 1;
    counted.was("Ignore an address in six jails, for good, from a list", &site).await?;

    counted.click("form[action='/server/reload'] button").await?;
    counted.browser.until_reads("#work", "Reload of all jails done").await?;
    counted.was("Reload after an edit", &site).await?;

    counted.click(".nav a[href='/audit']").await?;
    counted.click("main input[type=search]").await?;
    counted.browser.keys(IP).await?;
    counted.enter().await?;
    counted.browser.until_reads(".audit tbody", &format!("Ignored {IP} in every jail, for good")).await?;
    counted.was("Who did something to an address", &site).await?;
    counted.browser.finish().await
}

#[tokio::test]
async fn chosen_bans_a_country_and_a_restart_take_few_clicks() -> TestResult {
    let site = six_jails().await?;
    let german = ["5.9.0.1", "5.9.0.2"].map(str::to_owned);
    let chosen: Vec<String> = (1..=4).map(|last| format!("203.0.113.{last}")).collect();
    ban(&site, "sshd", &[chosen.as_slice(), german.as_slice()].concat()).await?;
    let mut counted = Counted::begin(Browser::desktop().await?, &site).await?;
    counted.click(".nav a[href='/bans']").await?;
    for address in &chosen[..3] {
        counted.click(&format!("tr[data-ip='{address}'] td.selection input")).await?;
    }
    counted.click("#pick [value=selected]").await?;
    counted.browser.until_reads("#messages", "are no longer banned in sshd.").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, [&chosen[3..], german.as_slice()].concat());
    counted.was("Unban three chosen bans", &site).await?;

    counted.find("germany").await?;
    counted.browser.until_reads("#unban-all", "Unban all 2").await?;
    counted.click("#unban-all button").await?;
    counted.browser.until_reads("h1", "Lift 2 bans?").await?;
    counted.click("main .danger").await?;
    counted.browser.until_reads("#bulk", "2 bans lifted").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, &chosen[3..]);
    counted.was("Unban all of a country", &site).await?;

    counted.click(".nav a[href='/server']").await?;
    counted.click("a[href='/server/restart']").await?;
    counted.browser.until_reads("h1", "Restart fail2ban?").await?;
    counted.click("form[action='/server/restart'] .danger").await?;
    counted.browser.until_reads("#work", "Restart of fail2ban done").await?;
    counted.was("Restart fail2ban", &site).await?;
    counted.browser.finish().await
}

#[tokio::test]
async fn a_key_leads_to_the_search_unless_something_is_typed_or_keys_are_off() -> TestResult {
    let site = six_jails().await?;
    let browser = Browser::desktop().await?;
    log_in(&browser, &site, "/bans").await?;
    browser.keys("/").await?;
    browser.until("document.activeElement.matches('.find input')").await?;
    browser.keys("a/b").await?;
    assert_eq!(browser.value("document.activeElement.value").await?, "a/b");
    browser
        .until("document.documentElement.dataset.keys = 'off', document.activeElement.blur(), true")
        .await?;
    browser.keys("/").await?;
    assert_eq!(browser.value("document.activeElement === document.body").await?, true);
    browser.finish().await
}

#[tokio::test]
async fn the_search_of_the_header_works_without_javascript() -> TestResult {
    let site = six_jails().await?;
    let browser = Browser::without_javascript().await?;
    log_in(&browser, &site, "/jails").await?;
    browser.write(".find input", "sshd").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("h1", "sshd").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    browser.finish().await
}
