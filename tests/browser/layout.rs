//! Every width from a phone to a wall: nothing is cut, nothing scrolls sideways, and the bans come first.

use std::collections::BTreeSet;

use bangui::demo::DemoJail;
use serde_json::{Value, json};

use crate::browser::chromium::{Browser, Step};
use crate::browser::pages::{LONG, full_site, verdict};
use crate::browser::steps::{ban, log_in, one_jail};
use crate::support::TestResult;
use crate::support::site::Site;

const STYLE: &str = include_str!("../../static/app.css");

/// All that is beyond an edge of the window or cut off by what is around it, and each line that wraps where it
/// must not: the navigation, and an IPv6 address inside one of its groups.
const FAULTS: &str = r"
    const out = [], edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > edge) out.push('the page scrolls sideways');
    const ancestors = e => e.parentElement ? [e.parentElement, ...ancestors(e.parentElement)] : [];
    const name = e => `<${e.localName} class='${e.className}'> ${e.innerText?.slice(0, 40)}`;
    for (const e of document.querySelectorAll('body :is(a, button, input, select, summary, td, th, h1, h2)')) {
      if (!e.checkVisibility() || e.closest('.skip, .hidden, .passkey') || e.matches('[type=hidden]')) continue;
      const box = e.getBoundingClientRect();
      if (box.width <= 1) continue;
      const shortened = [e, ...ancestors(e)].some(around => getComputedStyle(around).textOverflow === 'ellipsis');
      if (shortened) continue;
      if (box.left < -0.5 || box.right > edge + 0.5) out.push(`beyond the edge: ${name(e)}`);
      for (let around = e.parentElement; around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around), frame = around.getBoundingClientRect();
        if (style.overflowX === 'visible' || frame.width <= 1) continue;
        if (box.right > frame.right + 1) out.push(`cut off: ${name(e)}`);
      }
    }
    const lines = texts => new Set(texts.flatMap(text => {
      const range = document.createRange();
      range.selectNodeContents(text);
      return [...range.getClientRects()].map(line => Math.round(line.top));
    })).size;
    for (const e of document.querySelectorAll('.nav a')) {
      if (e.checkVisibility() && lines([...e.childNodes].filter(n => n.nodeType === 3)) > 1) out.push(`wraps: ${name(e)}`);
    }
    for (const e of document.querySelectorAll('.addr:has(wbr)')) {
      if (!e.checkVisibility()) continue;
      const groups = [...e.childNodes].filter(n => n.nodeType === 3);
      if (groups.some(group => lines([group]) > 1)) out.push(`breaks inside a group: ${name(e)}`);
      if (edge >= 1280 && lines(groups) > 1) out.push(`breaks although there is room: ${name(e)}`);
    }
    return out;";

async fn faults(browser: &Browser) -> Step<Vec<String>> {
    Ok(browser.driver.execute(FAULTS, Vec::new()).await?.convert()?)
}

#[tokio::test]
async fn every_page_is_whole_in_every_width_from_320_to_2560() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    let long = format!("/jails/{LONG}");
    let mut found = Vec::new();
    for path in [
        "/jails",
        "/jails/sshd",
        "/jails/sshd?q=2001&per_page=100",
        "/jails/sshd?part=ignores",
        "/jails/sshd?part=settings",
        "/jails/sshd?part=control",
        "/jails/sshd/filter",
        long.as_str(),
        "/jails/sshd/stop",
        "/bans",
        "/bans?q=2001",
        "/unban",
        "/unban?ip=2001:db8:1111:2222:3333:4444:5555:6601",
        "/unban-all",
        "/lookup?ip=2001:db8:1111:2222:3333:4444:5555:6601",
        "/lookup?ip=203.0.113.0/24",
        "/server",
        "/server/reload",
        "/ignores?ip=2001:db8:1111:2222:3333:4444:5555:6601",
        "/audit",
        "/",
        "/?time=30d&jail=sshd&country=US",
        "/history?time=7d&jail=sshd",
        "/account",
        "/account/second-factor",
        "/accounts",
        "/geo-cache",
    ] {
        browser.open(&site.url(path)).await?;
        for width in (320..=2560).step_by(40) {
            browser.resize(width, 900).await?;
            found.extend(
                faults(&browser).await?.into_iter().map(|fault| format!("{path} at {width}: {fault}")),
            );
        }
    }
    verdict(&found)?;
    browser.finish().await
}

