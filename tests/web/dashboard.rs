//! `/`: what happened, and whether protection is on.

use bangui::config::geo::{Geo, Provider};
use bangui::demo::sample_mmdb::asn;
use bangui::demo::{DemoJail, sample_mmdb};
use bangui::domain::account::Role;
use rusqlite::Connection;

use crate::support::TestResult;
use crate::support::site::{Bangui, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{banned, client};

/// Adds bans: how many hours ago the hour began in which they fall, their jail's number, their origin, how many.
fn add(bangui: &Bangui, bans: &[(i64, i64, Option<&str>, i64)]) -> TestResult {
    let record = Connection::open(bangui.history())?;
    record.execute_batch("INSERT OR IGNORE INTO jails VALUES (1, 'sshd'), (2, 'web');")?;
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
        INSERT INTO bans (since, jail, address, length, count, origin, how)
        SELECT (unixepoch() / 3600 - ?1) * 3600 + i % 3, ?2, unhex(printf('cb0071%02x', i)), 600, 1, ?3, 1 FROM n";
    for (hours, jail, origin, number) in bans {
        record.execute(sql, (hours, jail, origin, number))?;
    }
    Ok(())
}

fn bars(page: &Answer) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    page.attributes("#chart a.column", "aria-label")
}

async fn until_shows(admin: &Visitor, css: &str, text: &str) -> Result<Answer, Box<dyn std::error::Error>> {
    let begin = std::time::Instant::now();
    loop {
        let page = admin.get("/").await?;
        if page.texts(css)?.iter().any(|seen| seen.contains(text)) {
            return Ok(page);
        }
        if begin.elapsed() > std::time::Duration::from_mins(1) {
            return Err(format!("{css} does not show {text}: {:?}", page.texts(css)?).into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn it_says_that_protection_is_on_and_a_ban_can_be_lifted_from_it() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.7"])?;
    let page = until_shows(&admin, "#latest tr[data-ip='203.0.113.7']", "sshd").await?;
    assert_eq!(page.text("#verdict-title")?, "Protection is on: 2 jails are running");
    assert_eq!(page.attributes("#verdict", "class")?, ["note good verdict"]);
    assert_eq!(page.text("#figures dd a")?, "1");
    assert_eq!(page.text("#chart-title")?, "1 ban in the last 24 hours");
    let fields = [("ip", "203.0.113.7"), ("jail", "sshd"), ("next", "/")];
    assert_eq!(page.attributes("#latest form", "action")?, ["/unban"]);
    assert_eq!(admin.post("/unban", &fields).await?.location(), "/");
    assert_eq!(banned(&site.daemon, "sshd")?, [""; 0]);
    let page = until_shows(&admin, "#latest tr[data-ip='203.0.113.7']", "lifted by admin").await?;
    assert_eq!(page.attributes("#latest form", "action")?, [""; 0]);

    site.add_account("vera", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "vera").await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.8"])?;
    until_shows(&viewer, "#latest tr[data-ip='203.0.113.8']", "sshd").await?;
    assert_eq!(viewer.get("/").await?.texts("#latest form")?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn it_is_not_green_where_a_jail_is_stopped_or_fail2ban_does_not_answer() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/jails/web/stop", &[]).await?;
    let page = until_shows(&admin, "#verdict li", "web is stopped").await?;
    assert_eq!(page.attributes("#verdict", "class")?, ["note warn verdict"]);
    site.daemon.kill()?;
    let page = until_shows(&admin, "#verdict-title", "fail2ban has stopped").await?;
    assert_eq!(page.attributes("#verdict", "class")?, ["note bad verdict"]);
    assert_eq!(page.text("#figures dd")?, "unknown", "no figure stands for one that is not known");
    Ok(())
}

#[tokio::test]
async fn a_bar_a_jail_and_a_country_narrow_the_rest_and_lead_to_the_bans_behind_them() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    add(&bangui, &[(5, 1, Some("DE"), 3), (5, 2, Some("US"), 4), (2, 1, None, 2), (30, 1, Some("DE"), 1)])?;
    let page = admin.get("/").await?;
    assert_eq!(page.text("#chart-title")?, "9 bans in the last 24 hours");
    assert_eq!(bars(&page)?.len(), 24);
    assert!(
        bars(&page)?
            .iter()
            .any(|bar| bar.ends_with(": 7 bans: web 4, sshd 3") || bar.ends_with(": 7 bans: sshd 3, web 4")),
        "{:?}",
        bars(&page)?
    );
    assert_eq!(page.texts("#top-jails li a")?, ["sshd", "web"]);
    assert_eq!(page.texts("#countries li b")?, ["4", "3", "2"]);
    assert_eq!(page.attributes("#world a", "aria-label")?, ["United States: 4 bans", "Germany: 3 bans"]);

    let with_bans = |page: &Answer| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let (labels, links) = (bars(page)?, page.attributes("#chart a.column", "href")?);
        Ok(labels
            .into_iter()
            .zip(links)
            .filter(|(label, _)| label.contains("7 bans"))
            .map(|(_, link)| link)
            .collect())
    };
    let links = with_bans(&page)?;
    let link = links.first().ok_or("no bar")?;
    let page = admin.get(link).await?;
    assert_eq!(page.text("#chart-title")?, "7 bans in the chosen time");
    assert_eq!(page.texts("#countries li b")?, ["4", "3"]);
    let rows = page.attributes("#chart .bar .button", "href")?;
    let rows = admin.get(rows.first().ok_or("no link")?).await?;
    assert_eq!(rows.attributes("#history tbody tr", "data-ip")?.len(), 7);
    assert_eq!(with_bans(&page)?, ["/"], "a second click chooses all again");

    let page = admin.get("/?jail=web").await?;
    assert_eq!(page.text("#chart-title")?, "4 bans in the last 24 hours");
    assert_eq!(page.texts("#countries li")?.len(), 1);
    assert_eq!(page.texts("#top-jails li a")?, ["sshd", "web"], "others can be chosen instead");
    let page = admin.get("/?country=DE&time=7d").await?;
    assert_eq!(page.text("#chart-title")?, "4 bans in the last 7 days");
    let page = admin.get("/?country=DE&time=365d").await?;
    assert_eq!(page.text("#chart-title")?, "4 bans in the last 365 days");
    let page = admin.get("/?jail=none").await?;
    assert_eq!((page.status, page.text("#chart-title")?.as_str()), (200, "0 bans in the last 24 hours"));
    for query in ["time=1y", "bar=x", "country=Germany"] {
        assert_eq!(admin.get(&format!("/?{query}")).await?.status, 422, "{query}");
    }
    let page = admin.get("/?bar=3600").await?;
    assert!(page.text("#dashboard")?.contains("The chosen time is not in this chart any more"));
    Ok(())
}

#[tokio::test]
async fn the_figures_stay_those_of_all_jails_and_say_so() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    add(&bangui, &[(0, 1, Some("DE"), 3), (0, 2, Some("US"), 4)])?;
    let all = admin.get("/").await?;
    assert_eq!(all.texts("#figures-scope")?, [""; 0]);
    for query in ["jail=web", "country=DE", "jail=sshd&country=DE"] {
        let page = admin.get(&format!("/?{query}")).await?;
        assert_eq!(page.texts("#figures dd")?, all.texts("#figures dd")?, "{query}");
        assert_eq!(page.text("#figures-scope")?, "All jails and countries", "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn one_very_busy_hour_does_not_flatten_the_others_and_keeps_its_number() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let quiet: Vec<_> = (2..14).map(|hour| (hour, 1, Some("DE"), 3)).collect();
    add(&bangui, &quiet)?;
    let page = admin.get("/").await?;
    assert_eq!((page.texts("#chart .scale")?[0].as_str(), page.texts("#chart .beyond")?.len()), ("4", 0));
    add(&bangui, &[(20, 1, Some("DE"), 200)])?;
    let page = admin.get("/").await?;
    assert_eq!(page.texts("#chart .scale")?[0], "6", "twice the others");
    assert_eq!(page.texts("#chart .beyond")?, ["↑ 200"]);
    assert!(page.text("#chart .legend")?.contains("higher than the scale"));
    assert!(bars(&page)?.iter().any(|bar| bar.contains(": 200 bans")), "{:?}", bars(&page)?);
    assert!(page.texts("#chart .as-table td")?.contains(&"200".to_owned()));
    assert_eq!(page.attributes("#chart .skip-picture", "href")?, ["#below-chart"]);
    assert_eq!(page.attributes("#below-chart", "tabindex")?, ["-1"], "it takes the focus");
    Ok(())
}

#[tokio::test]
async fn a_time_without_a_record_is_no_zero() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    add(&bangui, &[(10, 1, Some("DE"), 3)])?;
    let record = Connection::open(bangui.history())?;
    record.execute(
        "INSERT INTO gaps VALUES ((unixepoch() / 3600 - 5) * 3600, (unixepoch() / 3600 - 4) * 3600)",
        [],
    )?;
    let page = admin.get("/").await?;
    let told: Vec<bool> = bars(&page)?.iter().map(|bar| bar.contains("not recorded")).collect();
    let expected: Vec<bool> = (0..24).rev().map(|hours| hours > 10 || hours == 5).collect();
    assert_eq!(told, expected);
    assert_eq!(page.texts("#figures dd.hint")?, ["The record is too young to compare"]);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_bans_many_times_its_usual_is_named() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let mut bans: Vec<_> = (1..=28).map(|day| (day * 24 + 12, 1, Some("DE"), 10)).collect();
    bans.push((1, 1, Some("US"), 80));
    add(&bangui, &bans)?;
    let page = admin.get("/").await?;
    let said = page.text("#stands-out")?;
    assert!(said.starts_with("sshd: 8 times its usual, 80 bans in 24 hours instead of"), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_address_that_was_banned_in_several_jails_comes_back() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    add(&bangui, &[(2, 1, None, 1), (3, 1, None, 1), (4, 2, None, 2)])?;
    let page = admin.get("/").await?;
    assert_eq!(page.texts("#returning li > *")?, ["203.0.113.1", "3 × in 2 jails"]);
    Ok(())
}

#[tokio::test]
async fn networks_are_counted_where_a_provider_tells_them_and_are_no_card_without_one() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("asn.mmdb");
    let networks = [
        ("203.0.113.0/28", asn(64_500, "Example Net")),
        ("203.0.113.16/28", asn(64_501, "<b>Bad</b> Hosting")),
    ];
    std::fs::write(&file, sample_mmdb::file("GeoLite2-ASN", 1_762_000_000, &networks))?;
    let geo = Geo { providers: vec![Provider::Mmdb(file)], ..Geo::default() };
    let bangui = Site::without_daemon_with_geo(geo).await?;
    let admin = Visitor::admin(bangui.address).await?;
    assert_eq!(admin.get("/").await?.text("#operators p")?, "None in this time.");
    // 203.0.113.1 to .20, and of those of the other jail .1 to .3.
    add(&bangui, &[(1, 1, Some("DE"), 20), (1, 2, Some("US"), 3)])?;
    let page = admin.get("/").await?;
    assert_eq!(page.texts("#operators li > span")?, ["Example Net AS64500", "<b>Bad</b> Hosting AS64501"]);
    assert_eq!(page.texts("#operators li > b")?, ["18", "5"]);
    assert_eq!(page.text("#operators p")?, "Among the newest 23 bans of addresses in this time.");
    let page = admin.get("/?jail=web&country=US").await?;
    assert_eq!(page.texts("#operators li > b")?, ["3"]);

    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    add(&bangui, &[(1, 1, Some("DE"), 20)])?;
    assert!(!admin.get("/").await?.body.contains("id=\"operators\""));
    Ok(())
}
