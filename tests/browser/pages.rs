//! Every page, in every width and in both colours: nothing sticks out, everybody can read and use it.

use std::path::Path;

use bangui::demo::{DemoJail, Filter};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban, log_in};
use crate::support::TestResult;
use crate::support::site::Site;

const AXE: &str = include_str!("axe-core-4.14.1/axe.min.js");
const SIZES: [(u32, u32); 3] = [(1280, 900), (390, 844), (320, 640)];
const SCHEMES: [&str; 2] = ["light", "dark"];
pub const LONG: &str =
    "an-uncommonly-long-name-of-a-jail-that-watches-a-web-server-of-which-nobody-knows-the-name";

/// Everything that axe-core finds wrong with the page, one line each.
async fn violations(browser: &Browser) -> Step<Vec<String>> {
    browser.driver.execute(AXE, Vec::new()).await?;
    let run = "const done = arguments[0]; axe.run({ preload: false, resultTypes: ['violations'] })\
               .then(r => done(r.violations.flatMap(v => v.nodes.map(n => \
               `${v.id}: ${n.html} ${n.any.concat(n.all, n.none).map(c => c.message).join('; ')}`))), \
               e => done([String(e)]));";
    Ok(browser.driver.execute_async(run, Vec::new()).await?.convert()?)
}

/// What reaches beyond the right edge of the window.
async fn sticking_out(browser: &Browser) -> Step<Value> {
    browser
        .value(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] : \
             [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > \
             document.documentElement.clientWidth + 0.5).map(e => e.outerHTML.slice(0, 200))",
        )
        .await
}

/// Opens `url` in each size and in both colours, and looks at it. `name` is for the pictures.
pub async fn look(browser: &Browser, name: &str, url: &str, faults: &mut Vec<String>) -> Step {
    for scheme in SCHEMES {
        browser.system_colours(scheme).await?;
        for (width, height) in SIZES {
            browser.resize(width, height).await?;
            browser.open(url).await?;
            examine(browser, &format!("{name}-{width}-{scheme}"), faults).await?;
            let here = browser.driver.current_url().await?;
            if here.as_str() != url {
                return Err(format!("{url} led to {here}").into());
            }
        }
    }
    Ok(())
}

/// Looks at the page as it is now, in each size and in both colours.
pub async fn look_as_it_is(browser: &Browser, name: &str, faults: &mut Vec<String>) -> Step {
    for scheme in SCHEMES {
        browser.system_colours(scheme).await?;
        for (width, height) in SIZES {
            browser.resize(width, height).await?;
            examine(browser, &format!("{name}-{width}-{scheme}"), faults).await?;
        }
    }
    browser.resize(1280, 900).await
}

async fn examine(browser: &Browser, name: &str, faults: &mut Vec<String>) -> Step {
    let beyond = sticking_out(browser).await?;
    if beyond != json!([]) {
        faults.push(format!("{name}: sticks out: {beyond}"));
    }
    faults.extend(violations(browser).await?.into_iter().map(|fault| format!("{name}: {fault}")));
    picture(browser, name).await
}

/// Writes a picture of the page into the directory that `BANGUI_SCREENSHOTS` names, if it is set.
async fn picture(browser: &Browser, name: &str) -> Step {
    if let Some(directory) = std::env::var_os("BANGUI_SCREENSHOTS") {
        browser.driver.screenshot(&Path::new(&directory).join(format!("{name}.png"))).await?;
    }
    Ok(())
}

