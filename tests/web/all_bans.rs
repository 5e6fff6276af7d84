//! `/bans`: the list over all jails.

use std::collections::HashSet;
use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// Each row's jail and entry, from top to bottom.
fn rows(answer: &Answer) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let jails = answer.attributes("#bans tbody tr", "data-jail")?;
    Ok(jails.into_iter().zip(answer.rows()?).collect())
}

async fn ban(site: &Site, jail: &str, entries: &[String]) -> TestResult {
    let words: Vec<&str> = entries.iter().map(String::as_str).collect();
    client(&site.daemon, &[&["set", jail, "banip"], words.as_slice()].concat())?;
    until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == entries.len())).await
}

const JAILS: [&str; 3] = ["a jail/<x>", "mail", "sshd"];

/// Three jails that share some addresses.
async fn site() -> Result<(Site, Visitor, HashSet<(String, String)>), Box<dyn Error>> {
    let site = Site::start(&JAILS.map(|name| DemoJail::new(name, "sshd"))).await?;
    let mut all = HashSet::new();
    for (number, jail) in (0_u8..).zip(JAILS) {
        let mut entries: Vec<String> = (1..=40).map(|n| format!("10.0.{}.{n}", n % 3)).collect();
        entries.push(format!("2001:db8::{}", number + 1));
        ban(&site, jail, &entries).await?;
        all.extend(entries.into_iter().map(|entry| (jail.to_owned(), entry)));
    }
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin, all))
}

