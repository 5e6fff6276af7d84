//! What is kept of what was told over the network, and its page.

use bangui::domain::account::Role;
use bangui::domain::geo::place::NetworkProvider;
use bangui::storage::geo_cache::Outcome;
use bangui::storage::{Storage, geo_cache};

use super::*;

#[tokio::test]
async fn what_was_told_survives_a_restart_and_is_renewed_when_it_is_old() -> TestResult {
    let directory = tempfile::tempdir()?;
    let fake = FakeIpApi::start().await?;
    let bangui = Site::bare_with_geo(directory.path(), over_network(&fake)).await?;
    let admin = Visitor::admin(bangui.address).await?;
    poll_until_told(&admin, FIRST).await?;
    drop(bangui);
    let bangui = Site::bare_with_geo(directory.path(), over_network(&fake)).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let part = admin.get(&format!("/geo?ip={FIRST}")).await?;
    assert!(part.body.contains("City of") && part.attributes("#geo", "hx-get")?.is_empty(), "{}", part.body);
    bangui.clock.pass(Duration::from_hours(29 * 24));
    let mut admin = Visitor::admin(bangui.address).await?;
    admin.get(&format!("/geo?ip={FIRST}")).await?;
    assert_eq!(fake.questions().len(), 1);
    bangui.clock.pass(Duration::from_hours(25));
    admin = Visitor::admin(bangui.address).await?;
    let part = admin.get(&format!("/geo?ip={FIRST}")).await?;
    assert!(part.body.contains("City of"), "the old answer is shown until there is a new one");
    until("it is asked for again", || Ok(fake.questions().len() == 2)).await
}

#[tokio::test]
async fn a_failure_is_kept_for_five_minutes_and_resolved_when_somebody_says_so() -> TestResult {
    let directory = tempfile::tempdir()?;
    let fake = FakeIpApi::start().await?;
    let bangui = Site::bare_with_geo(directory.path(), over_network(&fake)).await?;
    let admin = Visitor::admin(bangui.address).await?;
    fake.behave([Manner::Unknown, Manner::Unknown, Manner::Well]);
    let failing = |page: &Answer| Ok(page.text("[data-fact=failing] dd")? == "1");
    admin.get(&format!("/geo?ip={FIRST}")).await?;
    page_until(&admin, "/geo-cache", "it failed", failing).await?;
    bangui.clock.pass(Duration::from_secs(290));
    admin.get(&format!("/geo?ip={FIRST}")).await?;
    admin.get(&format!("/geo?ip={SECOND}")).await?;
    page_until(&admin, "/geo-cache", "the second failed", |page| {
        Ok(page.text("[data-fact=failing] dd")? == "2")
    })
    .await?;
    assert_eq!(
        fake.questions().concat(),
        addresses(&[FIRST, SECOND])?,
        "the first is not asked again so soon"
    );
    let told = admin.submit("/geo-cache/resolve-again", &[]).await?;
    assert!(told.text("#messages")?.contains("2 failures are retried."));
    page_until(&admin, "/geo-cache", "they are resolved, though nobody looks", |page| {
        Ok(page.text("[data-fact=failing] dd")? == "0"
            && page.text("[data-fact=entries] dd")?.starts_with("2 of"))
    })
    .await?;
    let told = admin.submit("/geo-cache/empty", &[]).await?;
    assert!(told.text("#messages")?.contains("2 answers were removed."));
    assert!(told.text("[data-fact=entries] dd")?.starts_with("0 of"));
    let audit = admin.get("/audit?show=all&fold=no").await?.body;
    assert!(audit.contains("empty geo cache") && audit.contains("resolve geo failures again"));
    Ok(())
}