#[tokio::test]
async fn on_a_phone_the_first_ban_is_high_on_the_page_and_a_row_is_low() -> TestResult {
    let jails =
        [DemoJail::new("sshd", "sshd"), DemoJail::new("apache-wordpress-login-flood", "nginx-http-auth")];
    let (site, browser) = (Site::start(&jails).await?, Browser::phone().await?);
    let mut entries: Vec<String> = (0..30).map(|last| format!("203.0.113.{last}")).collect();
    entries.extend((0..10).map(|n| format!("2001:db8:1111:2222:3333:4444:5555:660{n}")));
    for jail in ["sshd", "apache-wordpress-login-flood"] {
        ban(&site, jail, &entries).await?;
    }
    log_in(&browser, &site, "/jails").await?;
    for path in ["/bans", "/jails/sshd", "/jails/sshd?sort=ip&dir=desc", "/bans?sort=ip&dir=desc"] {
        browser.open(&site.url(path)).await?;
        let rows = "[...document.querySelectorAll('#bans tbody tr')].map(row => row.getBoundingClientRect())";
        let first = browser.value(&format!("{rows}[0].top")).await?.as_f64();
        assert!(first.is_some_and(|top| top <= 400.0), "{path}: the first ban is at {first:?}");
        let highest = browser.value(&format!("Math.max(...{rows}.map(row => row.height))")).await?.as_f64();
        assert!(
            highest.is_some_and(|height| (44.0..=72.0).contains(&height)),
            "{path}: a row has {highest:?}"
        );
    }
    browser.finish().await
}

#[tokio::test]
async fn a_larger_font_of_the_browser_enlarges_all_text() -> TestResult {
    let site = one_jail().await?;
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    let sizes = "Object.fromEntries([...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && \
                 [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => \
                 [e.localName + e.className, parseFloat(getComputedStyle(e).fontSize)]))";
    let mut of = Vec::new();
    for (font, width) in [(16, 1400), (24, 2100)] {
        let browser = Browser::with_font(font).await?;
        browser.resize(width, 900).await?;
        log_in(&browser, &site, "/bans").await?;
        browser.until_count("#bans tbody tr", 1).await?;
        of.push(browser.value(sizes).await?);
        assert_eq!(faults(&browser).await?, Vec::<String>::new());
        browser.finish().await?;
    }
    let [Value::Object(usual), Value::Object(larger)] = of.as_slice() else { return Err("no sizes".into()) };
    assert!(usual.len() > 10, "{usual:?}");
    for (what, size) in usual {
        let grown = larger.get(what).and_then(Value::as_f64).zip(size.as_f64());
        assert!(grown.is_some_and(|(large, size)| large >= 1.45 * size), "{what}: {size} became {grown:?}");
    }
    Ok(())
}

/// The value of each declaration of `property` in the style sheet.
fn values(property: &str) -> Vec<&'static str> {
    let declarations = STYLE.split(['{', ';', '}']).filter_map(|one| one.trim().split_once(':'));
    declarations.filter(|(name, _)| *name == property).map(|(_, value)| value.trim()).collect()
}

