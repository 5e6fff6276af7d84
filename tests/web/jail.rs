//! `/jails/{jail}`: the list of bans.

use std::collections::HashSet;

use bangui::demo::{DemoJail, Filter};

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const KINDS: [&str; 5] =
    ["203.0.113.5", "2001:db8::5", "198.51.100.0/24", "2001:db8:1::/48", "not-an-address"];

async fn ban(site: &Site, jail: &str, entries: &[&str]) -> TestResult {
    client(&site.daemon, &[&["set", jail, "banip"], entries].concat())?;
    until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == entries.len())).await
}

#[tokio::test]
async fn bans_of_every_kind_are_listed_and_each_can_be_lifted() -> TestResult {
    let for_ever = DemoJail { ban_time: -1, ..DemoJail::new("for-ever", "sshd") };
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), for_ever]).await?;
    let admin = Visitor::admin(site.address).await?;
    for jail in ["sshd", "for-ever"] {
        ban(&site, jail, &KINDS).await?;
        let path = format!("/jails/{jail}");
        let page = admin.get(&path).await?;
        let mut rows = page.rows()?;
        rows.sort();
        assert_eq!(rows, banned(&site.daemon, jail)?);
        let ends = if jail == "sshd" { "10 min" } else { "permanent" };
        assert!(page.cells("data-ip")?.values().all(|cells| cells["for"] == ends), "{}", page.text("#bans")?);
        let action = page.attributes("#rows", "action")?.concat();
        for (done, entry) in KINDS.iter().enumerate() {
            let after = admin.submit(&action, &[("ip", entry)]).await?;
            let told = after.text("#messages .note > div")?;
            assert!(told.starts_with(&format!("{entry} is no longer banned in {jail}.")), "{told}");
            assert!(!after.rows()?.contains(&(*entry).to_owned()));
            assert_eq!(banned(&site.daemon, jail)?.len(), KINDS.len() - done - 1);
        }
    }
    Ok(())
}

/// One address per number, so that text order and numeric order differ.
fn address(number: u16) -> String {
    format!("10.{}.{}.{}", number % 7, number / 100, number % 100)
}

#[tokio::test]
async fn pages_show_each_of_many_bans_exactly_once_in_every_order() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let all: Vec<String> = (0..330).map(address).collect();
    ban(&site, "sshd", &all.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let admin = Visitor::admin(site.address).await?;
    for sort in ["ip", "banned", "expires"] {
        for direction in ["asc", "desc"] {
            let mut seen = Vec::new();
            for page in 1..=4 {
                let query = format!("?sort={sort}&dir={direction}&per_page=100&page={page}");
                let page = admin.get(&format!("/jails/sshd{query}")).await?;
                assert!(page.rows()?.len() == if seen.len() == 300 { 30 } else { 100 }, "{query}");
                seen.extend(page.rows()?);
            }
            assert_eq!(seen.iter().collect::<HashSet<_>>(), all.iter().collect(), "{sort} {direction}");
            if sort == "ip" {
                let mut expected: Vec<std::net::IpAddr> =
                    all.iter().map(|ip| ip.parse()).collect::<Result<_, _>>()?;
                expected.sort_unstable();
                if direction == "desc" {
                    expected.reverse();
                }
                assert_eq!(seen, expected.iter().map(ToString::to_string).collect::<Vec<_>>());
            }
        }
    }
    let first = admin.get("/jails/sshd").await?;
    assert_eq!(first.rows()?.len(), 25);
    assert!(first.text("#bans .count")?.starts_with("1–25 of 330"));
    let next = first.attributes("nav.pages a[rel=next]", "href")?.concat();
    let second = admin.get(&next).await?;
    assert!(second.text("#bans .count")?.starts_with("26–50 of 330"));
    assert_eq!(admin.get("/jails/sshd?page=99").await?.text(".pages [aria-current=page]")?, "14");
    Ok(())
}

