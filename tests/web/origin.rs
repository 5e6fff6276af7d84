//! From where banned addresses come, on every page that shows them.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// What the jails `mail` and `sshd` hold each: one of every kind. `1.0.0.0/16` lies in several countries.
const ENTRIES: [&str; 7] =
    ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "192.168.7.9", "8.8.0.0/16", "1.0.0.0/16", "somebody"];

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("mail", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    for jail in ["mail", "sshd"] {
        client(&site.daemon, &[&["set", jail, "banip"], ENTRIES.as_slice()].concat())?;
        until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == ENTRIES.len())).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// Which flags an element shows, by the code.
fn flags(page: &Answer, within: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let classes = page.attributes(&format!("{within} span.flag"), "class")?;
    Ok(classes.iter().map(|class| class.replace("flag x-", "").replace(" y-", "")).collect())
}

#[tokio::test]
async fn a_look_up_names_the_country_of_what_is_asked_and_of_each_ban_in_it() -> TestResult {
    let (_site, admin) = site().await?;
    for (asked, name, flag) in [
        ("8.8.8.8", "United States", Some("US")),
        ("9.9.9.9", "United States", Some("US")),
        ("1.1.1.1", "Australia", Some("AU")),
        ("2001:4860:4860::8888", "United States", Some("US")),
        ("8.8.0.0/16", "United States", Some("US")),
        ("192.168.7.9", "Private network", None),
        ("127.0.0.1", "Loopback", None),
        ("203.0.113.7", "Documentation", None),
    ] {
        let page = admin.get(&format!("/lookup?ip={asked}")).await?;
        assert_eq!(page.text("#origin")?, name, "{asked}");
        assert_eq!(flags(&page, "#origin")?, Vec::from_iter(flag), "{asked}");
    }
    for nowhere in ["1.0.0.0/16", "somebody"] {
        let page = admin.get(&format!("/lookup?ip={nowhere}")).await?;
        assert_eq!(page.status, 200);
        assert!(page.texts("#origin")?.is_empty(), "{nowhere}");
    }
    let all = admin.get("/lookup?ip=0.0.0.0/0").await?;
    for (entry, name) in [
        ("8.8.8.8", "United States"),
        ("192.168.7.9", "Private network"),
        ("8.8.0.0/16", "United States"),
        ("1.0.0.0/16", "Unknown"),
    ] {
        let cells = all.texts(&format!("[aria-labelledby=held] tr[data-ip='{entry}'] .from-cell"))?;
        assert_eq!(cells, [name; 2], "{entry}");
    }
    Ok(())
}

#[tokio::test]
async fn the_quick_unban_shows_flag_and_name() -> TestResult {
    let (_site, admin) = site().await?;
    let page = admin.get("/unban?ip=8.8.8.8").await?;
    for row in ["[aria-labelledby=held] li[data-jail=sshd]", "[aria-labelledby=last] li[data-ip='8.8.8.8']"] {
        assert!(page.text(row)?.contains("United States · "), "{}", page.text(row)?);
        assert_eq!(flags(&page, row)?.first().map(String::as_str), Some("US"), "{row}");
    }
    let private = page.text("[aria-labelledby=last] li[data-ip='192.168.7.9']")?;
    assert!(private.contains("Private network · "), "{private}");
    let text = page.text("[aria-labelledby=last] li[data-ip='somebody']")?;
    assert!(!text.contains("Unknown"), "{text}");
    Ok(())
}

/// The countries that are counted beside the table: `United States 3`.
fn counts(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    page.texts("#bans .countries a:not(.more)")
}

