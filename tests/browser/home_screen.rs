//! BanGUI on the home screen of a phone.

use serde_json::{Value, json};

use crate::browser::chromium::Browser;
use crate::browser::steps::{log_in, one_jail};
use crate::support::TestResult;
use crate::support::visitor::Visitor;

#[tokio::test]
async fn chromium_finds_nothing_that_keeps_it_from_being_installed() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::phone().await?);
    log_in(&browser, &site, "/unban").await?;
    let cdp = browser.driver.cdp();
    assert_eq!(browser.value("document.querySelectorAll('link[rel=apple-touch-icon]').length").await?, 1);
    for path in ["/unban", "/jails"] {
        browser.driver.goto(site.url(path)).await?;
        let manifest = cdp.send_raw("Page.getAppManifest", json!({})).await?;
        assert_eq!(manifest.get("errors"), Some(&json!([])), "{path}: {manifest}");
        let found = cdp.send_raw("Page.getInstallabilityErrors", json!({})).await?;
        assert_eq!(found.get("installabilityErrors"), Some(&json!([])), "{path}: {found}");
    }
    // It is there before anybody is logged in, with icons of the sizes that it names.
    let stranger = Visitor::stranger(site.address).await?;
    let login = stranger.get("/login").await?;
    let link = login.attributes("link[rel=manifest]", "href")?.pop().ok_or("no link")?;
    let answer = stranger.get(&link).await?;
    assert_eq!(answer.header("content-type"), "application/manifest+json");
    let manifest: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((&manifest["start_url"], &manifest["display"]), (&json!("../unban"), &json!("standalone")));
    let shortcuts = manifest["shortcuts"].as_array().ok_or("no shortcuts")?;
    assert_eq!(shortcuts.iter().map(|own| &own["url"]).collect::<Vec<_>>(), ["../jails", "../bans"]);
    for icon in manifest["icons"].as_array().ok_or("no icons")? {
        let (source, sizes) =
            (icon["src"].as_str().ok_or("no source")?, icon["sizes"].as_str().ok_or("no size")?);
        let drawn = format!(
            "const i = new Image(); i.src = '/assets/{source}'; await i.decode(); return i.naturalWidth + 'x' + i.naturalHeight"
        );
        if sizes != "any" {
            assert_eq!(browser.value(&format!("(async () => {{ {drawn} }})()")).await?, sizes, "{source}");
        }
    }
    browser.finish().await
}
