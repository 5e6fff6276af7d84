//! Cities, networks and organisations: from files, from a server that speaks ip-api.com's protocol, and
//! from reverse DNS; in rows, in look-up and on the page of the cache.

mod cache;
mod network;

use std::error::Error;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use bangui::config::geo::{Geo, Provider};
use bangui::demo::sample_mmdb::{asn, city, country};
use bangui::demo::{DemoJail, sample_mmdb};

use crate::support::ip_api::{FakeIpApi, Manner};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, client, until};

const FIRST: &str = "81.2.69.142";
const SECOND: &str = "2a02:8108::7";
const BUILT: u64 = 1_762_000_000;

/// A site with these providers, and `banned` in its one jail.
async fn site(geo: Geo, banned: &[&str]) -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::with_geo(&[DemoJail::new("sshd", "sshd")], geo).await?;
    if !banned.is_empty() {
        client(&site.daemon, &[&["set", "sshd", "banip"], banned].concat())?;
    }
    until("they are banned", || {
        let listed = client(&site.daemon, &["get", "sshd", "banip"])?;
        Ok(banned.iter().all(|entry| listed.contains(entry)))
    })
    .await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

async fn asking(banned: &[&str]) -> Result<(FakeIpApi, Site, Visitor), Box<dyn Error>> {
    let fake = FakeIpApi::start().await?;
    let (site, admin) = site(over_network(&fake), banned).await?;
    Ok((fake, site, admin))
}

fn over_network(fake: &FakeIpApi) -> Geo {
    Geo { providers: vec![Provider::IpApi], ip_api: fake.url.clone(), ..Geo::default() }
}

fn files(files: &[&Path]) -> Geo {
    let providers = files.iter().map(|file| Provider::Mmdb((*file).to_owned())).collect();
    Geo { providers, ..Geo::default() }
}

/// The words in the place of an address's row.
fn place(page: &Answer, address: &str) -> Result<String, Box<dyn Error>> {
    page.text(&format!("[data-place='{address}']"))
}

/// Asks for `path` until `good` is content.
async fn page_until(
    visitor: &Visitor,
    path: &str,
    what: &str,
    good: impl Fn(&Answer) -> Result<bool, Box<dyn Error>>,
) -> Result<Answer, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let page = visitor.get(path).await?;
        if good(&page)? {
            return Ok(page);
        }
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("waited in vain until {what}: {}", page.body).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks as the page does until the place of `address` is told, and returns what came.
async fn poll_until_told(visitor: &Visitor, address: &str) -> Result<Answer, Box<dyn Error>> {
    let path = format!("/geo?ip={}", address.replace(':', "%3A"));
    page_until(visitor, &path, "it is told", |part| Ok(part.body.contains("City of"))).await
}

fn addresses(texts: &[&str]) -> Result<Vec<IpAddr>, Box<dyn Error>> {
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
}

fn networks(city_name: &str) -> Vec<u8> {
    sample_mmdb::file(
        "GeoLite2-City",
        BUILT,
        &[
            ("81.2.69.0/24", city("GB", "England", city_name)),
            ("2a02:8108::/32", city("DE", "Hesse", "Kassel")),
        ],
    )
}

#[tokio::test]
async fn without_a_provider_nothing_of_places_is_in_any_page() -> TestResult {
    let (_site, admin) = site(Geo::default(), &[FIRST]).await?;
    for path in ["/jails/sshd", "/bans", "/unban", &format!("/lookup?ip={FIRST}")] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200, "{path}");
        for selector in ["[data-place]", "#geo", "#place", ".place"] {
            assert!(page.attributes(selector, "class")?.is_empty(), "{path} {selector}");
        }
        assert!(!page.body.contains("/geo?"), "{path}");
    }
    let cache = admin.get("/geo-cache").await?;
    assert!(cache.text("#no-provider")?.contains("No provider is configured"));
    assert!(cache.text("form[action^='/geo-cache']")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn files_tell_at_once_each_filling_in_what_the_ones_before_did_not_know() -> TestResult {
    let directory = tempfile::tempdir()?;
    let (cities, nets) = (directory.path().join("city.mmdb"), directory.path().join("asn.mmdb"));
    fs::write(&cities, networks("London"))?;
    fs::write(
        &nets,
        sample_mmdb::file("DBIP-ASN-Lite", BUILT, &[("81.2.64.0/20", asn(64500, "Example <b>Net</b>"))]),
    )?;
    let countries = directory.path().join("country.mmdb");
    fs::write(&countries, sample_mmdb::file("GeoIP2-Country", BUILT, &[("81.0.0.0/8", country("AT"))]))?;
    let (_site, admin) = site(files(&[&cities, &nets, &countries]), &[FIRST, SECOND, "81.2.70.0/24"]).await?;
    for path in ["/jails/sshd", "/bans", "/unban"] {
        let page = admin.get(path).await?;
        assert_eq!(place(&page, FIRST)?, "London · Example <b>Net</b>", "{path}");
        assert_eq!(place(&page, SECOND)?, "Kassel", "{path}");
        assert_eq!(page.attributes("[data-place]", "data-place")?.len(), 2, "a network has no place: {path}");
        let words = page.text("#geo")?;
        assert!(
            words.contains("GeoLite data created by MaxMind") && words.contains("IP Geolocation by DB-IP")
        );
        assert_eq!(page.attributes("#geo a", "href")?, ["https://www.maxmind.com", "https://db-ip.com"]);
        assert!(page.attributes("#geo", "hx-get")?.is_empty(), "nothing is left to ask for: {path}");
    }
    let lookup = admin.get(&format!("/lookup?ip={FIRST}")).await?;
    let fact = |name: &str| lookup.text(&format!("#place [data-fact={name}] dd"));
    assert_eq!(fact("place")?, "London, England, United Kingdom");
    assert_eq!(fact("organisation")?, "Example <b>Net</b>");
    assert_eq!(fact("network")?, "AS64500 · 81.2.64.0/20");
    assert_eq!(fact("told")?, "city.mmdb (GeoLite2-City), asn.mmdb (DBIP-ASN-Lite)");
    let other = admin.get("/lookup?ip=81.3.3.3").await?;
    assert_eq!(other.text("#place [data-fact=place] dd")?, "Austria");
    assert_eq!(other.text("#place [data-fact=told] dd")?, "country.mmdb (GeoIP2-Country)");
    Ok(())
}

#[tokio::test]
async fn a_file_is_read_anew_while_the_server_runs_and_a_broken_one_is_told_of_once() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("city.mmdb");
    fs::write(&file, networks("London"))?;
    let (_site, admin) = site(files(&[&file]), &[FIRST, SECOND]).await?;
    let whole = networks("Leeds");
    fs::write(&file, &whole[..whole.len() - 40])?;
    let page = page_until(&admin, "/jails/sshd", "the trouble is told", |page| {
        Ok(page.text("#geo")?.contains("city.mmdb"))
    })
    .await?;
    assert_eq!(page.texts(".warning-text")?.len(), 1, "one line, not one for each row");
    assert_eq!(place(&page, FIRST)?, "London", "the old one stays in use");
    fs::write(&file, &whole)?;
    let good = |page: &Answer| Ok(place(page, FIRST)? == "Leeds");
    let page = page_until(&admin, "/jails/sshd", "the new file is in use", good).await?;
    assert!(page.texts(".warning-text")?.is_empty());
    let cache = admin.get("/geo-cache").await?;
    assert!(cache.text("[data-provider=mmdb]")?.contains("GeoLite2-City"));
    Ok(())
}

