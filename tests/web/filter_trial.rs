//! `/jails/{jail}/filter`: trying a filter.

use std::fs;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client};

const PATH: &str = "/jails/sshd/filter";
const OLD: &str =
    "Nov 28 12:00:01 host sshd[101]: Failed password for invalid user admin from 203.0.113.5 port 4242 ssh2";
const OTHER: &str = "Nov 28 12:00:01 host other[101]: Failed password for admin from 203.0.113.6";

async fn site() -> Result<(Site, Visitor), Box<dyn std::error::Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

#[tokio::test]
async fn the_page_of_a_jail_leads_to_what_its_filter_finds_in_its_log() -> TestResult {
    let (site, admin) = site().await?;
    fs::write(site.daemon.log_file("sshd"), format!("{OLD}\n{OTHER}\n"))?;
    let jail = admin.get("/jails/sshd").await?;
    assert_eq!(jail.attributes("#settings a[href='/jails/sshd/filter']", "href")?.len(), 1);
    let page = admin.get(PATH).await?;
    assert_eq!(
        page.text("#verdict strong")?,
        "The filter finds a failure in 1 of 2 lines. 1 other looks like a failed login."
    );
    assert_eq!(page.texts("#matched mark")?, ["203.0.113.5"]);
    assert!(page.text("#matched")?.contains("user: admin"), "{}", page.text("#matched")?);
    assert!(page.text("#suspicious")?.contains("203.0.113.6"), "{}", page.text("main")?);
    // The expressions as somebody would write them.
    let failregex = page.text("#filter-failregex")?;
    assert!(failregex.contains("^<HOST>") || failregex.contains(" <ADDR>"), "{failregex}");
    assert!(!failregex.contains("(?P<ip4>"), "{failregex}");
    Ok(())
}

#[tokio::test]
async fn another_expression_is_tried_on_pasted_lines_and_nothing_is_saved() -> TestResult {
    let (site, admin) = site().await?;
    let before = client(&site.daemon, &["get", "sshd", "failregex"])?;
    let fields = [
        ("lines", "pasted"),
        ("text", OTHER),
        ("failregex", "^Failed .* from <HOST>$\n^never <HOST>$"),
        ("ignoreregex", ""),
    ];
    let page = admin.post(PATH, &fields).await?;
    // The prefregex of the jail wants sshd's name.
    assert_eq!((page.status, page.texts("#matched mark")?.len()), (200, 0), "{}", page.text("main")?);
    let page = admin
        .post(PATH, &[("lines", "pasted"), ("text", OLD), ("failregex", "^Failed .* from <HOST> port")])
        .await?;
    assert_eq!(page.texts("#matched mark")?, ["203.0.113.5"], "{}", page.text("main")?);
    assert_eq!(page.text("#filter-failregex")?.trim(), "^Failed .* from <HOST> port");
    assert_eq!(client(&site.daemon, &["get", "sshd", "failregex"])?, before);
    assert!(client(&site.daemon, &["get", "sshd", "banip"])?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_mistake_stands_beside_its_field_in_fail2bans_words() -> TestResult {
    let (_site, admin) = site().await?;
    let of = async |fields: &[(&str, &str)], field: &str| -> Result<String, Box<dyn std::error::Error>> {
        let page = admin.post(PATH, fields).await?;
        assert_eq!(page.status, 422, "{}", page.text("main")?);
        let id =
            page.attributes(&format!("#filter-{field}[aria-invalid=true]"), "aria-describedby")?.concat();
        assert!(!id.is_empty(), "{}", page.text("main")?);
        page.text(&format!("#{id}"))
    };
    let words = of(&[("failregex", "^a <HOST>\n^<HOST> (")], "failregex").await?;
    assert_eq!(words, "fail2ban says of expression 2: missing ), unterminated subpattern at position 8");
    let words = of(&[("ignoreregex", "*")], "ignoreregex").await?;
    assert_eq!(words, "fail2ban says of expression 1: nothing to repeat at position 0");
    assert_eq!(of(&[("failregex", " \n")], "failregex").await?, "Enter an expression with <HOST> in it.");
    assert_eq!(of(&[("lines", "pasted"), ("text", "\n")], "text").await?, "Paste at least one line.");
    Ok(())
}

#[tokio::test]
async fn a_hostile_line_is_text() -> TestResult {
    let (site, admin) = site().await?;
    let line = "Nov 28 12:00:01 h sshd[1]: Failed password for <img src=x>\u{202e}\u{1b}[2J from 203.0.113.5 port 1 ssh2\n";
    fs::write(site.daemon.log_file("sshd"), line)?;
    let page = admin.get(PATH).await?;
    assert!(page.text("#matched")?.contains("<img src=x>\u{fffd}␛[2J"), "{}", page.text("main")?);
    assert!(page.attributes("main img", "src")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_log_that_is_gone_says_so_and_lines_can_be_pasted() -> TestResult {
    let (site, admin) = site().await?;
    fs::remove_file(site.daemon.log_file("sshd"))?;
    let page = admin.get(PATH).await?;
    let said = page.text("#untried")?;
    assert!(said.contains("None of the jail's logs can be read") && said.contains("is not there"), "{said}");
    assert!(page.text("#filter-failregex")?.contains("Failed"));
    let page = admin.post(PATH, &[("lines", "pasted"), ("text", OLD)]).await?;
    assert_eq!(page.texts("#matched mark")?, ["203.0.113.5"]);
    assert_eq!(admin.get("/jails/nope/filter").await?.status, 404);
    Ok(())
}