#[tokio::test]
async fn every_ban_of_every_jail_is_listed_once_in_every_order() -> TestResult {
    let (_site, admin, all) = site().await?;
    for sort in ["ip", "banned", "expires"] {
        for direction in ["asc", "desc"] {
            let mut seen = Vec::new();
            for page in 1..=3 {
                let query = format!("?sort={sort}&dir={direction}&per_page=50&page={page}");
                let whole = admin.get(&format!("/bans{query}")).await?;
                assert_eq!(whole.status, 200);
                seen.extend(rows(&whole)?);
                assert_eq!(
                    rows(&admin.part(&format!("/bans/table{query}")).await?)?,
                    rows(&whole)?,
                    "{query}"
                );
            }
            assert_eq!(seen.len(), all.len(), "{sort} {direction}");
            assert_eq!(seen.into_iter().collect::<HashSet<_>>(), all, "{sort} {direction}");
        }
    }
    let first = admin.get("/bans?sort=ip&per_page=10").await?;
    assert!(first.text("#bans .count")?.starts_with("1–10 of 123"), "{}", first.text("#bans .count")?);
    let expected = ["10.0.0.3", "10.0.0.3", "10.0.0.3", "10.0.0.6"];
    assert_eq!(first.rows()?.get(..4).unwrap_or_default(), expected);
    assert_eq!(first.attributes("#bans tbody tr", "data-jail")?.get(..3).unwrap_or_default(), JAILS);
    let links = first.attributes("#bans td.in a", "href")?;
    assert_eq!(links.first().map(String::as_str), Some("/jails/a%20jail%2F%3Cx%3E"));
    assert_eq!(admin.get(&links[0]).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_list_is_searched_and_filtered_by_jail_and_its_links_keep_both() -> TestResult {
    let (_site, admin, _) = site().await?;
    let found = admin.get("/bans?jail=mail&q=10.0.1&sort=ip&per_page=10").await?;
    assert!(rows(&found)?.iter().all(|(jail, entry)| jail == "mail" && entry.starts_with("10.0.1.")));
    assert!(found.text("#bans .count")?.starts_with("14 of 41 match"), "{}", found.text("#bans .count")?);
    assert_eq!(found.texts("select[name=jail] option[selected]")?, ["mail"]);
    assert_eq!(found.texts("select[name=jail] option")?, ["All jails", "a jail/<x>", "mail", "sshd"]);
    for href in [found.attributes("thead a", "href")?, found.attributes("nav.pages a", "href")?].concat() {
        assert!(href.contains("jail=mail") && href.contains("q=10.0.1"), "{href}");
        let next = admin.get(&href).await?;
        assert!(rows(&next)?.iter().all(|(jail, _)| jail == "mail"), "{href}");
    }
    assert!(
        rows(&admin.get("/bans?q=2001:db8::2").await?)? == [("mail".to_owned(), "2001:db8::2".to_owned())]
    );
    for (query, status) in [("jail=nope", 404), ("jail=a%0Ab", 404), ("sort=colour", 422), ("page=0", 422)] {
        for path in ["/bans", "/bans/table"] {
            assert_eq!(admin.get(&format!("{path}?{query}")).await?.status, status, "{path}?{query}");
        }
    }
    let none = admin.get("/bans?q=nowhere").await?;
    assert!(none.text("#bans")?.contains("No banned address contains “nowhere”"));
    Ok(())
}

#[tokio::test]
async fn one_row_is_unbanned_in_its_jail_alone_with_and_without_htmx() -> TestResult {
    let site = Site::start(&[DemoJail::new("a jail/<x>", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let entries = ["2001:db8::5", "198.51.100.0/24", "a\"<b>'&%20"].map(str::to_owned);
    for jail in ["a jail/<x>", "sshd"] {
        ban(&site, jail, &entries).await?;
    }
    let page = admin.get("/bans?jail=a+jail%2F%3Cx%3E").await?;
    assert_eq!(page.rows()?.len(), 3);
    let action = page.attributes("#rows", "action")?.concat();
    for (done, key) in page.attributes("#rows button[name=one]", "value")?.iter().enumerate() {
        let left = if done == 1 {
            let form = [("one", key.as_str()), ("csrf_token", admin.token.as_str())];
            let request = admin.request(reqwest::Method::POST, &action).form(&form);
            Answer::of(request.header("hx-request", "true")).await?
        } else {
            admin.submit(&action, &[("one", key)]).await?
        };
        assert_eq!(left.status, 200);
        assert!(left.text("#messages")?.contains("no longer banned in a jail/<x>."), "{}", left.body);
        assert_eq!(left.rows()?.len(), 2 - done);
        assert_eq!(banned(&site.daemon, "a jail/<x>")?.is_empty(), done == 2);
        let gone = admin.submit(&action, &[("one", key)]).await?;
        let told = gone.text("#messages .bad")?;
        assert!(told.contains("is no longer banned in a jail/<x>. Nothing was changed."), "{told}");
    }
    assert_eq!(admin.get("/bans").await?.rows()?.len(), 3);
    for broken in ["", "sshd", "sshd/", "/203.0.113.5", "sshd/%FF"] {
        assert_eq!(admin.post("/bans/unban", &[("one", broken)]).await?.status, 422, "{broken}");
    }
    Ok(())
}

#[tokio::test]
async fn of_two_people_who_unban_the_same_row_one_reads_that_it_was_gone() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let (one, other) = (Visitor::admin(site.address).await?, Visitor::admin(site.address).await?);
    for number in 1..=5 {
        ban(&site, "sshd", &[format!("203.0.113.{number}")]).await?;
        let key = format!("sshd/203.0.113.{number}");
        let fields = [("one", key.as_str())];
        let both = tokio::join!(one.submit("/bans/unban", &fields), other.submit("/bans/unban", &fields));
        let mut told = [both.0?.text("#messages .note > div")?, both.1?.text("#messages .note > div")?];
        told.sort();
        assert_eq!(told[0], format!("203.0.113.{number} is no longer banned in sshd."), "{told:?}");
        assert_eq!(told[1], format!("203.0.113.{number} is no longer banned in sshd. Nothing was changed."));
    }
    Ok(())
}

#[tokio::test]
async fn an_unban_offers_to_ban_again_in_the_same_jails() -> TestResult {
    let (site, admin, _) = site().await?;
    let ip = "10.0.1.1";
    for (path, fields, jails) in [
        ("/unban", vec![("ip", ip)], JAILS.as_slice()),
        ("/unban", vec![("ip", ip), ("jail", "mail")], &["mail"]),
        ("/jails/sshd/unban", vec![("ip", ip)], &["sshd"]),
        ("/bans/unban?jail=sshd", vec![("one", "sshd/10.0.1.1")], &["sshd"]),
    ] {
        let after = admin.submit(path, &fields).await?;
        let fields = "#messages form[action='/bans/again'] input:not([name=csrf_token])";
        let (names, values) = (after.attributes(fields, "name")?, after.attributes(fields, "value")?);
        for jail in JAILS {
            let held = banned(&site.daemon, jail)?.contains(&ip.to_owned());
            assert_eq!(held, !jails.contains(&jail), "{path} {jail}");
        }
        let form: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
        let again = admin.submit("/bans/again", &form).await?;
        let told = again.text("#messages .note > div")?;
        for jail in jails {
            assert!(told.contains(&format!("{ip} is banned again in {jail}.")), "{told}");
            until("it is banned again", || Ok(banned(&site.daemon, jail)?.contains(&ip.to_owned()))).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_address_is_not_offered_to_be_banned_again_and_that_is_said() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    ban(&site, "sshd", &["not-an-address".to_owned()]).await?;
    let after = admin.submit("/jails/sshd/unban", &[("ip", "not-an-address")]).await?;
    assert!(after.text("#messages")?.contains("It is not an address, so it cannot be banned again here."));
    assert!(after.attributes("#messages form", "action")?.is_empty());
    let elsewhere = [("ban", "sshd/not-an-address"), ("next", "//x.example")];
    assert_eq!(admin.post("/bans/again", &elsewhere).await?.location(), "/");
    let told = admin.get("/bans").await?.text("#messages .bad")?;
    assert!(told.contains("Left out, because it is not an address: not-an-address."), "{told}");
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    let unknown = admin.submit("/bans/again", &[("ban", "nope/203.0.113.5"), ("next", "/bans")]).await?;
    assert!(unknown.text("#messages .bad")?.contains("Not banned again in nope: There is no such jail."));
    for path in ["/bans/again", "/bans/unban"] {
        assert_eq!(admin.post(path, &[("next", "/bans")]).await?.status, 422, "{path}");
    }
    Ok(())
}
