//! Passkeys in Chromium, with its virtual authenticator.

use bangui::config::HttpConfig;
use bangui::web::Deadlines;
use serde_json::{Value, json};

use crate::browser::chromium::{Browser, Step};
use crate::browser::pages::{look_as_it_is, verdict};
use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site, below};
use crate::support::visitor::fail_from_everywhere;

/// An authenticator of the device: it keeps passkeys, and whoever uses it gives their finger at once.
async fn add_authenticator(browser: &Browser) -> Step {
    let cdp = browser.driver.cdp();
    cdp.send_raw("WebAuthn.enable", json!({})).await?;
    let options = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "automaticPresenceSimulation": true,
    });
    cdp.send_raw("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
    Ok(())
}

fn url(bangui: &Bangui, path: &str) -> String {
    format!("http://localhost:{}{}{path}", bangui.address.port(), below())
}

async fn type_password(browser: &Browser) -> Step {
    browser.write("#username", NAME).await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main button.main").await
}

async fn log_out(browser: &Browser, bangui: &Bangui) -> Step {
    browser.driver.delete_all_cookies().await?;
    browser.open(&url(bangui, "/login")).await
}

/// Adds the passkey `name` by the pages, and notes what they look like.
async fn add(browser: &Browser, bangui: &Bangui, name: &str, faults: &mut Vec<String>) -> Step {
    browser.open(&url(bangui, "/account")).await?;
    browser.click("a[href='/account/passkeys/new']").await?;
    browser.until_reads("h1", "Add a passkey").await?;
    look_as_it_is(browser, "passkey-add", faults).await?;
    browser.write("#name", name).await?;
    browser.write("#current", PASSWORD).await?;
    browser.click("main button.main").await?;
    browser.until("document.querySelector('[data-make] button:not([hidden])')").await?;
    look_as_it_is(browser, "passkey-create", faults).await?;
    browser.click("[data-make] button").await
}

#[tokio::test]
async fn a_passkey_is_made_logs_in_after_the_password_and_alone_and_is_removed() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    add_authenticator(&browser).await?;
    browser.open(&url(&bangui, "/login")).await?;
    browser.until("document.querySelector('[data-passkey] button:not([hidden])')").await?;
    look_as_it_is(&browser, "passkey-login", &mut faults).await?;
    type_password(&browser).await?;
    browser.until("!location.pathname.startsWith('/login')").await?;

    add(&browser, &bangui, "This laptop", &mut faults).await?;
    browser.until_count(".recovery code", 10).await?;
    browser.open(&url(&bangui, "/account")).await?;
    browser.until_reads("[aria-labelledby=passkeys-title]", "This laptop").await?;
    look_as_it_is(&browser, "passkey-account", &mut faults).await?;

    // After the password.
    log_out(&browser, &bangui).await?;
    type_password(&browser).await?;
    browser.until_reads("h1", "Two-factor authentication").await?;
    look_as_it_is(&browser, "passkey-second-step", &mut faults).await?;
    browser.click("[data-passkey] button").await?;
    browser.until("!location.pathname.startsWith('/login')").await?;

    // Alone, and with the keyboard.
    log_out(&browser, &bangui).await?;
    browser.element("[data-passkey] button:not([hidden])").await?.focus().await?;
    browser.press(thirtyfour::Key::Enter).await?;
    browser.until("!location.pathname.startsWith('/login')").await?;

    // Removed, which takes the passkey itself for a proof.
    browser.open(&url(&bangui, "/account")).await?;
    browser.click("[aria-labelledby=passkeys-title] li a").await?;
    browser.until_reads("h1", "Remove the passkey").await?;
    look_as_it_is(&browser, "passkey-remove", &mut faults).await?;
    browser.click("[data-passkey] button").await?;
    assert_eq!(browser.here().await?.split('?').next(), Some("/account/passkeys/remove"), "no password yet");
    browser.write("#current", PASSWORD).await?;
    browser.click("[data-passkey] button").await?;
    browser.until_reads("#messages", "password alone logs you in").await?;
    verdict(&faults)?;

    log_out(&browser, &bangui).await?;
    browser.click("[data-passkey] button").await?;
    // The browser still has it, and BanGUI does not.
    browser.until_reads("#messages", "did not log you in").await?;
    browser.finish().await
}

#[tokio::test]
async fn what_went_wrong_with_a_passkey_is_said_on_the_page() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    add_authenticator(&browser).await?;
    browser.open(&url(&bangui, "/login")).await?;
    browser.click("[data-passkey] button").await?;
    browser.until_reads("[data-passkey] [role=alert]", "No passkey answered").await?;
    look_as_it_is(&browser, "passkey-none", &mut faults).await?;
    let is_ready = browser.value("!document.querySelector('[data-passkey] button').disabled").await?;
    assert_eq!(is_ready, Value::Bool(true));
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn without_javascript_the_other_ways_remain_and_the_page_says_so() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let browser = Browser::without_javascript().await?;
    browser.open(&url(&bangui, "/login")).await?;
    let said = browser.element("main form").await?.text().await?;
    assert!(
        said.contains("With JavaScript, a passkey logs you in") && !said.contains("Log in with a passkey"),
        "{said}"
    );
    browser.finish().await
}

#[tokio::test]
async fn while_an_account_waits_for_failures_from_elsewhere_the_browser_works_and_logs_in() -> TestResult {
    let trusted_proxies = vec!["127.0.0.0/8".parse()?];
    let http = HttpConfig { trusted_proxies, allow_plain_http: true, ..HttpConfig::default() };
    let bangui = Site::reached(http, Deadlines::default()).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let (browser, mut faults) = (Browser::phone().await?, Vec::new());
    browser.open(&url(&bangui, "/login")).await?;
    type_password(&browser).await?;
    browser.until("document.querySelector('[data-work] button:not([hidden])')").await?;
    look_as_it_is(&browser, "let-through", &mut faults).await?;
    browser.write("#password", PASSWORD).await?;
    let begin = std::time::Instant::now();
    browser.click("[data-work] button").await?;
    browser.until("!location.pathname.startsWith('/login')").await?;
    println!("the work and the login took {:?}", begin.elapsed());
    verdict(&faults)?;
    browser.finish().await
}