#[tokio::test]
async fn reverse_dns_is_asked_only_by_the_button_and_its_name_is_kept() -> TestResult {
    let geo = Geo { providers: vec![Provider::ReverseDns], ..Geo::default() };
    let (_site, admin) = site(geo, &["127.0.0.1"]).await?;
    let path = "/lookup?ip=127.0.0.1";
    let page = admin.get(path).await?;
    assert!(page.text("#place [data-fact=name]")?.contains("Look up in the DNS"));
    assert!(!page.text("#place")?.contains("localhost"));
    assert!(admin.get("/jails/sshd").await?.attributes("[data-place]", "data-place")?.is_empty());
    let named = admin.submit("/lookup/name", &[("ip", "127.0.0.1")]).await?;
    assert!(named.text("#messages")?.contains("127.0.0.1 has the name localhost"));
    let again = admin.get(path).await?;
    assert!(again.text("#place [data-fact=name]")?.contains("localhost"));
    assert!(again.text("#place [data-fact=told]")?.contains("reverse DNS"));
    assert_eq!(admin.post("/lookup/name", &[("ip", "127.0.0.0/8")]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_name_is_not_shown_when_it_is_old_and_a_failure_is_not_asked_again_at_once() -> TestResult {
    let geo = Geo { providers: vec![Provider::ReverseDns], ..Geo::default() };
    let (site, admin) = site(geo, &[]).await?;
    let ask = |address| [("ip", address)];
    admin.submit("/lookup/name", &ask("127.0.0.1")).await?;
    // No name server knows it, whether one is reached or none.
    for is_kept in [false, true] {
        let told = admin.submit("/lookup/name", &ask("192.0.2.1")).await?.text("#messages")?;
        assert!(told.contains("There is no name of 192.0.2.1 to show"), "{told}");
        assert_eq!(told.contains("less than five minutes ago"), is_kept, "{told}");
    }
    site.clock.pass(Duration::from_mins(6));
    let told = admin.submit("/lookup/name", &ask("192.0.2.1")).await?.text("#messages")?;
    assert!(!told.contains("less than five minutes ago"), "it is asked again: {told}");
    site.clock.pass(Duration::from_hours(29 * 24));
    let name = "#place [data-fact=name]";
    let admin = Visitor::admin(site.address).await?;
    let path = "/lookup?ip=127.0.0.1";
    assert!(admin.get(path).await?.text(name)?.contains("localhost"));
    site.clock.pass(Duration::from_hours(25));
    let admin = Visitor::admin(site.address).await?;
    let page = admin.get(path).await?;
    assert!(!page.text(name)?.contains("localhost") && page.text(name)?.contains("Look up in the DNS"));
    admin.submit("/lookup/name", &ask("127.0.0.1")).await?;
    assert!(admin.get(path).await?.text(name)?.contains("localhost"), "and it is asked for again");
    Ok(())
}

#[tokio::test]
async fn one_bad_record_is_told_of_as_such_and_the_file_stays_in_use() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("city.mmdb");
    let mut bytes = networks("London");
    let data = bytes.windows(4).position(|four| four == b"city").ok_or("no data")?;
    bytes[data - 2] = 0xff;
    fs::write(&file, &bytes)?;
    let (_site, admin) = site(files(&[&file]), &[FIRST, SECOND]).await?;
    let page = admin.get("/jails/sshd").await?;
    assert_eq!(place(&page, SECOND)?, "Kassel");
    let doubt = page.texts(".warning-text")?.concat();
    assert!(doubt.starts_with("city.mmdb (GeoLite2-City) has a record that cannot be read"), "{doubt}");
    let cache = admin.get("/geo-cache").await?.text("[data-provider=mmdb]")?;
    assert!(cache.contains("A record cannot be read"), "{cache}");
    assert!(!cache.contains("The previous file stays"), "{cache}");
    Ok(())
}
