//! Many bans at once: rows that are ticked.

use bangui::demo::DemoJail;

use crate::browser::chromium::Browser;
use crate::browser::steps::{ban, ban_many, log_in, one_jail, polls, row};
use crate::support::site::Site;
use crate::support::{TestResult, banned};

fn tick(address: &str) -> String {
    format!("{} td.selection input", row(address))
}

#[tokio::test]
async fn what_is_ticked_outlives_pages_sorting_and_searching_and_is_unbanned_at_once() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 40).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    assert_eq!(browser.value("document.getElementById('pick').checkVisibility()").await?, false);
    browser.click(&tick("203.0.113.1")).await?;
    browser.until_reads("#pick", "1 selected").await?;
    polls(&browser, 1).await?;
    browser.until_reads("#pick", "1 selected").await?;
    browser.click("a[rel=next]").await?;
    browser.until_count(&row("203.0.113.40"), 1).await?;
    browser.until_reads("#pick", "1 selected").await?;
    browser.click(&tick("203.0.113.40")).await?;
    browser.click("thead th:nth-child(3) a").await?;
    browser.until("location.search.includes('sort=country')").await?;
    browser.write("#search", "113.33").await?;
    browser.until_count("tbody tr", 1).await?;
    browser.click(&tick("203.0.113.33")).await?;
    browser.until_reads("#pick", "3 selected").await?;
    browser.click("#pick [value=selected]").await?;
    browser
        .until_reads("#messages", "203.0.113.1, 203.0.113.33, 203.0.113.40 are no longer banned in sshd.")
        .await?;
    assert!(browser.here().await?.starts_with("/jails/sshd?"));
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 37);
    browser.click("#messages form[action='/bans/again'] button").await?;
    browser.until_reads("#messages", "are banned again in sshd.").await?;
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 40);
    browser.finish().await
}

#[tokio::test]
async fn on_the_way_back_what_is_ticked_is_what_is_counted() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 30).await?;
    log_in(&browser, &site, "/bans?sort=ip").await?;
    browser.click(&tick("203.0.113.1")).await?;
    browser.click("a[rel=next]").await?;
    browser.until_count(&row("203.0.113.30"), 1).await?;
    browser.click("thead input").await?;
    browser.until_reads("#pick", "6 selected").await?;
    browser.click("#pick [formaction='/bans/networks']").await?;
    browser.until("location.pathname === '/bans/networks'").await?;
    browser.driver.back().await?;
    browser.until_count(&row("203.0.113.30"), 1).await?;
    let ticked = "document.querySelectorAll('tbody td.selection input:checked').length";
    let shown = "parseInt(document.getElementById('ticked').textContent)";
    let is_seen = "document.getElementById('pick').checkVisibility()";
    browser.until(&format!("{ticked} === 0 ? !{is_seen} : {ticked} <= {shown}")).await?;
    browser.finish().await
}

#[tokio::test]
async fn the_box_in_the_head_ticks_the_page_and_clear_unticks_everything() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban_many(&site, 30).await?;
    log_in(&browser, &site, "/bans?sort=ip").await?;
    browser.click("thead input").await?;
    browser.until_reads("#pick", "25 selected").await?;
    browser.click(&tick("203.0.113.2")).await?;
    browser.until_reads("#pick", "24 selected").await?;
    browser.until("document.querySelector('thead input').indeterminate").await?;
    // In view, wherever one scrolled.
    browser.until("window.scrollTo(0, 600), true").await?;
    let seen = "(r => r.top > 0 && r.bottom <= innerHeight)(document.getElementById('pick').getBoundingClientRect())";
    assert_eq!(browser.value(seen).await?, true);
    browser.click("#pick [type=reset]").await?;
    browser.until("!document.getElementById('pick').checkVisibility()").await?;
    browser.until_count("tbody input:checked", 0).await?;
    browser.finish().await
}

#[tokio::test]
async fn there_is_one_unban_all_and_it_follows_the_search() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    let browser = Browser::desktop().await?;
    ban_many(&site, 12).await?;
    ban(&site, "web", &["203.0.113.11".to_owned()]).await?;
    log_in(&browser, &site, "/bans").await?;
    let unbans = "[...document.querySelectorAll('main :is(a, button)')].filter(e => e.innerText.startsWith('Unban all')).map(e => e.innerText)";
    assert_eq!(browser.value(unbans).await?, serde_json::json!(["Unban all …"]));
    browser.until_reads("#sum", "13 bans of 12 addresses in 2 jails.").await?;
    browser.write("#search", "113.11").await?;
    browser.until_reads("#unban-all", "Unban all 2 that match …").await?;
    assert_eq!(browser.value(unbans).await?.as_array().map(Vec::len), Some(1));
    browser.click("#unban-all button").await?;
    browser.until_reads("h1", "Lift 2 bans of 1 address?").await?;
    browser.finish().await
}

#[tokio::test]
async fn without_javascript_the_boxes_of_the_page_and_the_buttons_work() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    ban_many(&site, 4).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    browser.click(&tick("203.0.113.1")).await?;
    browser.click(&tick("203.0.113.4")).await?;
    browser.click("#pick [value=selected]").await?;
    browser.until_reads("#messages", "203.0.113.1, 203.0.113.4 are no longer banned in sshd.").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.2", "203.0.113.3"]);
    browser.click(&tick("203.0.113.2")).await?;
    browser.click("#pick [formaction='/bans/networks']").await?;
    browser.until_reads("h1", "Ban this network?").await?;
    browser.click("form.ask button").await?;
    browser.until_reads("#messages", "203.0.113.0/24 is banned in sshd.").await?;
    assert_eq!(browser.here().await?, "/jails/sshd?sort=ip");
    browser.finish().await
}