#[tokio::test]
async fn each_row_of_a_table_shows_flag_and_name() -> TestResult {
    let (_site, admin) = site().await?;
    for path in ["/jails/sshd", "/jails/sshd/bans", "/bans", "/bans/table"] {
        let page = admin.get(path).await?;
        for (entry, name, flag) in [
            ("8.8.8.8", "United States", Some("US")),
            ("1.1.1.1", "Australia", Some("AU")),
            ("2001:4860:4860::8888", "United States", Some("US")),
            ("8.8.0.0/16", "United States", Some("US")),
            ("192.168.7.9", "Private network", None),
            ("1.0.0.0/16", "Unknown", None),
            ("somebody", "Unknown", None),
        ] {
            let row = format!("#bans tr[data-jail=sshd][data-ip='{entry}']");
            assert_eq!(page.texts(&format!("{row} .from-cell"))?, [name], "{entry} on {path}");
            assert_eq!(flags(&page, &row)?, Vec::from_iter(flag), "{entry} on {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_table_is_sorted_by_country_over_the_whole_list() -> TestResult {
    let (_site, admin) = site().await?;
    let sorted = ["1.1.1.1", "8.8.8.8", "2001:4860:4860::8888", "8.8.0.0/16", "192.168.7.9", "1.0.0.0/16"];
    let mut seen = Vec::new();
    for page in 1..=3 {
        let path = format!("/jails/sshd?sort=country&per_page=3&page={page}");
        seen.extend(admin.get(&path).await?.rows()?);
    }
    assert_eq!(seen, [sorted.as_slice(), &["somebody"]].concat());
    let down = admin.get("/jails/sshd?sort=country&dir=desc").await?;
    assert_eq!(down.rows()?, seen.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(down.texts("#bans th[aria-sort=descending]")?, ["Country ↓"]);
    let both = admin.get("/bans?sort=country").await?;
    assert_eq!(
        both.rows()?,
        seen.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect::<Vec<_>>()
    );
    Ok(())
}

#[tokio::test]
async fn a_search_finds_the_name_of_a_country_and_its_code() -> TestResult {
    let (_site, admin) = site().await?;
    for (search, found) in [
        ("united+states", ["8.8.8.8", "2001:4860:4860::8888", "8.8.0.0/16"].as_slice()),
        ("US", &["8.8.8.8", "2001:4860:4860::8888", "8.8.0.0/16"]),
        ("austral", &["1.1.1.1"]),
        ("private", &["192.168.7.9"]),
        ("8.8.8", &["8.8.8.8"]),
    ] {
        let page = admin.get(&format!("/jails/sshd?q={search}&sort=ip")).await?;
        assert_eq!(page.rows()?, found, "{search}");
    }
    Ok(())
}

#[tokio::test]
async fn one_country_is_filtered_out_and_every_link_keeps_to_it() -> TestResult {
    let (_site, admin) = site().await?;
    let page = admin.get("/bans?country=US&per_page=4&sort=ip").await?;
    assert_eq!(page.rows()?.len(), 4);
    assert!(page.text("#bans .count")?.starts_with("6 of 14 match"), "{}", page.text("#bans .count")?);
    for link in page.attributes("#bans .pages a, #bans thead a", "href")? {
        assert!(link.contains("country=US"), "{link}");
    }
    let next = page.attributes("#bans .pages a[rel=next]", "href")?;
    assert_eq!(admin.get(next.first().ok_or("no next page")?).await?.rows()?.len(), 2);
    assert_eq!(page.attributes("#bans [name=country]", "value")?, ["US"]);
    assert_eq!(page.attributes("#bans", "hx-get")?, ["/bans/table?country=US&sort=ip&per_page=4"]);
    // The chip takes it away again.
    assert_eq!(page.texts("#bans .countries .chosen")?, ["United States 6 ✕"]);
    assert_eq!(page.attributes("#bans .countries .chosen", "href")?, ["/bans?sort=ip&per_page=4"]);

    assert_eq!(admin.get("/jails/sshd?country=private").await?.rows()?, ["192.168.7.9"]);
    let with_search = admin.get("/jails/sshd?country=us&q=4860").await?;
    assert_eq!(with_search.rows()?, ["2001:4860:4860::8888"]);
    let none = admin.get("/jails/sshd?country=DE").await?;
    assert!(none.text("#bans")?.contains("No banned address is from Germany"));
    assert_eq!(none.texts("#bans .countries .chosen")?, ["Germany 0 ✕"]);
    for wrong in ["Germany", "ZZ", "1"] {
        assert_eq!(admin.get(&format!("/bans?country={wrong}")).await?.status, 422, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn the_countries_of_what_the_search_finds_are_counted() -> TestResult {
    let (_site, admin) = site().await?;
    let all = admin.get("/bans").await?;
    assert_eq!(counts(&all)?, ["United States 6", "Unknown 4", "Australia 2", "Private network 2"]);
    let one = admin.get("/jails/sshd?q=1").await?;
    assert_eq!(counts(&one)?, ["United States 2", "Australia 1", "Private network 1", "Unknown 1"]);
    // The chosen one stands first, the others are counted as before.
    let chosen = admin.get("/bans?country=AU").await?;
    assert_eq!(counts(&chosen)?, ["Australia 2 ✕", "United States 6", "Unknown 4", "Private network 2"]);
    let links = all.attributes("#bans .countries a", "href")?;
    assert_eq!(links.first().map(String::as_str), Some("/bans?country=US"));
    Ok(())
}

#[tokio::test]
async fn every_country_is_counted_where_that_is_asked_for() -> TestResult {
    let (site, admin) = site().await?;
    let more =
        ["181.0.223.36", "218.92.91.52", "187.128.171.178", "177.54.215.48", "126.0.174.99", "83.0.178.134"];
    client(&site.daemon, &[&["set", "sshd", "banip"], more.as_slice()].concat())?;
    until("they are banned", || Ok(banned(&site.daemon, "sshd")?.len() == ENTRIES.len() + more.len()))
        .await?;
    let page = admin.get("/bans?sort=ip&page=2").await?;
    assert_eq!(counts(&page)?.len(), 7);
    assert_eq!(page.texts("#bans .countries .more")?, ["All 10 countries"]);
    let link = page.attributes("#bans .countries .more", "href")?.concat();
    let all = admin.get(&link).await?;
    let numbers: Result<Vec<usize>, _> =
        counts(&all)?.iter().map(|text| text.rsplit(' ').next().unwrap_or_default().parse()).collect();
    assert_eq!(numbers?, [6, 4, 2, 2, 1, 1, 1, 1, 1, 1]);
    // What is chosen, searched or asked for again stays so.
    assert_eq!(all.attributes("#bans", "hx-get")?.concat(), link.replace("/bans?", "/bans/table?"));
    assert_eq!(all.attributes("#bans form [name=countries]", "value")?, ["all"]);
    let chosen = all.attributes("#bans .countries a", "href")?;
    assert_eq!(chosen.first().map(String::as_str), Some("/bans?country=US&countries=all&sort=ip"));
    assert_eq!(all.texts("#bans .countries .more")?, ["Fewer countries"]);
    let fewer = all.attributes("#bans .countries .more", "href")?.concat();
    assert_eq!(counts(&admin.get(&fewer).await?)?, counts(&page)?);
    Ok(())
}

#[tokio::test]
async fn all_from_one_country_are_lifted_after_a_question_and_no_others() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.get("/bans?country=US").await?;
    assert!(page.texts("#unban-all button")?.contains(&"Unban all 6 from United States …".to_owned()));
    let asked = admin.post("/bans/unban?country=US", &[("which", "matching")]).await?;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.text("h1")?, "Lift 6 bans of 3 addresses and networks?");
    assert!(asked.text(".sum")?.contains("All bans from United States in every jail."));
    assert_eq!(banned(&site.daemon, "sshd")?.len(), ENTRIES.len());
    let moment = asked.attributes("input[name=asked]", "value")?;
    let fields =
        [("which", "matching"), ("confirmed", "yes"), ("asked", moment.first().ok_or("no moment")?.as_str())];
    let done = admin.submit("/bans/unban?country=US", &fields).await?;
    assert_eq!(done.status, 200);
    for jail in ["mail", "sshd"] {
        until("those from the country are free", || Ok(banned(&site.daemon, jail)?.len() == 4)).await?;
        let mut left = banned(&site.daemon, jail)?;
        left.sort();
        assert_eq!(left, ["1.0.0.0/16", "1.1.1.1", "192.168.7.9", "somebody"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_jails_own_page_leads_to_the_unban_of_all_from_one_country_in_it() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.get("/jails/sshd?country=AU").await?;
    let action = page.attributes("#bans .countries form", "action")?;
    assert_eq!(action, ["/bans/unban?jail=sshd&country=AU"]);
    assert_eq!(page.texts("#bans .countries button")?, ["Unban all 1 from Australia"]);
    let fields = [("which", "matching"), ("confirmed", "yes")];
    admin.submit("/bans/unban?jail=sshd&country=AU", &fields).await?;
    until("it is free", || Ok(!banned(&site.daemon, "sshd")?.contains(&"1.1.1.1".to_owned()))).await?;
    assert!(banned(&site.daemon, "mail")?.contains(&"1.1.1.1".to_owned()));
    assert_eq!(banned(&site.daemon, "sshd")?.len(), ENTRIES.len() - 1);
    Ok(())
}