#[tokio::test]
async fn bans_sort_by_when_they_were_made_and_when_they_end() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    // Each in a second of its own, and not in the order of the addresses.
    let order = ["203.0.113.20", "203.0.113.3", "203.0.113.100"];
    let mut before = 0;
    for (number, entry) in order.iter().enumerate() {
        until("a second has begun", || Ok(jiff::Timestamp::now().as_second() > before + 1)).await?;
        client(&site.daemon, &["set", "sshd", "banip", entry])?;
        until("it is banned", || Ok(banned(&site.daemon, "sshd")?.len() == number + 1)).await?;
        before = jiff::Timestamp::now().as_second();
    }
    let mut newest_first = order;
    newest_first.reverse();
    for (query, expected) in [
        ("", newest_first),
        ("?sort=banned&dir=asc", order),
        ("?sort=banned&dir=desc", newest_first),
        ("?sort=expires", order),
        ("?sort=expires&dir=desc", newest_first),
        ("?sort=ip", ["203.0.113.3", "203.0.113.20", "203.0.113.100"]),
        ("?sort=ip&dir=desc", ["203.0.113.100", "203.0.113.20", "203.0.113.3"]),
    ] {
        for path in ["/jails/sshd", "/jails/sshd/bans"] {
            assert_eq!(admin.part(&format!("{path}{query}")).await?.rows()?, expected, "{path}{query}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_search_finds_parts_of_entries_and_keeps_the_rest_of_the_state() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    ban(&site, "sshd", &["203.0.113.5", "203.0.113.50", "198.51.100.5", "2001:db8::5", "Some-User"]).await?;
    let admin = Visitor::admin(site.address).await?;
    let found = admin.get("/jails/sshd?q=203.0.113&sort=ip").await?;
    assert_eq!(found.rows()?, ["203.0.113.5", "203.0.113.50"]);
    assert_eq!(found.attributes("#search", "value")?, ["203.0.113"]);
    assert!(found.text("#bans .count")?.starts_with("2 of 5 match"));
    let column = found.attributes("thead a", "href")?;
    assert!(column.iter().all(|href| href.contains("q=203.0.113")), "{column:?}");
    for (search, rows) in [("some-user", vec!["Some-User"]), ("DB8", vec!["2001:db8::5"]), ("%20", vec![])] {
        let found = admin.get(&format!("/jails/sshd?q={search}")).await?;
        assert!(search == "%20" || found.rows()? == rows, "{search}");
    }
    let none = admin.get("/jails/sshd?q=nowhere").await?;
    assert!(none.rows()?.is_empty() && none.text("#bans")?.contains("No banned address contains “nowhere”"));
    let action = found.attributes("#rows", "action")?.concat();
    let after = admin.post(&action, &[("ip", "203.0.113.5")]).await?;
    assert_eq!(after.location(), "/jails/sshd?q=203.0.113&sort=ip");
    Ok(())
}

#[tokio::test]
async fn values_that_cannot_be_are_refused_and_unknown_jails_not_found() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    for query in ["page=0", "page=-1", "page=x", "per_page=0", "per_page=101", "sort=colour", "dir=up"] {
        for path in ["/jails/sshd", "/jails/sshd/bans"] {
            let answer = admin.get(&format!("{path}?{query}")).await?;
            assert_eq!(answer.status, 422, "{path}?{query}");
            assert!(!answer.text("main h1")?.is_empty());
        }
    }
    for path in ["/jails/nope", "/jails/nope/bans", "/jails/--all", "/jails/a%0Ab", "/jails/SSHD"] {
        assert_eq!(admin.get(path).await?.status, 404, "{path}");
    }
    for path in ["/jails/nope/ban", "/jails/nope/unban", "/jails/nope/reload"] {
        assert_eq!(admin.post(path, &[("ip", "203.0.113.5")]).await?.status, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn jails_with_unusual_names_work_from_the_list_to_the_unban() -> TestResult {
    let names = ["two words", "Café-日本", "a/b", "100%", "a#b", "a&b", "a=b", "a,b", "<b>\"'", "a;b", "a+b"];
    let jail =
        |name: &&str| DemoJail { filter: Filter::Own("^bad <HOST>$".to_owned()), ..DemoJail::new(name, "") };
    let site = Site::start(&names.iter().map(jail).collect::<Vec<_>>()).await?;
    let admin = Visitor::admin(site.address).await?;
    let list = admin.get("/jails").await?;
    let taken = list.attributes("tbody tr", "data-jail")?;
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), names.len(), "{taken:?}");
    for (name, href) in taken.iter().zip(list.attributes(".name a", "href")?) {
        works_end_to_end(&site, &admin, name, &href).await.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

async fn works_end_to_end(site: &Site, admin: &Visitor, name: &str, href: &str) -> TestResult {
    let page = admin.get(href).await?;
    assert_eq!((page.status, page.text("h1")?), (200, format!("{name} running")));
    let action = page.attributes("#ban-form form", "action")?.concat();
    let page = admin.submit(&action, &[("ip", "203.0.113.5")]).await?;
    assert_eq!((page.rows()?, banned(&site.daemon, name)?), (vec!["203.0.113.5".to_owned()], page.rows()?));
    let refresh = page.attributes("#bans", "hx-get")?.concat();
    assert_eq!(admin.part(&refresh).await?.rows()?, ["203.0.113.5"]);
    let reload = page.attributes("main form[action$='/reload']", "action")?.concat();
    let reloaded = admin.post(&reload, &[]).await?;
    assert_eq!((reloaded.status, reloaded.location()), (303, href));
    let done = crate::web::reload::end_of_work(admin).await?;
    assert_eq!(done.text("#work h2")?, format!("Reload of {name} done"));
    assert_eq!(banned(&site.daemon, name)?, ["203.0.113.5"]);
    let action = page.attributes("#rows", "action")?.concat();
    admin.submit(&action, &[("ip", "203.0.113.5")]).await?;
    assert!(banned(&site.daemon, name)?.is_empty());
    Ok(())
}