pub fn verdict(faults: &[String]) -> TestResult {
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// Two jails: one with a hundred bans of each kind, one with a long name and a permanent ban.
pub async fn full_site() -> Step<Site> {
    let permanent = DemoJail {
        ban_time: -1,
        filter: Filter::Own("^blocked <HOST>$".to_owned()),
        ..DemoJail::new(LONG, "")
    };
    let growing = DemoJail::new("sshd", "sshd").with("bantime.increment", "true");
    let site = Site::start(&[growing, permanent]).await?;
    let mut entries: Vec<String> = (0..60).map(|last| format!("203.0.113.{last}")).collect();
    entries.extend((0..38).map(|n| format!("2001:db8:1111:2222:3333:4444:5555:{:x}", 0x6600 + n)));
    entries.push("198.51.100.0/24".to_owned());
    entries.push("a-host-name-that-is-rather-long-and-was-banned-as-it-stood.example.org".to_owned());
    ban(&site, "sshd", &entries).await?;
    ban(&site, LONG, &["192.0.2.66".to_owned(), "127.0.0.0/8".to_owned()]).await?;
    Ok(site)
}

#[tokio::test]
async fn every_page_fits_and_can_be_used_by_everybody() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    let mut faults = Vec::new();
    look(&browser, "login", &site.url("/login"), &mut faults).await?;
    browser.resize(1280, 900).await?;
    log_in(&browser, &site, "/jails").await?;
    for (name, path) in [
        ("jails", "/jails".to_owned()),
        ("about", "/about".to_owned()),
        ("jail", "/jails/sshd".to_owned()),
        ("jail-addresses", "/jails/sshd?per_page=100&sort=ip".to_owned()),
        ("jail-filter", "/jails/sshd/filter".to_owned()),
        ("jail-ipv6", "/jails/sshd?q=2001".to_owned()),
        ("jail-no-match", "/jails/sshd?q=nothing-like-this".to_owned()),
        ("jail-permanent", format!("/jails/{LONG}")),
        ("unban", "/unban".to_owned()),
        ("unban-held", "/unban?ip=2001:db8:1111:2222:3333:4444:5555:6601".to_owned()),
        ("unban-network", "/unban?ip=203.0.113.0/24".to_owned()),
        ("unban-mistake", "/unban?ip=not-an-address".to_owned()),
        ("server", "/server".to_owned()),
        ("protection-before", "/protection".to_owned()),
        ("no-jail", "/jails/nope".to_owned()),
        ("no-page", "/nope".to_owned()),
    ] {
        look(&browser, name, &site.url(&path), &mut faults).await?;
    }
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn the_pages_of_bans_look_up_audit_and_stopping_fit_as_well() -> TestResult {
    let (site, browser) = (full_site().await?, Browser::desktop().await?);
    let mut faults = Vec::new();
    log_in(&browser, &site, "/jails").await?;
    for (name, path) in [
        ("bans", "/bans".to_owned()),
        ("bans-no-match", "/bans?q=nothing-like-this".to_owned()),
        ("unban-all", "/unban-all".to_owned()),
        ("lookup", "/lookup".to_owned()),
        ("lookup-held", "/lookup?ip=2001:db8:1111:2222:3333:4444:5555:6601".to_owned()),
        ("lookup-network", "/lookup?ip=203.0.113.0/24".to_owned()),
        ("lookup-mistake", "/lookup?ip=not-an-address".to_owned()),
        ("ignores", "/ignores".to_owned()),
        ("ignores-filled", "/ignores?ip=203.0.113.7".to_owned()),
        ("audit", "/audit".to_owned()),
        ("dashboard", "/".to_owned()),
        ("dashboard-narrowed", "/?time=30d&jail=sshd&country=US".to_owned()),
        ("history", "/history".to_owned()),
        ("history-no-match", "/history?jail=none".to_owned()),
        ("audit-all", "/audit?show=all&who=admin".to_owned()),
        ("search", "/search?q=united".to_owned()),
        ("stop", format!("/jails/{LONG}/stop")),
    ] {
        look(&browser, name, &site.url(&path), &mut faults).await?;
    }
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn an_empty_jail_and_an_unreachable_daemon_fit_as_well() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let browser = Browser::desktop().await?;
    let mut faults = Vec::new();
    log_in(&browser, &site, "/jails").await?;
    look(&browser, "jail-empty", &site.url("/jails/sshd"), &mut faults).await?;
    look(&browser, "unban-nobody", &site.url("/unban"), &mut faults).await?;
    site.daemon.stop().await?;
    look(&browser, "unreachable", &site.url("/jails"), &mut faults).await?;
    look(&browser, "unreachable-unban", &site.url("/unban"), &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn the_first_account_is_made_on_a_page_that_fits() -> TestResult {
    let site = Site::without_account().await?;
    let browser = Browser::desktop().await?;
    let mut faults = Vec::new();
    look(&browser, "setup", &site.url("/setup"), &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn what_appears_on_the_way_fits_as_well() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.write("#ban-ip", "no-address").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("#ban-mistake", 1).await?;
    look_as_it_is(&browser, "ban-mistake", &mut faults).await?;
    browser.write("#ban-ip", "127.0.0.0/8").await?;
    browser.press(Key::Enter).await?;
    browser.until_count("#ask", 1).await?;
    look_as_it_is(&browser, "ban-ask", &mut faults).await?;
    browser.click(".ask .danger").await?;
    browser.until_count("#messages .note", 1).await?;
    look_as_it_is(&browser, "ban-done", &mut faults).await?;
    browser.click("#ignore-self button").await?;
    browser.until_count("#ignore-ask", 1).await?;
    look_as_it_is(&browser, "ignore-ask", &mut faults).await?;
    browser.click("button.account-name").await?;
    look_as_it_is(&browser, "account-menu", &mut faults).await?;
    browser.open(&site.url("/unban")).await?;
    look_as_it_is(&browser, "unban-me", &mut faults).await?;
    browser.click("[aria-labelledby=you] button").await?;
    browser.click("form[action='/bans/again'] button").await?;
    browser.until_reads("h1", "Ban 127.0.0.0/8 again?").await?;
    look_as_it_is(&browser, "again-ask", &mut faults).await?;
    browser.open(&site.url("/server")).await?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "done").await?;
    look_as_it_is(&browser, "reload-done", &mut faults).await?;
    std::fs::write(
        site.daemon.config_dir().join("jail.d/more.local"),
        "[sshd]\nmaxretry = 9\naction = record[name=x]\n\trecord[actname=again]\n",
    )?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "needs your confirmation").await?;
    browser.until("window.scrollTo(0, 0), true").await?;
    look_as_it_is(&browser, "reload-confirm", &mut faults).await?;
    browser.open(&site.url("/server/reload")).await?;
    browser.until_reads("#plan", "sshd is restarted").await?;
    look_as_it_is(&browser, "reload-plan", &mut faults).await?;
    browser.open(&site.url("/server")).await?;
    std::fs::write(
        site.daemon.config_dir().join("jail.d/broken.local"),
        "[sshd]\nfilter = no-such-filter\n",
    )?;
    browser.click("form[action='/server/reload'] button").await?;
    browser.until_reads("#work", "refused").await?;
    look_as_it_is(&browser, "reload-refused", &mut faults).await?;
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn the_switch_overrules_the_colours_of_the_system() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let browser = Browser::desktop().await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    let paper = "getComputedStyle(document.body).backgroundColor";
    let mut papers = Vec::new();
    for scheme in SCHEMES {
        browser.system_colours(scheme).await?;
        papers.push(browser.value(paper).await?);
    }
    let [light, dark] = papers.as_slice() else { return Err("not two colours".into()) };
    assert_ne!(light, dark);
    for (system, choice, expected) in
        [("light", "dark", dark), ("dark", "light", light), ("dark", "system", dark)]
    {
        browser.system_colours(system).await?;
        browser.click("button.account-name").await?;
        browser.click(&format!("#account button[value={choice}]")).await?;
        browser.until(&format!("document.documentElement.dataset.theme === '{choice}'")).await?;
        assert_eq!(browser.value(paper).await?, *expected, "{choice} on {system}");
        verdict(&violations(&browser).await?)?;
    }
    browser.finish().await
}
