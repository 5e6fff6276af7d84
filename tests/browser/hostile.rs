//! Every page in a real browser, with text everywhere that wants to be markup: none of it is, and the
//! content security policy has nothing to forbid.

use std::fs::OpenOptions;
use std::io::Write as _;

use bangui::demo::{DemoJail, Filter};
use bangui::web::routes::ROUTES;
use jiff::Zoned;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Algorithm, TOTP};

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::{ban, log_in};
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, until};

/// An element, an end of an attribute in both quotes, an entity and a template.
const HOSTILE: &str = "\"><img src=x onerror=alert(1)>'<x-evil>&lt;{{7*7}}";
/// What a jail may be called: fail2ban's own files and its shell leave no room for quotes and brackets.
const JAIL: &str = "<img src=x onerror=alert(1)>&lt;b";
/// Attacks with a hostile name.
const ATTACKER: &str = "203.0.113.66";

/// Notes violations from before the first line of each page.
const WATCH: &str = "window.violations = []; window.alert = () => window.violations.push('a script ran'); \
     document.addEventListener('securitypolicyviolation', event => window.violations.push( \
     `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));";

/// What somebody's text has become on the page, and what the browser had to forbid.
const FAULTS: &str = "[...window.violations, ...[...document.querySelectorAll( \
     '[onerror], img[src=x], x-evil, script:not([src])')].map(e => e.outerHTML)]";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Every page of the table of routes, each without a query and with a hostile one.
fn paths() -> Step<Vec<String>> {
    let mut paths = Vec::new();
    let fields =
        ["q", "ip", "jail", "sort", "dir", "page", "per_page", "next", "account", "action", "from", "to"];
    let query: Vec<String> = fields.iter().map(|field| format!("{field}={}", encoded(HOSTILE))).collect();
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path = route.path.replace("{jail}", &encoded(JAIL)).replace("{file}", "app.css");
        let path = path.replace("{account}", "1");
        if path.contains('{') {
            return Err(format!("say what stands in {}", route.path).into());
        }
        paths.extend([path.clone(), format!("{path}?{}", query.join("&")), format!("{path}?{}", query[0])]);
    }
    paths.extend([
        format!("/jails/{}", encoded(HOSTILE)),
        format!("/unban?ip={ATTACKER}"),
        format!("/lookup?ip={ATTACKER}"),
        format!("/nothing/{}", encoded(HOSTILE)),
    ]);
    Ok(paths)
}

/// A jail with a hostile name, bans of hostile texts, and hostile log lines.
async fn hostile_site() -> Step<Site> {
    let named = DemoJail { filter: Filter::Own("^blocked <HOST>$".to_owned()), ..DemoJail::new(JAIL, "") };
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), named]).await?;
    ban(&site, JAIL, &["203.0.113.5".to_owned()]).await?;
    let text = HOSTILE.replace(['/', ' '], "_");
    ban(&site, "sshd", std::slice::from_ref(&text)).await?;
    ban(&site, JAIL, &[text]).await?;
    let mut log = OpenOptions::new().append(true).open(site.daemon.log_file("sshd"))?;
    for _ in 0..3 {
        let time = Zoned::now().strftime("%b %d %H:%M:%S");
        writeln!(
            log,
            "{time} host sshd[1]: Failed password for invalid user {HOSTILE} from {ATTACKER} port 22 ssh2"
        )?;
    }
    until("the attacker is banned", || {
        Ok(banned(&site.daemon, "sshd")?.iter().any(|entry| entry == ATTACKER))
    })
    .await?;
    Ok(site)
}

/// A session of a hostile device, and rows of the audit about hostile texts.
async fn leave_traces(site: &Site) -> TestResult {
    let admin = Visitor::admin(site.address).await?;
    let jail = format!("/jails/{}", encoded(JAIL));
    for (path, fields) in [
        (format!("{jail}/ban"), [("ip", HOSTILE)]),
        (format!("/jails/{}/ban", encoded(HOSTILE)), [("ip", "203.0.113.9")]),
        (format!("{jail}/ignore"), [("ip", HOSTILE)]),
        ("/accounts".to_owned(), [("name", HOSTILE)]),
        ("/unban".to_owned(), [("ip", HOSTILE)]),
    ] {
        let status = admin.post(&path, &fields).await?.status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    // Last, because a session is shown as it was used last.
    admin.request(Method::GET, "/account").header("user-agent", HOSTILE).send().await?;
    Ok(())
}

/// Opens `path` and says what is wrong there.
async fn visit(browser: &Browser, site: &Site, path: &str, faults: &mut Vec<String>) -> Step {
    browser.open(&site.url(path)).await?;
    look(browser, path, faults).await
}

async fn look(browser: &Browser, name: &str, faults: &mut Vec<String>) -> Step {
    match browser.value(FAULTS).await? {
        Value::Array(found) => faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}"))),
        other => faults.push(format!("{name}: nobody watches: {other}")),
    }
    Ok(())
}

