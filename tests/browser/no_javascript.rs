//! Everything once more, by a person who has switched JavaScript off.

use crate::browser::chromium::Browser;
use crate::browser::steps::{ban_many, log_in, one_jail, row};
use crate::support::{TestResult, banned, protection};

#[tokio::test]
async fn everything_works_without_javascript() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    ban_many(&site, 30).await?;
    log_in(&browser, &site, "/jails").await?;
    assert_eq!(browser.value("typeof window.htmx").await?, "undefined");

    browser.click("nav a[href='/unban']").await?;
    browser.write("#ip", "203.0.113.30").await?;
    browser.click("form:has(#ip) > button.main").await?;
    browser.until_reads("#messages", "203.0.113.30 is no longer banned in sshd.").await?;
    // Folded after an action, so that no second tap meets another row.
    browser.click("summary").await?;
    browser.click("li[data-ip='203.0.113.1'] button").await?;
    browser.until_reads("#messages", "203.0.113.1 is no longer banned in sshd.").await?;
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 28);

    browser.click("nav a[href='/jails']").await?;
    browser.click("tr[data-jail=sshd] a").await?;
    browser.click("thead th:nth-child(2) a").await?;
    browser.click("a[rel=next]").await?;
    browser.until_count("tbody tr", 3).await?;
    assert_eq!(browser.here().await?, "/jails/sshd?sort=ip&page=2");
    browser.click("[popovertarget=filters]").await?;
    browser.write("#search", "113.2").await?;
    browser.click("#filters button").await?;
    browser.until_reads("#bans .count", "11 of 28 match").await?;

    browser.click("[popovertarget=ban-form]").await?;
    browser.write("#ban-ip", "nonsense").await?;
    browser.click("#ban-form button").await?;
    browser.until_reads("#ban-mistake", "nonsense").await?;
    browser.write("#ban-ip", "203.0.113.250").await?;
    browser.click("#ban-form button").await?;
    browser.until_reads("#messages", "203.0.113.250 is now banned in sshd.").await?;
    // The search is still there after both.
    browser.until_reads("#bans .count", "12 of 29 match").await?;
    browser.click(&format!("{} button", row("203.0.113.2"))).await?;
    browser.until_reads("#messages", "203.0.113.2 is no longer banned in sshd.").await?;
    browser.until_reads("#bans .count", "11 of 28 match").await?;
    assert!(!banned(&site.daemon, "sshd")?.contains(&"203.0.113.2".to_owned()));
    browser.finish().await
}

#[tokio::test]
async fn reload_restart_and_an_outage_end_on_the_right_page_without_javascript() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    let before = protection(&site.daemon, "sshd")?;
    log_in(&browser, &site, "/jails/sshd?part=control").await?;
    browser.click(".head .control button").await?;
    browser.until_reads("#work", "Reload of sshd done").await?;
    assert_eq!(browser.here().await?, "/jails/sshd");
    assert_eq!(protection(&site.daemon, "sshd")?, before);

    browser.click("nav .more").await?;
    browser.click("#account a[href='/server']").await?;
    browser.click("a[href='/server/restart']").await?;
    browser.click("form[action='/server/restart'] .danger").await?;
    // The page refreshes itself, through what it shows meanwhile.
    browser.until_reads("#work", "Restart of fail2ban done").await?;
    assert_eq!(browser.here().await?, "/server");

    site.daemon.stop().await?;
    browser.click("nav a[href='/jails']").await?;
    browser.until_reads("#state", "fail2ban is not running").await?;
    site.daemon.start_again().await?;
    browser.until_count("tr[data-jail=sshd]", 1).await?;
    browser.finish().await
}
