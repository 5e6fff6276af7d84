//! Names that a browser itself would change on their way.

use bangui::demo::DemoJail;

use crate::browser::chromium::{Browser, Step};
use crate::browser::steps::log_in;
use crate::support::site::Site;
use crate::support::{TestResult, banned, client, until};

async fn site(names: &[&str]) -> Step<Site> {
    Site::start(&names.iter().map(|name| DemoJail::new(name, "sshd")).collect::<Vec<_>>()).await
}

/// The buttons that unban one entry.
const UNBAN: &str = "main :is(td.end, li[data-ip]) button.small";

#[tokio::test]
async fn the_links_and_forms_of_jails_named_by_dots_survive_the_browser() -> TestResult {
    let names = [".", "..", "table"];
    let (site, browser) = (site(&names).await?, Browser::desktop().await?);
    log_in(&browser, &site, "/jails").await?;
    for (number, name) in names.iter().enumerate() {
        let address = format!("203.0.113.{number}");
        browser.open(&site.url("/jails")).await?;
        browser.click(&format!("tr[data-jail='{name}'] .name a")).await?;
        browser.until_reads("h1", &format!("{name} ")).await?;
        browser.write("#ban-ip", &address).await?;
        browser.click("#ban-form .main").await?;
        browser.until_count(&format!("tr[data-ip='{address}']"), 1).await?;
        assert_eq!(banned(&site.daemon, name)?, [address.as_str()]);
        // The table asks for itself again.
        client(&site.daemon, &["set", name, "banip", "198.51.100.7"])?;
        browser.until_reads(".new", "1 new ban · Show").await?;
        browser.click(".new a").await?;
        browser.until_count("tr[data-ip='198.51.100.7']", 1).await?;
        browser.open(&site.url(&browser.here().await?)).await?;
        browser.click(&format!("tr[data-ip='{address}'] td.end button")).await?;
        browser.until_reads(&format!("tr[data-ip='{address}']"), "Unbanned · Undo").await?;
        assert_eq!(banned(&site.daemon, name)?, ["198.51.100.7"], "{name}");
        browser.click("#actions a.danger").await?;
        browser.until_reads("h1", &format!("Stop {name}")).await?;
    }
    browser.finish().await
}

#[tokio::test]
async fn an_entry_with_the_end_of_a_line_or_spaces_is_lifted_by_its_button() -> TestResult {
    let site = site(&["sshd"]).await?;
    let are_banned = |number: usize| -> Step<bool> {
        let status = client(&site.daemon, &["status", "sshd", "short"])?;
        Ok(status.contains(&format!("Currently banned:\t{number}")))
    };
    for page in ["/jails/sshd", "/bans", "/unban"] {
        client(&site.daemon, &["set", "sshd", "banip", "a\nb", " c ", "--report-absent"])?;
        until("all are banned", || are_banned(3)).await?;
        let browser =
            if page == "/unban" { Browser::without_javascript().await? } else { Browser::desktop().await? };
        log_in(&browser, &site, page).await?;
        for left in [2, 1, 0] {
            if page == "/unban" && left < 2 {
                browser.click("details.group > summary").await?;
            }
            browser.click(UNBAN).await?;
            until("one is lifted", || are_banned(left)).await?;
            browser.until_count(UNBAN, left).await?;
        }
        browser.finish().await?;
    }
    Ok(())
}
