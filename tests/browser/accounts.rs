//! One's own account, all accounts, and the second factor, as a person meets them.

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use totp_rs::{Algorithm, TOTP};

use crate::browser::chromium::{Browser, Step};
use crate::browser::pages::{look, look_as_it_is, verdict};
use crate::browser::steps::log_in;
use crate::support::TestResult;
use crate::support::site::{PASSWORD, Site};

/// What an authenticator app shows that was given the secret on the page.
async fn code(browser: &Browser, site: &Site) -> Step<String> {
    let secret =
        browser.value("document.querySelector('.secret code').textContent.replaceAll(' ', '')").await?;
    let secret = base32::decode(
        base32::Alphabet::Rfc4648 { padding: false },
        secret.as_str().ok_or("no secret on the page")?,
    );
    let totp = TOTP::new(Algorithm::SHA1, 6, 0, 30, secret.ok_or("not base32")?);
    Ok(totp.map_err(|error| error.to_string())?.generate(site.clock.now().try_into()?))
}

#[tokio::test]
async fn the_pages_of_accounts_fit_and_can_be_used_by_everybody() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    site.add_account("somebody-with-a-name-of-some-sixty-characters@example-domain.org", Role::Operator)
        .await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    log_in(&browser, &site, "/jails").await?;
    for (name, path) in [
        ("account", "/account"),
        ("second-factor", "/account/second-factor"),
        ("accounts", "/accounts"),
        ("own-among-others", "/accounts/1"),
        ("another", "/accounts/2"),
    ] {
        look(&browser, name, &site.url(path), &mut faults).await?;
    }
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn what_a_viewer_sees_fits_and_offers_no_change() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    site.add_account("viewer", Role::Viewer).await?;
    crate::browser::steps::ban_many(&site, 3).await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    browser.open(&site.url("/login")).await?;
    browser.write("#username", "viewer").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Dashboard").await?;
    for (name, path) in [
        ("viewer-jails", "/jails"),
        ("viewer-jail", "/jails/sshd"),
        ("viewer-bans", "/bans"),
        ("viewer-ignores", "/ignores"),
        ("viewer-server", "/server"),
        ("viewer-forbidden", "/accounts"),
    ] {
        look(&browser, name, &site.url(path), &mut faults).await?;
        let forms = "[...document.querySelectorAll('main form[method=post]')].map(f => f.action)";
        assert_eq!(browser.value(forms).await?, serde_json::json!([]), "{name}");
    }
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn a_second_factor_is_set_up_and_used_to_log_in() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let (browser, mut faults) = (Browser::desktop().await?, Vec::new());
    log_in(&browser, &site, "/account").await?;
    browser.click("a[href='/account/second-factor']").await?;
    browser.until_reads("h1", "Set up two-factor authentication").await?;
    let first = code(&browser, &site).await?;
    browser.write("#code", &first).await?;
    browser.write("#current", "not the password").await?;
    browser.click("main .main").await?;
    browser.until_reads("#current-mistake", "This is not your password.").await?;
    look_as_it_is(&browser, "second-factor-mistake", &mut faults).await?;
    browser.write("#code", &first).await?;
    browser.write("#current", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("#codes", "Your recovery codes").await?;
    browser.until_count(".recovery code", 10).await?;
    look_as_it_is(&browser, "recovery-codes", &mut faults).await?;
    let secret_is_gone = browser.value("!document.querySelector('.secret')").await?;
    assert_eq!(secret_is_gone, true);
    let recovery = browser.value("document.querySelector('.recovery code').textContent").await?;

    browser.click("button.account-name").await?;
    browser.click("#account form[action='/logout'] button").await?;
    browser.until_reads("h1", "Log in").await?;
    browser.write("#username", "admin").await?;
    browser.write("#password", PASSWORD).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Two-factor authentication").await?;
    look_as_it_is(&browser, "login-code", &mut faults).await?;
    browser.write("#code", &first).await?;
    browser.click("main .main").await?;
    browser.until_reads("[role=alert]", "This code is wrong, or it was used before.").await?;
    browser.write("#code", recovery.as_str().ok_or("no recovery code")?).await?;
    browser.click("main .main").await?;
    browser.until_reads("h1", "Dashboard").await?;
    browser.until_reads("#messages", "9 are left").await?;
    verdict(&faults)?;
    browser.finish().await
}

#[tokio::test]
async fn an_open_page_does_not_keep_a_login_alive_and_leads_to_the_login_when_it_has_ended() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let browser = Browser::desktop().await?;
    log_in(&browser, &site, "/jails").await?;
    // As if the page had lain open for 40 minutes, asking by itself in the middle of them.
    site.clock.pass(std::time::Duration::from_mins(20));
    let count =
        "(window.polls = 0, document.addEventListener('htmx:after:request', () => window.polls++), true)";
    browser.value(count).await?;
    browser.until("window.polls > 0").await?;
    site.clock.pass(std::time::Duration::from_mins(20));
    browser.until_reads("h1", "Log in").await?;
    browser.finish().await
}