#[test]
fn the_style_sheet_has_five_sizes_of_text_and_eight_of_space() {
    let tokens = |prefix: &str| {
        let uses = STYLE.split(prefix).skip(1);
        uses.filter_map(|rest| rest.split([':', ')', ' ']).next()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((tokens("--text-"), tokens("--space-")), (5, 8));
    for value in values("font-size") {
        let is_token = value.starts_with("var(--text-") || value.ends_with("em") && !value.ends_with("rem");
        assert!(is_token || ["0", "inherit"].contains(&value), "font-size: {value}");
    }
    for property in ["padding", "padding-block", "padding-inline", "gap", "margin"] {
        for value in values(property) {
            let own = value.split_whitespace().filter(|part| {
                part.ends_with("rem") || part.ends_with("px") && !["0px", "-1px"].contains(part)
            });
            assert_eq!(own.count(), 0, "{property}: {value}");
        }
    }
}

#[tokio::test]
async fn a_printed_page_has_its_tables_whole_and_nothing_to_press() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    let cdp = browser.driver.cdp();
    cdp.send_raw("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
    // A4 less the margins that browsers leave.
    browser.resize(718, 1000).await?;
    for path in ["/bans", "/jails/sshd?q=2001", "/jails", "/audit?show=all", "/accounts"] {
        browser.open(&site.url(path)).await?;
        assert_eq!(faults(&browser).await?, Vec::<String>::new(), "{path}");
        let table = "getComputedStyle(document.querySelector('table'))";
        assert_eq!(browser.value(&format!("{table}.display")).await?, "table", "{path}");
        let pressed = browser
            .value(
                "[...document.querySelectorAll('button, .top, .nav, .pages, .tools form')]\
                 .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 200))",
            )
            .await?;
        assert_eq!(pressed, json!([]), "{path}");
        let columns = browser
            .value("[...document.querySelectorAll('thead th')].filter(e => e.checkVisibility()).length")
            .await?;
        assert!(columns.as_u64().is_some_and(|columns| columns >= 4), "{path}: {columns} columns");
    }
    browser.finish().await
}

/// The parts of a jail's page that can be seen.
async fn parts(browser: &Browser) -> Step<Vec<String>> {
    let seen = "['bans', 'ignores', 'settings', 'actions'].filter(id => document.getElementById(id)?.checkVisibility())";
    Ok(serde_json::from_value(browser.value(seen).await?)?)
}

#[tokio::test]
async fn a_phone_has_a_jails_page_in_parts_without_javascript_as_well() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::without_javascript().await?);
    log_in(&browser, &site, "/jails/sshd").await?;
    assert_eq!(parts(&browser).await?, ["bans"]);
    for (title, part) in
        [("Ignore list", "ignores"), ("Settings", "settings"), ("Control", "actions"), ("Bans", "bans")]
    {
        let tab =
            format!("[...document.querySelectorAll('.tabs a')].findIndex(e => e.innerText === '{title}')");
        let index = browser.value(&tab).await?.as_u64().ok_or("no tab")?;
        browser.click(&format!(".tabs a:nth-of-type({})", index + 1)).await?;
        browser.until_reads(".tabs [aria-current]", title).await?;
        assert_eq!(parts(&browser).await?, [part]);
    }
    // What is done in a part leads back to it.
    browser.click(".tabs a:nth-of-type(2)").await?;
    browser.write("#ignore-ip", "no address at all").await?;
    browser.click(".add-form .main").await?;
    browser.until_reads("#ignore-mistake", "no address").await?;
    browser.write("#ignore-ip", "203.0.113.9").await?;
    browser.click(".add-form .main").await?;
    browser.until_reads("#messages", "203.0.113.9 is now ignored in sshd").await?;
    assert_eq!(parts(&browser).await?, ["ignores"]);
    browser.resize(1280, 900).await?;
    browser.open(&site.url("/jails/sshd")).await?;
    assert_eq!(parts(&browser).await?, ["bans", "ignores", "settings", "actions"]);
    browser.finish().await
}

#[tokio::test]
async fn on_a_phone_search_filters_and_forms_fold_and_still_work() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned(), "198.51.100.8".to_owned()]).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    let seen = |id: &str| format!("document.querySelector('#{id}').checkVisibility()");
    for field in ["search", "ban-ip"] {
        assert_eq!(browser.value(&seen(field)).await?, false, "{field}");
    }
    browser.click("[popovertarget=filters]").await?;
    browser.write("#search", "113.7").await?;
    browser.until_reads("#bans .count", "1 of 2 match").await?;
    assert_eq!(browser.value(&seen("search")).await?, true, "it stays open while one types");
    browser.click("#filters form button").await?;
    browser.until(&format!("!{}", seen("search"))).await?;
    browser.until_reads("[popovertarget=filters]", "Change filter").await?;
    browser.click("[popovertarget=ban-form]").await?;
    browser.write("#ban-ip", "nonsense").await?;
    browser.click("#ban-form button").await?;
    // A mistake is not folded away.
    browser.until_reads("#ban-mistake", "nonsense").await?;
    assert_eq!(browser.value(&seen("ban-ip")).await?, true);
    browser.open(&site.url("/bans")).await?;
    assert_eq!(browser.value(&seen("network")).await?, false);
    browser.click("[popovertarget=network-form]").await?;
    browser.write("#network", "203.0.113.0/24").await?;
    browser.click("#network-form button").await?;
    browser.until_reads("h1", "Lift 1 ban?").await?;
    browser.finish().await
}

#[tokio::test]
async fn a_mistake_is_red_and_the_dot_keeps_its_colour_where_others_are_forced() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/unban-all").await?;
    browser.system_colours("light").await?;
    browser.write("#word", "perhaps").await?;
    browser.click(".ask .danger").await?;
    browser.until_count("#word-mistake", 1).await?;
    let colour =
        |css: &str, property: &str| format!("getComputedStyle(document.querySelector('{css}')).{property}");
    assert_eq!(browser.value(&colour("#word-mistake", "color")).await?, "rgb(179, 35, 26)");
    let dot = browser.value(&colour(".dot", "backgroundColor")).await?;
    let forced = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    browser.driver.cdp().send_raw("Emulation.setEmulatedMedia", forced).await?;
    browser.until("matchMedia('(forced-colors: active)').matches").await?;
    assert_eq!(browser.value(&colour(".dot", "backgroundColor")).await?, dot);
    assert_ne!(browser.value(&colour(".dot", "borderTopWidth")).await?, "0px");
    browser.finish().await
}