#[tokio::test]
async fn the_page_of_the_cache_tells_hits_misses_and_that_addresses_leave_the_machine() -> TestResult {
    let (_fake, site, admin) = asking(&[]).await?;
    poll_until_told(&admin, FIRST).await?;
    site.add_account("vera", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "vera").await?;
    let server = viewer.get("/server").await?;
    assert_eq!(server.texts("a[href='/geo-cache']")?, ["Open the geo cache"]);
    let page = viewer.get("/geo-cache").await?;
    assert!(page.text("[data-provider=ip-api]")?.contains("leaves this server unencrypted"));
    assert!(page.text("[data-provider=ip-api] .badge")?.contains("answers"));
    assert!(page.text("[data-fact=entries] dd")?.starts_with("1 of 100,000"));
    assert!(
        page.text("[data-fact=hits]")?.contains("1 hit, 1 miss, 0 failures"),
        "{}",
        page.text("[data-fact=hits]")?
    );
    assert!(page.attributes("form[action^='/geo-cache/']", "action")?.is_empty(), "a viewer only sees");
    assert_eq!(viewer.post("/geo-cache/empty", &[]).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn what_was_to_be_resolved_again_stays_so_when_it_is_refused() -> TestResult {
    let (fake, _site, admin) = asking(&[]).await?;
    fake.behave([Manner::Unknown, Manner::TooMany(Some(0)), Manner::Well]);
    admin.get(&format!("/geo?ip={FIRST}")).await?;
    page_until(&admin, "/geo-cache", "it failed", |page| Ok(page.text("[data-fact=failing] dd")? == "1"))
        .await?;
    admin.submit("/geo-cache/resolve-again", &[]).await?;
    // Nobody looks at the address any more.
    page_until(&admin, "/geo-cache", "it is asked for again", |page| {
        Ok(page.text("[data-fact=failing] dd")? == "0"
            && page.text("[data-fact=entries] dd")?.starts_with("1 of"))
    })
    .await?;
    assert_eq!(fake.questions(), vec![addresses(&[FIRST])?; 3]);
    Ok(())
}

#[tokio::test]
async fn no_more_failures_are_forgotten_than_can_be_asked_for_again() -> TestResult {
    let directory = tempfile::tempdir()?;
    let fake = FakeIpApi::start().await?;
    let bangui = Site::bare_with_geo(directory.path(), over_network(&fake)).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let storage = Storage::open(&directory.path().join("bangui.sqlite3"))?;
    let now = bangui.clock.now();
    storage
        .call(move |connection| {
            let failed = |from: u32, many: u32| -> Vec<Outcome> {
                let address = |last| IpAddr::from(std::net::Ipv4Addr::from_bits(from + last));
                (0..many).map(|last| (address(last), Err("it is down".to_owned()))).collect()
            };
            geo_cache::insert(connection, NetworkProvider::IpApi, now, &failed(0x5101_0000, 1234), 10_000)?;
            geo_cache::insert(connection, NetworkProvider::ReverseDns, now, &failed(0x5201_0000, 3), 10_000)
        })
        .await?;
    fake.behave([Manner::Held]);
    let told = admin.submit("/geo-cache/resolve-again", &[]).await?;
    let words = "1,000 failures are retried, 234 remain for later, 3 were removed.";
    assert!(told.text("#messages")?.contains(words), "{}", told.text("#messages")?);
    assert_eq!(told.text("[data-fact=failing] dd")?, "234");
    let told = admin.submit("/geo-cache/resolve-again", &[]).await?;
    assert!(told.text("#messages")?.contains("No failure is retried, 234 remain for later."));
    drop(bangui);
    let geo = Geo { providers: vec![Provider::ReverseDns], ..Geo::default() };
    let bangui = Site::bare_with_geo(directory.path(), geo).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let told = admin.submit("/geo-cache/resolve-again", &[]).await?;
    assert!(told.text("#messages")?.contains("No failure is retried, 234 were removed."));
    Ok(())
}

#[tokio::test]
async fn providers_are_shown_also_when_the_cache_cannot_be_read() -> TestResult {
    let directory = tempfile::tempdir()?;
    let fake = FakeIpApi::start().await?;
    let bangui = Site::bare_with_geo(directory.path(), over_network(&fake)).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let storage = Storage::open(&directory.path().join("bangui.sqlite3"))?;
    storage.call(|connection| connection.execute("ALTER TABLE geo_cache RENAME TO elsewhere", [])).await?;
    let page = admin.get("/geo-cache").await?;
    assert_eq!(page.status, 200);
    assert!(page.text("[data-provider=ip-api]")?.contains("not asked yet"));
    let entries = page.text("[data-fact=entries] dd")?;
    assert!(entries.starts_with("Unknown: ") && entries.contains("geo_cache"), "{entries}");
    assert!(page.text("[data-fact=hits]")?.contains("0 hits"));
    Ok(())
}
