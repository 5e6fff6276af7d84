//! Flags and countries in the tables.

use serde_json::json;

use crate::browser::chromium::Browser;
use crate::browser::pages::{look, verdict};
use crate::browser::steps::{ban, log_in, one_jail};
use crate::support::TestResult;

/// Loads the picture that the style sheet names for the first flag, under the page's own policy.
const LOAD: &str = "window.sheet ??= Object.assign(new Image(), { src: getComputedStyle(\
     document.querySelector('span.flag')).backgroundImage.slice(5, -2) })";

/// The colours at the left, in the middle and at the right of the flag in the row of an address, of that
/// part of the picture that the row really shows.
fn colours(address: &str) -> String {
    format!(
        "(() => {{
            const flag = document.querySelector(\"tr[data-ip='{address}'] .flag\");
            const look = getComputedStyle(flag), scale = sheet.naturalWidth / parseFloat(look.backgroundSize);
            const [left, top] = look.backgroundPosition.split(' ').map((shift) => -parseFloat(shift) * scale);
            const drawn = document.createElement('canvas').getContext('2d', {{ willReadFrequently: true }});
            drawn.drawImage(sheet, left, top, flag.clientWidth * scale, flag.clientHeight * scale, 0, 0, 36, 24);
            const name = ([r, g, b]) => r > 180 && g > 180 && b > 180 ? 'white' : r > g + 60 && r > b + 60 \
                ? 'red' : g > r + 60 ? 'green' : b > r + 40 ? 'blue' : 'other';
            return [6, 18, 30].map((x) => name(drawn.getImageData(x, 12, 1, 1).data));
        }})()"
    )
}

#[tokio::test]
async fn each_row_draws_the_flag_of_its_country() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    // Telecom Italia, Free and a private network.
    let entries = ["79.0.0.1", "82.64.0.1", "10.1.2.3"];
    ban(&site, "sshd", &entries.map(str::to_owned)).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until(&format!("({LOAD}).complete && sheet.naturalWidth > 0")).await?;
    assert_eq!(browser.value(&colours("79.0.0.1")).await?, json!(["green", "white", "red"]), "Italy");
    assert_eq!(browser.value(&colours("82.64.0.1")).await?, json!(["blue", "white", "red"]), "France");
    let drawn = "(({ width, height }) => [width, height])\
                (document.querySelector(\"tr[data-ip='10.1.2.3'] svg.flag\").getBoundingClientRect())";
    assert_eq!(browser.value(drawn).await?, json!([18, 12]), "a range has a picture of its own");
    // `finish` fails for whatever the browser complained of, a breach of the policy among it.
    browser.finish().await
}

#[tokio::test]
async fn a_click_on_a_country_shows_it_alone_and_another_one_shows_all() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    ban(&site, "sshd", &["79.0.0.1", "82.64.0.1", "82.64.0.2"].map(str::to_owned)).await?;
    log_in(&browser, &site, "/jails/sshd").await?;
    browser.until_reads(".countries", "France").await?;
    browser.click(".countries a").await?;
    browser.until_count("#bans tbody tr", 2).await?;
    browser.until_reads(".countries .chosen", "France").await?;
    assert_eq!(browser.value("location.search").await?, "?country=FR");
    browser.click(".countries .chosen").await?;
    browser.until_count("#bans tbody tr", 3).await?;
    browser.finish().await
}

#[tokio::test]
async fn long_names_stay_inside_of_every_window() -> TestResult {
    let (site, browser) = (one_jail().await?, Browser::desktop().await?);
    // Vodacom Congo, and an IPv6 address of full length.
    let long = ["41.243.0.1", "2a02:8071:2180:1234:5678:9abc:def0:1234", "10.0.0.0/8"];
    ban(&site, "sshd", &long.map(str::to_owned)).await?;
    log_in(&browser, &site, "/jails").await?;
    let mut faults = Vec::new();
    for path in ["/jails/sshd?country=CD", "/bans?sort=country", "/lookup?ip=41.243.0.1", "/unban"] {
        browser.open(&site.url(path)).await?;
        browser.until_reads("main", "Democratic Republic of the Congo").await?;
        look(&browser, "countries", &site.url(path), &mut faults).await?;
    }
    verdict(&faults)?;
    browser.finish().await
}
