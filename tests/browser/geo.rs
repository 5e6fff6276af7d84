//! Places that come in behind the page.

use bangui::config::geo::{Geo, Provider};
use bangui::demo::DemoJail;

use crate::browser::chromium::Browser;
use crate::browser::steps::log_in;
use crate::support::ip_api::{FakeIpApi, Manner};
use crate::support::site::Site;
use crate::support::{TestResult, client};

#[tokio::test]
async fn each_row_gets_its_place_when_it_is_known_and_the_page_then_asks_no_more() -> TestResult {
    let fake = FakeIpApi::start().await?;
    fake.behave([Manner::Held]);
    let geo = Geo { providers: vec![Provider::IpApi], ip_api: fake.url.clone(), ..Geo::default() };
    let jails = [DemoJail::new("mail", "sshd"), DemoJail::new("sshd", "sshd")];
    let (site, browser) = (Site::with_geo(&jails, geo).await?, Browser::desktop().await?);
    client(&site.daemon, &["set", "sshd", "banip", "81.2.69.142", "2a02:8108::7"])?;
    client(&site.daemon, &["set", "mail", "banip", "81.2.69.142"])?;
    log_in(&browser, &site, "/bans").await?;
    browser.until_count("[data-place]", 3).await?;
    browser.until_count(".place span", 0).await?;
    // The table would bring them as well when it reads itself anew.
    let held = "document.addEventListener('htmx:before:request', (event) => {
        if (event.detail.ctx.sourceElement.matches('.table')) event.preventDefault();
    })";
    browser.value(held).await?;
    fake.let_go();
    browser.until_count(".place span", 3).await?;
    browser.until_reads("[data-place='2a02:8108::7']", "City of 2a02:8108::7 · Example ISP").await?;
    browser.until("!document.querySelector('#geo').hasAttribute('hx-get')").await?;
    browser.finish().await
}
