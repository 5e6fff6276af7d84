//! A table that changes by itself never moves a row away from under a finger, a key or a mouse.

use bangui::demo::DemoJail;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{attack, ban, ban_many, log_in, mark, one_jail, polls, row, still_marked};
use crate::support::site::Site;
use crate::support::{TestResult, banned, client, until};

/// Two jails that ban the same three addresses.
async fn two_jails() -> Step<Site> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    for jail in ["sshd", "web"] {
        ban(&site, jail, &["203.0.113.1", "203.0.113.2", "203.0.113.3"].map(str::to_owned)).await?;
    }
    Ok(site)
}

/// Clicks ten times at the middle of what `css` selects, as a mouse or as a finger, whatever is there by then.
async fn click_ten_times(browser: &Browser, css: &str, is_touch: bool) -> Step {
    browser
        .until(&format!("document.querySelector({}).scrollIntoView({{ block: 'center' }}), true", json!(css)))
        .await?;
    let middle = format!(
        "(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector({}).getBoundingClientRect())",
        json!(css)
    );
    let [x, y]: [f64; 2] = serde_json::from_value(browser.value(&middle).await?)?;
    let cdp = browser.driver.cdp();
    for click in 0..10 {
        let (command, events) = if is_touch {
            let point = json!([{ "x": x, "y": y }]);
            let (down, up) = (
                json!({ "type": "touchStart", "touchPoints": point }),
                json!({ "type": "touchEnd", "touchPoints": [] }),
            );
            ("Input.dispatchTouchEvent", [down, up])
        } else {
            let event =
                |kind: &str| json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            ("Input.dispatchMouseEvent", [event("mousePressed"), event("mouseReleased")])
        };
        for event in events {
            cdp.send_raw(command, event).await?;
        }
        if click % 3 == 0 {
            polls(browser, 1).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn ten_clicks_at_one_point_unban_the_row_that_was_aimed_at_and_no_other() -> TestResult {
    let (site, browser) = (two_jails().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/bans?sort=ip").await?;
    click_ten_times(&browser, "[id='ban-sshd/203.0.113.1'] td.end button", false).await?;
    browser.until_reads("[id='ban-sshd/203.0.113.1'] td.after", "Unbanned · Undo").await?;
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 2);
    assert_eq!(banned(&site.daemon, "web")?.len(), 3);
    browser.until_reads("#messages", "Still banned in 1 other jail.").await?;

    browser.resize(390, 844).await?;
    browser.open(&site.url("/jails/web?sort=ip")).await?;
    click_ten_times(&browser, &format!("{} td.end button", row("203.0.113.2")), true).await?;
    browser.until_reads(&format!("{} td.after", row("203.0.113.2")), "Unbanned · Undo").await?;
    assert_eq!(banned(&site.daemon, "web")?.len(), 2);
    browser.finish().await
}

#[tokio::test]
async fn the_way_back_stands_in_the_row_has_the_focus_and_brings_the_ban_back() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban_many(&site, 3).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    for last in [1, 2] {
        browser.click(&format!("{} td.end button", row(&format!("203.0.113.{last}")))).await?;
        browser
            .until(&format!("document.activeElement.ariaLabel === 'Undo: 203.0.113.{last} in sshd'"))
            .await?;
    }
    browser.until_reads("#figures", "Banned now\n1").await?;
    browser.until_count("#messages .note", 2).await?;
    polls(&browser, 2).await?;
    browser.until_count("td.after", 2).await?;
    // Not only the last action has a way back.
    browser.click(&format!("{} td.after button", row("203.0.113.1"))).await?;
    browser.until("document.activeElement.ariaLabel === 'Unban 203.0.113.1'").await?;
    until("it is banned again", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    polls(&browser, 1).await?;
    browser.until_count("td.after", 1).await?;
    browser.finish().await
}

#[tokio::test]
async fn the_undo_of_a_message_works_in_its_row_and_leaves_the_others_as_they_are() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban_many(&site, 3).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    for last in [1, 2, 3] {
        browser.click(&format!("{} td.end button", row(&format!("203.0.113.{last}")))).await?;
        browser.until_reads("#messages .note", &format!("203.0.113.{last} is no longer banned")).await?;
    }
    mark(&browser, &["h1"]).await?;
    // The text of a message has most of its width, and all of them can be read.
    browser
        .until(
            "[...document.querySelectorAll('#messages .note')].every((note) => \
             note.querySelector('div').offsetWidth > 0.6 * note.offsetWidth && \
             note.scrollHeight <= note.offsetHeight && note.offsetHeight < 150)",
        )
        .await?;
    browser.click("#messages .note form[action='/bans/again'] button").await?;
    until("it is banned again", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.3"])).await?;
    browser.until("document.activeElement.ariaLabel === 'Unban 203.0.113.3'").await?;
    browser.until_count("td.after", 2).await?;
    still_marked(&browser, &["h1"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn new_bans_wait_behind_a_word_and_push_nothing() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.element(&format!("{} td.end button", row("203.0.113.7"))).await?.focus().await?;
    attack(&site, "203.0.113.8")?;
    browser.until_reads(".new", "1 new ban · Show").await?;
    browser.until_reads("#figures", "Banned now\n2").await?;
    assert_eq!(browser.texts("tbody .addr").await?, ["203.0.113.7"]);
    assert_eq!(browser.value("document.activeElement.ariaLabel").await?, "Unban 203.0.113.7");
    attack(&site, "203.0.113.9")?;
    browser.until_reads(".new", "2 new bans · Show").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("td.after", 1).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.8", "203.0.113.9"]);

    browser.click(".new a").await?;
    browser.until_count("tbody tr", 2).await?;
    browser.until_count("td.after, .new a", 0).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_row_that_ends_by_itself_stays_greyed_even_the_last_one() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban_many(&site, 2).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    browser.element(&format!("{} td.end button", row("203.0.113.1"))).await?.focus().await?;
    client(&site.daemon, &["set", "sshd", "unbanip", "203.0.113.1"])?;
    browser.until_reads(&format!("{}.ended", row("203.0.113.1")), "Ended").await?;
    assert_eq!(browser.value("document.activeElement === document.body").await?, false);
    client(&site.daemon, &["set", "sshd", "unbanip", "203.0.113.2"])?;
    browser.until_count("tr.ended", 2).await?;
    browser.driver.refresh().await?;
    browser.until_reads("#bans", "No bans in sshd").await?;
    browser.finish().await
}

#[tokio::test]
async fn an_unban_that_was_refused_says_so_in_its_row() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let browser = Browser::desktop().await?;
    ban_many(&site, 2).await?;
    log_in(&browser, &site, "/jails/sshd?sort=ip").await?;
    site.daemon.kill()?;
    browser.click(&format!("{} td.end button", row("203.0.113.2"))).await?;
    browser
        .until(&format!("document.querySelector(\"{} td[data-said='Not done']\")", row("203.0.113.2")))
        .await?;
    browser.until_reads("#messages", "fail2ban has stopped").await?;
    assert_eq!(browser.value("document.activeElement.ariaLabel").await?, "Unban 203.0.113.2");
    browser.finish().await
}

/// The sum of all shifts since the page was there, and what shifted.
async fn shifts(browser: &Browser) -> Step<(f64, Value)> {
    let sum = browser.value("window.shifts.reduce((sum, shift) => sum + shift.value, 0)").await?;
    Ok((sum.as_f64().ok_or("no sum")?, browser.value("window.shifts").await?))
}

/// Bans and unbans all the time while each page is open, and adds up what the browser saw move.
async fn stays_still(browser: &Browser, site: &Site, paths: &[&str]) -> TestResult {
    for (at, path) in paths.iter().enumerate() {
        browser.open(&site.url(path)).await?;
        browser
            .until(
                "document.readyState === 'complete' && (window.shifts = [], window.seen = 0, document.addEventListener('htmx:finally:swap', () => { window.seen += 1; }), \
                 new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => \
                 ({ value: entry.value, nodes: entry.sources.map(({ node, previousRect, currentRect }) => \
                 [(node?.outerHTML ?? node?.textContent)?.slice(0, 150), previousRect, currentRect]) }))))\
                 .observe({ type: 'layout-shift' }), true)",
            )
            .await?;
        for round in 0..4 {
            ban(
                site,
                "sshd",
                &[format!("198.51.{at}.{round}"), format!("2001:db8:{}::{}", at + 1, round + 1)],
            )
            .await?;
            client(&site.daemon, &["set", "sshd", "unbanip", &format!("203.0.113.{}", 50 - at * 4 - round)])?;
            let seen = browser.value("window.seen").await?.as_u64().ok_or("no count")?;
            browser.until(&format!("window.seen > {seen}")).await?;
        }
        let (sum, what) = shifts(browser).await?;
        assert!(sum == 0.0, "{path} moved by {sum}: {what}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_moves_on_an_open_page_however_much_is_banned() -> TestResult {
    let (site, browser) = (two_jails().await?, Browser::desktop().await?);
    ban_many(&site, 50).await?;
    log_in(&browser, &site, "/jails").await?;
    stays_still(&browser, &site, &["/bans", "/jails/sshd", "/jails", "/bans?sort=ip&page=2"]).await?;
    browser.resize(390, 844).await?;
    stays_still(&browser, &site, &["/bans?page=1", "/jails/sshd?sort=ip", "/jails?x=1"]).await?;
    browser.finish().await
}

#[tokio::test]
async fn a_time_that_passes_makes_no_row_higher() -> TestResult {
    let (site, browser) = (two_jails().await?, Browser::desktop().await?);
    ban_many(&site, 3).await?;
    log_in(&browser, &site, "/unban").await?;
    for width in (320..=430).step_by(5) {
        browser.resize(width, 800).await?;
        let heights = |time: &str| {
            format!(
                "[...document.querySelectorAll('.rows time')].map((time) => \
                 (time.textContent = '{time}', time.closest('li').offsetHeight)).join()"
            )
        };
        let young = browser.value(&heights("9 s ago")).await?;
        assert_ne!(young, "");
        assert_eq!(young, browser.value(&heights("59 min ago")).await?, "{width} px wide");
    }
    browser.finish().await
}