#[tokio::test]
async fn hostile_text_is_text_on_every_page_and_no_page_violates_its_policy() -> TestResult {
    let (site, mut browser) = (hostile_site().await?, Browser::desktop().await?);
    leave_traces(&site).await?;
    watch(&browser).await?;
    let mut faults = Vec::new();
    for path in paths()? {
        visit(&browser, &site, &path, &mut faults).await?;
    }
    browser.open(&site.url("/login")).await?;
    fill(&browser, &[("#username", HOSTILE), ("#password", PASSWORD)]).await?;
    browser.until_count("[role=alert]", 1).await?;
    assert_eq!(browser.value("document.querySelector('#username').value").await?, HOSTILE);
    look(&browser, "a wrong login", &mut faults).await?;
    log_in(&browser, &site, "/jails").await?;
    for path in paths()? {
        visit(&browser, &site, &path, &mut faults).await?;
    }
    faults.extend(browser.complaints().await?.iter().cloned());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    shown_as_text(&browser, &site).await?;
    browser.finish().await
}

/// The pages that only somebody sees who has no account yet, or gave only the password.
#[tokio::test]
async fn the_pages_on_the_way_in_violate_no_policy_either() -> TestResult {
    let (empty, site) = (Site::without_account().await?, Site::without_daemon().await?);
    let (mut browser, mut faults) = (Browser::desktop().await?, Vec::new());
    watch(&browser).await?;
    browser.open(&empty.url("/setup")).await?;
    look(&browser, "setup", &mut faults).await?;
    fill(&browser, &[("#code", HOSTILE), ("#username", HOSTILE), ("#password", PASSWORD)]).await?;
    browser.until_count("[aria-invalid]", 2).await?;
    assert_eq!(browser.value("document.querySelector('#username').value").await?, HOSTILE);
    look(&browser, "setup again", &mut faults).await?;

    let log_in = [("#username", NAME), ("#password", PASSWORD)];
    browser.open(&site.url("/login")).await?;
    fill(&browser, &log_in).await?;
    browser.open(&site.url("/account/second-factor")).await?;
    look(&browser, "the QR code", &mut faults).await?;
    let shown: String = browser.texts(".secret code").await?.concat().split_whitespace().collect();
    let secret = base32::decode(base32::Alphabet::Rfc4648 { padding: false }, &shown).ok_or("no secret")?;
    let app = TOTP::new(Algorithm::SHA1, 6, 0, 30, secret).map_err(|error| error.to_string())?;
    let code = app.generate(site.clock.now().try_into()?);
    fill(&browser, &[("[name=current_password]", PASSWORD), ("[name=code]", &code)]).await?;
    browser.until_count(".recovery code", 10).await?;
    look(&browser, "recovery codes", &mut faults).await?;

    browser.driver.delete_all_cookies().await?;
    browser.open(&site.url("/login")).await?;
    fill(&browser, &log_in).await?;
    browser.until("location.pathname === '/login/code'").await?;
    look(&browser, "code", &mut faults).await?;
    fill(&browser, &[("#code", HOSTILE)]).await?;
    browser.until_count("[role=alert]", 1).await?;
    look(&browser, "a wrong code", &mut faults).await?;
    faults.extend(browser.complaints().await?.iter().cloned());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    browser.finish().await
}

/// Fills a form in and sends it.
async fn fill(browser: &Browser, fields: &[(&str, &str)]) -> Step {
    for (field, text) in fields {
        browser.write(field, text).await?;
    }
    browser.click("main .main").await
}

async fn watch(browser: &Browser) -> Step {
    let watch = json!({ "source": WATCH });
    browser.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", watch).await?;
    Ok(())
}

/// Where hostile text is shown, it can be read as it is.
async fn shown_as_text(browser: &Browser, site: &Site) -> Step {
    let banned = HOSTILE.replace(['/', ' '], "_");
    for (path, text) in [
        ("/jails".to_owned(), JAIL),
        (format!("/jails/{}", encoded(JAIL)), JAIL),
        (format!("/jails/{}", encoded(JAIL)), banned.as_str()),
        ("/bans".to_owned(), banned.as_str()),
        ("/audit?show=all".to_owned(), HOSTILE),
        ("/account".to_owned(), HOSTILE),
    ] {
        browser.open(&site.url(&path)).await?;
        browser.until_reads("main", text).await?;
    }
    let path = format!("/lookup?ip={ATTACKER}");
    // fail2ban writes into its database some time after the ban.
    browser
        .until(&format!(
            "document.body.innerText.includes({}) || (location.assign({}), false)",
            json!(HOSTILE),
            json!(site.url(&path))
        ))
        .await
}
