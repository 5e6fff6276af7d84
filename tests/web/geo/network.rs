//! ip-api.com, as a server of the test's own speaks it: asked for little, slow, refusing, down, talking nonsense.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_page_comes_at_once_and_what_becomes_known_is_brought_in_behind() -> TestResult {
    let (fake, _site, admin) = asking(&[FIRST, SECOND]).await?;
    fake.behave([Manner::Held]);
    let page = admin.get("/jails/sshd").await?;
    assert_eq!((page.status, place(&page, FIRST)?.as_str()), (200, ""));
    let next = page.attributes("#geo", "hx-get")?.concat();
    assert!(
        page.attributes("#geo", "hx-trigger")?.concat().starts_with("every"),
        "so that it is no use of the session"
    );
    let part = admin.part(&next).await?;
    assert_eq!((part.status, part.body.contains("hx-partial")), (200, false), "{}", part.body);
    let unban = admin.get("/unban").await?;
    assert_eq!(
        (unban.status, unban.body.contains("hx-get")),
        (200, false),
        "it loads no script that would ask"
    );
    fake.let_go();
    let part = page_until(&admin, &next, "it is told", |part| Ok(part.body.contains("City of"))).await?;
    for address in [FIRST, SECOND] {
        assert!(part.body.contains(&format!("hx-target=\"[data-place='{address}']\"")), "{}", part.body);
        assert!(part.body.contains(&format!("City of {address}")), "{}", part.body);
    }
    assert!(part.attributes("#geo", "hx-get")?.is_empty(), "nothing is left to ask for");
    let page = admin.get("/jails/sshd").await?;
    assert_eq!(place(&page, FIRST)?, format!("City of {FIRST} · Example ISP"), "without JavaScript as well");
    assert_eq!(fake.questions().len(), 1);
    let head = fake.requests().concat();
    assert!(head.starts_with("POST /batch?fields=") && head.contains("query"), "{head}");
    Ok(())
}

#[tokio::test]
async fn only_public_addresses_on_the_screen_are_asked_for_in_one_batch() -> TestResult {
    let inner = [
        "10.1.2.3",
        "192.168.7.7",
        "100.64.1.1",
        "127.3.3.3",
        "fd00::1",
        "fe80::1",
        "203.0.113.5",
        "81.2.70.0/24",
    ];
    let (fake, site, admin) = asking(&[&inner[..], &[FIRST, SECOND, "not-an-ip"]].concat()).await?;
    poll_until_told(&admin, FIRST).await?;
    for path in [
        "/jails/sshd",
        "/bans",
        "/unban",
        "/lookup?ip=10.1.2.3",
        "/lookup?ip=81.2.70.0%2F24",
        "/geo?ip=127.0.0.1",
    ] {
        assert_eq!(admin.get(path).await?.status, 200, "{path}");
    }
    poll_until_told(&admin, SECOND).await?;
    let mut asked = fake.questions().concat();
    asked.sort();
    assert_eq!(asked, addresses(&[FIRST, SECOND])?);
    // Of a hundred and twenty bans the page shows 25.
    let many: Vec<String> = (0..120).map(|last| format!("81.3.1.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    client(&site.daemon, &[&["set", "sshd", "banip"], many.as_slice()].concat())?;
    let page =
        page_until(&admin, "/jails/sshd?q=81.3.1.", "they are listed", |page| Ok(page.rows()?.len() == 25))
            .await?;
    let on_screen = page.rows()?;
    poll_until_told(&admin, &on_screen[0]).await?;
    let mut later: Vec<String> = fake.questions()[1..].concat().iter().map(ToString::to_string).collect();
    later.retain(|address| address != SECOND);
    let (mut later, mut on_screen) = (later, on_screen);
    later.sort();
    on_screen.sort();
    assert_eq!(later, on_screen);
    Ok(())
}

#[tokio::test]
async fn a_hundred_go_into_one_batch_and_the_rest_into_the_next() -> TestResult {
    let many: Vec<String> = (0..150).map(|last| format!("81.3.1.{last}")).collect();
    let (fake, _site, admin) = asking(&[]).await?;
    fake.behave([Manner::Held, Manner::Well]);
    let path = |some: &[String]| {
        let query: Vec<String> = some.iter().map(|one| format!("ip={one}")).collect();
        format!("/geo?{}", query.join("&"))
    };
    let (first, second) = many.split_at(100);
    let (first, second) = (path(first), path(second));
    // Two pages at once, and the same as the first from elsewhere.
    tokio::try_join!(admin.get(&first), admin.get(&second), admin.get(&first))?;
    until("the first is asked", || Ok(!fake.questions().is_empty())).await?;
    admin.get(&first).await?;
    fake.let_go();
    until("all are asked for", || Ok(fake.questions().concat().len() >= 150)).await?;
    for address in &many {
        poll_until_told(&admin, address).await?;
    }
    let questions = fake.questions();
    let sizes: Vec<usize> = questions.iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 50], "each address is asked for once");
    assert_eq!(admin.get(&path(&many)).await?.status, 422, "more than a page has");
    Ok(())
}

