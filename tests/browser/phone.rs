//! The quick unban, on a phone.

use bangui::demo::DemoJail;
use thirtyfour::Key;

use crate::browser::chromium::Browser;
use crate::browser::steps::{ban, log_in, one_jail};
use crate::support::site::Site;
use crate::support::{TestResult, banned};

#[tokio::test]
async fn type_one_tap_and_the_address_is_free() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "nginx-http-auth")]).await?;
    let browser = Browser::phone().await?;
    for jail in ["sshd", "web"] {
        ban(&site, jail, &["203.0.113.7".to_owned(), "203.0.113.8".to_owned()]).await?;
    }
    log_in(&browser, &site, "/jails").await?;
    browser.click("nav a[href='/unban']").await?;
    browser.write("#ip", "203.0.113.7").await?;
    browser.click("#ip ~ button, form:has(#ip) > button.main").await?;
    browser
        .until_reads("#messages", "203.0.113.7 is no longer banned: 2 bans were lifted in sshd, web.")
        .await?;
    for jail in ["sshd", "web"] {
        assert_eq!(banned(&site.daemon, jail)?, ["203.0.113.8"]);
    }
    browser.finish().await
}

#[tokio::test]
async fn the_bar_has_what_is_used_most_and_more_has_the_rest() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    log_in(&browser, &site, "/").await?;
    browser.resize(320, 640).await?;
    let bar = "[...document.querySelectorAll('.nav a, .nav button')].filter(e => e.checkVisibility())";
    let names = browser.value(&format!("{bar}.map(e => e.innerText.trim()).join(' ')")).await?;
    assert_eq!(names, "Dashboard Jails Bans Unban More");
    let here = format!("{bar}.filter(e => e.matches('[aria-current]')).map(e => e.innerText.trim()).join()");
    let small = format!(
        "{bar}.filter(e => e.getBoundingClientRect().width < 44 || e.getBoundingClientRect().height < 44).length"
    );
    assert_eq!(browser.value(&small).await?, 0, "each is large enough for a thumb");
    assert_eq!(browser.value(&here).await?, "Dashboard");
    for (path, heading) in [
        ("/lookup", "Look-up"),
        ("/history", "History"),
        ("/ignores", "Ignored in all jails"),
        ("/server", "fail2ban"),
        ("/audit", "Audit"),
    ] {
        browser.click(".nav .more").await?;
        browser.click(&format!("#account a[href='{path}']")).await?;
        browser.until(&format!("location.pathname === '{path}'")).await?;
        browser.until_reads("h1", heading).await?;
        assert_eq!(browser.value(&here).await?, "More");
    }
    browser.finish().await
}

#[tokio::test]
async fn one_tap_frees_one_of_the_last_bans() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned(), "198.51.100.0/24".to_owned()]).await?;
    log_in(&browser, &site, "/unban").await?;
    browser.until_reads("form:has(#ip)", "Your address 127.0.0.1").await?;
    browser.click("li[data-ip='198.51.100.0/24'] button").await?;
    browser.until_reads("#messages", "198.51.100.0/24 is no longer banned in sshd.").await?;
    browser.until_count("li[data-ip='198.51.100.0/24']", 0).await?;
    let buttons = "[...document.querySelectorAll('li button')].filter(e => e.checkVisibility()).length";
    assert_eq!(browser.value(buttons).await?, 0, "where another row now is, a second tap frees nobody");
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    browser.finish().await
}

#[tokio::test]
async fn whoever_comes_from_a_banned_address_reads_that_first_and_frees_it_with_one_tap() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["127.0.0.1".to_owned(), "203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/unban").await?;
    browser.until_reads("#you", "Your address 127.0.0.1 is banned.").await?;
    // Prominent: in the first screenful, before the field, with nothing to type.
    let above = "document.querySelector('[aria-labelledby=you] button').getBoundingClientRect().bottom \
                 < Math.min(innerHeight, document.querySelector('#ip').getBoundingClientRect().top)";
    assert_eq!(browser.value(above).await?, true);
    browser.click("[aria-labelledby=you] button").await?;
    browser.until_reads("#messages", "127.0.0.1 is no longer banned in sshd.").await?;
    browser.until_count("#you", 0).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    browser.finish().await
}

#[tokio::test]
async fn what_is_not_banned_or_no_address_is_told() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned()]).await?;
    log_in(&browser, &site, "/unban").await?;
    browser.write("#ip", "203.0.113.8").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#mistake", "203.0.113.8 is not banned in any jail. Nothing was changed.").await?;
    assert_eq!(browser.value("document.activeElement.id").await?, "ip");
    browser.write("#ip", "my phone").await?;
    browser.press(Key::Enter).await?;
    browser.until_reads("#mistake", "address").await?;
    assert_eq!(browser.value("document.getElementById('ip').value").await?, "my phone");
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);

    browser.write("#ip", "203.0.113.7").await?;
    browser.click("button.plain").await?;
    browser.until_reads("#held", "203.0.113.7 is banned in sshd").await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    browser.finish().await
}

#[tokio::test]
async fn whatever_is_tapped_is_large_enough_for_a_thumb() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    ban(&site, "sshd", &["203.0.113.7".to_owned(), "2001:db8::7".to_owned()]).await?;
    log_in(&browser, &site, "/jails").await?;
    // The look-up has all of its parts once the ban is recorded.
    browser.open(&site.url("/lookup?ip=203.0.113.7")).await?;
    while browser.texts("#past").await?.is_empty() {
        browser.driver.refresh().await?;
    }
    for path in [
        "/unban",
        "/unban?ip=203.0.113.7",
        "/jails",
        "/jails/sshd",
        "/jails/sshd?part=ignores",
        "/jails/sshd?part=settings",
        "/jails/sshd?part=control",
        "/jails/sshd/filter",
        "/bans",
        "/lookup?ip=203.0.113.7",
        "/server",
        "/account",
        "/accounts",
        "/audit",
        "/",
        "/history",
        "/ignores",
        "/keys",
        "/about",
        "/protection",
    ] {
        browser.open(&site.url(path)).await?;
        let small = browser.driver.execute(SMALL, Vec::new()).await?.json().clone();
        assert_eq!(small, serde_json::json!([]), "{path}");
    }
    browser.finish().await
}

/// What a thumb can miss: each target, where it is not a word in a sentence, with the part of it that a tap
/// meets, from its middle up and down, and to both sides.
const SMALL: &str = r"
    const small = [];
    for (const e of document.querySelectorAll('header :is(a, button), main :is(a, button, input, select, summary)')) {
      if (!e.checkVisibility() || e.matches('[type=hidden], .hidden, :disabled') || e.closest('p, .hint, .skip')) continue;
      // Their lists below say the same, and can be tapped.
      if (e.closest('.chart, .world')) continue;
      const target = e.closest('label') ?? e;
      target.scrollIntoView({ block: 'center', behavior: 'instant' });
      const box = target.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
      const meets = (x, y) => {
        const met = document.elementFromPoint(x, y);
        return Boolean(met && (target.contains(met) || met.contains(target) && met.matches('a, button, label')));
      };
      if (!meets(x, y)) continue;
      const reach = (dx, dy) => { let n = 0; while (n < 60 && meets(x + dx * n, y + dy * n)) n += 0.5; return n; };
      const size = [reach(-1, 0) + reach(1, 0), reach(0, -1) + reach(0, 1)];
      if (size.some(side => side < 43)) small.push(`${size}: ${e.outerHTML.slice(0, 160)}`);
    }
    return small;";