#[tokio::test]
async fn answers_in_another_order_are_each_address_s_own() -> TestResult {
    let (fake, _site, admin) = asking(&[FIRST, SECOND, "81.2.69.143"]).await?;
    fake.behave([Manner::Shuffled]);
    let told = |page: &Answer| Ok(page.texts(".place span")?.len() == 3);
    let page = page_until(&admin, "/jails/sshd", "all are told", told).await?;
    for address in [FIRST, SECOND, "81.2.69.143"] {
        assert_eq!(place(&page, address)?, format!("City of {address} · Example ISP"));
    }
    let cache = admin.get("/geo-cache").await?;
    assert!(cache.text("[data-fact=entries] dd")?.starts_with("3 of"), "what was not asked for is not kept");
    Ok(())
}

#[tokio::test]
async fn every_misbehaviour_is_said_once_and_the_page_stays_as_it_was() -> TestResult {
    let (fake, _site, admin) = asking(&[FIRST, SECOND]).await?;
    let manners = [
        (Manner::Status(500), "it answered with status 500"),
        (Manner::Redirect("http://127.0.0.1:1/".to_owned()), "it answered with status 302"),
        (Manner::Body("<html>busy</html>".to_owned()), "its answer could not be read"),
        (Manner::Body("[".repeat(100_000)), "its answer could not be read"),
        (Manner::Body("[{\"status\":\"success\"}]".to_owned()), "its answer was not about what it was asked"),
        (Manner::Truncated, "the connection to it broke off"),
        (Manner::Closes, "the connection to it broke off"),
        (Manner::Endless, "its answer was longer than"),
        (Manner::Held, "it did not answer in time"),
    ];
    for (manner, words) in manners {
        fake.behave([manner.clone()]);
        let before = fake.questions().len();
        // Emptied, so that both are asked for again; resolved, so that the rest after a failure ends.
        admin.submit("/geo-cache/empty", &[]).await?;
        admin.submit("/geo-cache/resolve-again", &[]).await?;
        let page =
            page_until(&admin, "/jails/sshd", words, |page| Ok(page.text("#geo")?.contains(words))).await?;
        assert_eq!(page.texts(".warning-text")?.len(), 1, "{manner:?}");
        assert_eq!(
            (page.status, page.rows()?.len(), place(&page, FIRST)?.as_str()),
            (200, 2, ""),
            "{manner:?}"
        );
        let cache = page_until(&admin, "/geo-cache", "both failed", |page| {
            Ok(page.text("[data-fact=failing] dd")? == "2")
        })
        .await?;
        assert!(cache.text("[data-fact=trouble]")?.contains(words), "{manner:?}");
        admin.get("/jails/sshd").await?;
        assert_eq!(fake.questions().len(), before + 1, "what failed is not asked again at once: {manner:?}");
    }
    fake.behave([Manner::Well]);
    admin.submit("/geo-cache/resolve-again", &[]).await?;
    let good = |page: &Answer| Ok(!place(page, FIRST)?.is_empty() && page.texts(".warning-text")?.is_empty());
    page_until(&admin, "/jails/sshd", "it recovers by itself", good).await?;
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_down_costs_one_line_and_no_page() -> TestResult {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let geo = Geo { providers: vec![Provider::IpApi], ip_api: format!("http://{nobody}"), ..Geo::default() };
    let (_site, admin) = site(geo, &[FIRST, SECOND]).await?;
    for path in ["/jails/sshd".to_owned(), "/unban".to_owned(), format!("/lookup?ip={FIRST}")] {
        let told = |page: &Answer| Ok(page.texts(".warning-text")?.concat().contains("it cannot be reached"));
        let page = page_until(&admin, &path, "it is told", told).await?;
        assert_eq!((page.status, page.texts(".warning-text")?.len()), (200, 1), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_waited_for_as_long_as_it_was_told() -> TestResult {
    let (fake, _site, admin) = asking(&[FIRST]).await?;
    fake.behave([Manner::TooMany(Some(2)), Manner::Well]);
    let page = page_until(&admin, "/jails/sshd", "it is told", |page| {
        Ok(page.text("#geo")?.contains("rate limited"))
    })
    .await?;
    let told = Instant::now();
    assert_eq!((page.texts(".warning-text")?.len(), fake.questions().len()), (1, 1));
    poll_until_told(&admin, FIRST).await?;
    assert!(told.elapsed() > Duration::from_secs(1), "{:?}", told.elapsed());
    assert_eq!(fake.questions().len(), 2);
    assert!(admin.get("/jails/sshd").await?.texts(".warning-text")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn with_nothing_left_it_is_not_asked_before_its_time() -> TestResult {
    let (fake, _site, admin) = asking(&[]).await?;
    fake.behave([Manner::Last(3), Manner::Well]);
    poll_until_told(&admin, FIRST).await?;
    let told = Instant::now();
    let cache = admin.get("/geo-cache").await?;
    assert!(cache.text("[data-fact=left]")?.contains("0 batches"), "{}", cache.text("[data-fact=left]")?);
    poll_until_told(&admin, SECOND).await?;
    assert!(told.elapsed() > Duration::from_secs(2), "{:?}", told.elapsed());
    assert_eq!(fake.questions().len(), 2);
    Ok(())
}

#[tokio::test]
async fn more_batches_than_a_window_has_get_through_without_one_refusal() -> TestResult {
    let fake = FakeIpApi::start().await?;
    // BanGUI's own count begins anew all the time: only what the server tells holds it back.
    let geo = Geo { ip_api_window: Duration::from_millis(1), ..over_network(&fake) };
    let (_site, admin) = site(geo, &[]).await?;
    // Such that the last second is cut.
    fake.within(Duration::from_millis(5900));
    let mut batches = 0_u8;
    // Until a window is used up; a machine so slow that it never is begins the next one.
    while fake.limits().0 == 0 {
        poll_until_told(&admin, &format!("81.3.1.{batches}")).await?;
        batches = batches.checked_add(1).ok_or("no window is ever used up")?;
    }
    for later in ["81.3.2.1", "81.3.2.2"] {
        poll_until_told(&admin, later).await?;
    }
    assert_eq!(fake.limits(), (1, 0), "windows used up, and refusals");
    assert_eq!(fake.questions().len(), usize::from(batches) + 2);
    Ok(())
}

#[tokio::test]
async fn a_look_up_brings_the_place_in_when_it_is_known() -> TestResult {
    let (fake, _site, admin) = asking(&[]).await?;
    fake.behave([Manner::Held]);
    let page = admin.get(&format!("/lookup?ip={FIRST}")).await?;
    assert!(page.text("#place [data-fact=place]")?.contains("is being asked for"));
    let next = page.attributes("#place", "hx-get")?.concat();
    fake.let_go();
    let part = page_until(&admin, &next, "it is told", |part| Ok(part.body.contains("City of"))).await?;
    assert_eq!(part.text("[data-fact=place] dd")?, format!("City of {FIRST}, Hesse, Germany"));
    assert_eq!(part.text("[data-fact=network] dd")?, "AS64500");
    assert!(part.text("[data-fact=told] dd")?.starts_with("ip-api.com"));
    assert!(part.attributes("#place", "hx-get")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn whose_data_the_rows_show_stays_below_them_while_another_provider_is_asked() -> TestResult {
    let directory = tempfile::tempdir()?;
    let cities = directory.path().join("city.mmdb");
    fs::write(&cities, networks("London"))?;
    let fake = FakeIpApi::start().await?;
    fake.behave([Manner::Held]);
    let geo = Geo { providers: vec![Provider::Mmdb(cities), Provider::IpApi], ..over_network(&fake) };
    let (_site, admin) = site(geo, &[FIRST, "81.3.1.1"]).await?;
    let page = admin.get("/jails/sshd").await?;
    assert_eq!(place(&page, FIRST)?, "London");
    let next = page.attributes("#geo", "hx-get")?.concat();
    let part = admin.part(&next).await?;
    for shown in [&page, &part] {
        assert!(shown.text("#geo")?.contains("GeoLite data created by MaxMind"), "{}", shown.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_page_does_not_ask_while_the_provider_is_left_alone() -> TestResult {
    let (fake, _site, admin) = asking(&[FIRST]).await?;
    fake.behave([Manner::TooMany(Some(40))]);
    for path in ["/jails/sshd".to_owned(), format!("/lookup?ip={FIRST}")] {
        let refused = |page: &Answer| Ok(page.text(".geo [class=warning-text]")?.contains("rate limited"));
        let page = page_until(&admin, &path, "it is told", refused).await?;
        let trigger =
            page.attributes("[hx-get^='/geo?'], [hx-get^='/lookup/place?']", "hx-trigger")?.concat();
        let seconds = trigger.trim_start_matches("every ").trim_end_matches('s').parse::<u64>()?;
        assert!(seconds > 10, "{path}: {trigger}");
    }
    Ok(())
}

#[tokio::test]
async fn trouble_is_shown_for_five_minutes_and_not_until_somebody_asks_again() -> TestResult {
    let (fake, site, admin) = asking(&[FIRST]).await?;
    fake.behave([Manner::Status(500)]);
    let words = "it answered with status 500";
    page_until(&admin, "/jails/sshd", "it is told", |page| Ok(page.text("#geo")?.contains(words))).await?;
    site.clock.pass(Duration::from_secs(290));
    assert!(admin.get("/jails/sshd").await?.text("#geo")?.contains(words));
    site.clock.pass(Duration::from_secs(20));
    assert!(admin.get("/jails/sshd").await?.texts(".warning-text")?.is_empty(), "it is over");
    let provider = admin.get("/geo-cache").await?.text("[data-provider=ip-api]")?;
    assert!(provider.contains("not asked since the last problem") && provider.contains(words), "{provider}");
    Ok(())
}
