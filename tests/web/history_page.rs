//! `/history`: what a page shows of the record, and the same as a file.

use std::error::Error;

use bangui::domain::account::Role;
use rusqlite::Connection;

use crate::support::TestResult;
use crate::support::site::{Bangui, Site};
use crate::support::visitor::{Answer, Visitor};

/// Adds `number` bans from the columns that `select` computes from `i`: since, jail, address, length, origin, how.
fn add(bangui: &Bangui, number: usize, select: &str) -> TestResult {
    let record = Connection::open(bangui.history())?;
    record.execute_batch("INSERT OR IGNORE INTO jails VALUES (1, 'sshd'), (2, '=cmd()');")?;
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO bans (since, jail, address, length, count, origin, how) SELECT {select} FROM n"
    );
    record.execute(&sql, [number])?;
    Ok(())
}

fn rows(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    page.attributes("#history tbody tr", "data-ip")
}

#[tokio::test]
async fn an_empty_record_an_unknown_value_and_one_that_is_off_are_said() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/history").await?;
    assert_eq!(page.text("#history .empty h2")?, "No bans recorded in the last 24 hours");
    assert!(page.text(".sum")?.contains("Kept for 365 days and up to 500 MB."), "{}", page.text(".sum")?);
    let page = admin.get("/history?jail=none&time=7d").await?;
    assert_eq!(page.text("#history .empty h2")?, "Nothing found in the last 7 days");
    assert_eq!(page.attributes("#history .empty a", "href")?, ["/history?time=7d"]);
    for query in ["time=1y", "ended=never", "from=x", "country=ZZ", "page=0", "at=x"] {
        assert_eq!(admin.get(&format!("/history?{query}")).await?.status, 422, "{query}");
    }

    let off = Site::without_history().await?;
    let admin = Visitor::admin(off.address).await?;
    let page = admin.get("/history").await?;
    assert_eq!((page.status, page.text("#no-record h2")?.as_str()), (200, "Nothing is recorded"));
    assert!(page.text("#no-record p")?.contains("--history-days 0"));
    assert_eq!(admin.get("/history/csv").await?.status, 404);
    assert!(!off.history().exists());
    Ok(())
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_paged_and_each_state_is_a_url() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let now = "unixepoch()";
    add(
        &bangui,
        60,
        &format!("{now} - i * 60, 1, unhex(printf('cb0071%02x', i)), 600, 1, 'US', iif(i % 2, 1, 2)"),
    )?;
    add(&bangui, 2, &format!("{now} - i * 100000, 2, unhex(printf('c6336401')), -1, i, 'DE', 3"))?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/history").await?;
    assert_eq!(rows(&page)?.len(), 50);
    assert_eq!(page.text(".count")?, "1–50 of 60 bans in the last 24 hours");
    let next = page.attributes("#history nav.pages a[rel=next]", "href")?.concat();
    let page = admin.get(&next).await?;
    assert_eq!(
        (rows(&page)?.len(), page.text(".count")?.as_str()),
        (10, "51–60 of 60 bans in the last 24 hours")
    );
    for (query, number) in [
        ("?time=7d", 50),
        ("?time=7d&country=DE", 2),
        ("?time=7d&country=germany", 2),
        ("?ip=203.0.113.16/28", 16),
        ("?ip=203.0.113.7", 1),
        ("?ended=lifted", 30),
        ("?ended=standing", 0),
        ("?ended=unknown&time=7d", 2),
        ("?jail=%3Dcmd()&time=7d", 2),
        ("?from=2020-01-01&to=2020-01-02", 0),
        ("?from=2020-01-01&country=DE", 2),
    ] {
        let page = admin.get(&format!("/history{query}")).await?;
        assert_eq!(rows(&page)?.len(), number, "{query}");
        assert_eq!(page.status, 200, "{query}");
    }
    let page = admin.get("/history?sort=ip&per_page=3").await?;
    assert_eq!(rows(&page)?, ["203.0.113.1", "203.0.113.2", "203.0.113.3"]);
    assert_eq!(
        page.attributes("#history th[aria-sort=ascending] a", "href")?,
        ["/history?per_page=3&sort=ip&dir=desc"]
    );
    let part = admin.part("/history/table?sort=ip&dir=desc&per_page=2").await?;
    assert_eq!(rows(&part)?, ["203.0.113.60", "203.0.113.59"], "{}", part.body);
    assert!(!part.body.contains("<html"));
    Ok(())
}

#[tokio::test]
async fn each_number_says_what_it_counts_and_each_column_sorts() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(
        &bangui,
        6,
        "unixepoch() - i * 60, 1, unhex(printf('cb0071%02x', i)), 600 * i, iif(i < 3, i, 1), 'US', i % 4",
    )?;
    add(&bangui, 2, "unixepoch() - i * 60, 2, unhex(printf('c63364%02x', i)), NULL, NULL, 'DE', 3")?;
    let admin = Visitor::admin(bangui.address).await?;
    for (query, counts) in [
        ("", "1–8 of 8 bans in the last 24 hours"),
        ("?jail=sshd", "1–6 of 6 bans in sshd in the last 24 hours"),
        ("?country=DE", "1–2 of 2 that match · 8 bans in the last 24 hours"),
        ("?jail=sshd&ended=lifted", "1–2 of 2 that match · 6 bans in sshd in the last 24 hours"),
        ("?country=FR&from=2020-01-01", "0 that match · 8 bans in the chosen time"),
    ] {
        assert_eq!(admin.get(&format!("/history{query}")).await?.text(".count")?, counts, "{query}");
    }
    let page = admin.get("/history").await?;
    let titles = page.texts("#history thead th a")?;
    let titles: Vec<&str> = titles.iter().map(|title| title.trim_end_matches(" ↓")).collect();
    assert_eq!(titles, ["Address", "Country", "Banned", "End", "Ended", "Jail", "Length", "No."]);
    for (sort, first) in [
        ("length", "203.0.113.6"),
        ("length&dir=asc", "203.0.113.1"),
        ("number", "203.0.113.2"),
        ("jail", "198.51.100.1"),
        ("jail&dir=desc", "203.0.113.1"),
        ("ended", "203.0.113.4"),
    ] {
        let rows = rows(&admin.get(&format!("/history?sort={sort}")).await?)?;
        assert_eq!(rows.first().map(String::as_str), Some(first), "{sort}: {rows:?}");
        assert!(
            sort.starts_with("jail") || rows[6].starts_with("198") || sort == "ended",
            "{sort}: {rows:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_address_is_said_beside_the_field_unless_a_jail_has_banned_it() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(&bangui, 1, "unixepoch() - 60, 1, 'odd entry', 600, 1, NULL, 0")?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/history?ip=999.1.1.1").await?;
    assert_eq!(
        (page.status, page.attributes("input[name=ip]", "aria-invalid")?),
        (422, vec!["true".to_owned()])
    );
    let said = page.text("#ip-mistake")?;
    assert!(said.starts_with("“999.1.1.1” is neither an address nor a network"), "{said}");
    let page = admin.get("/history?ip=odd+entry").await?;
    assert_eq!((page.status, rows(&page)?), (200, vec!["odd entry".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn times_are_chosen_to_the_minute_and_a_day_in_a_url_is_its_whole() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/history?from=2026-11-01&to=2026-11-02").await?;
    let fields = ["#from", "#to"].map(|field| page.attributes(field, "value").map(|value| value.concat()));
    let [from, to] = fields;
    assert_eq!((from?.as_str(), to?.as_str()), ("2026-11-01T00:00", "2026-11-03T00:00"));
    assert_eq!(page.attributes("#from", "type")?, ["datetime-local"]);
    let labels = page.texts("label[for=from], label[for=to]")?;
    assert!(labels.iter().all(|label| label.contains('(')), "the zone is named: {labels:?}");
    Ok(())
}

#[tokio::test]
async fn more_than_one_look_takes_is_reached_step_by_step() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(&bangui, 50_000, "unixepoch() - i, 1, unhex(printf('%08x', i)), 600, 1, NULL, 1")?;
    add(&bangui, 1, "unixepoch() - 60000, 2, unhex('cb007107'), 600, 1, NULL, 1")?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/history").await?;
    assert_eq!(page.text(".count")?, "1–50 of 10,000 on these pages · 50,001 bans in the last 24 hours");
    let (mut url, mut steps) = ("/history?ended=ran-out&ip=203.0.0.0/8".to_owned(), 0);
    let found = loop {
        let page = admin.get(&url).await?;
        if !rows(&page)?.is_empty() || steps > 9 {
            break rows(&page)?;
        }
        url = page.attributes("#further", "href")?.concat();
        steps += 1;
    };
    assert_eq!(found, ["203.0.113.7"]);
    let sorted = admin.get("/history?sort=country").await?;
    assert!(sorted.text("#sorted-in-part")?.contains("Only the 10,000 bans on these pages"));
    Ok(())
}

#[tokio::test]
async fn the_same_list_is_a_file_for_who_may_read_it_and_no_cell_is_a_formula() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("vera", Role::Viewer).await?;
    add(&bangui, 5_000, "unixepoch() - i, 1, unhex(printf('%08x', i)), 600, 1, NULL, 1")?;
    add(&bangui, 1, "unixepoch() - 9, 2, '@SUM(1), \"x\"', -1, NULL, NULL, 0")?;
    let vera = Visitor::logged_in(bangui.address, "vera").await?;
    let downloads = vera.get("/history").await?.attributes("a[download]", "href")?;
    assert_eq!(downloads, ["/history/csv", "/history/json"]);
    let file = vera.get("/history/csv").await?;
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"bangui-history-"));
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 5_002);
    let odd = lines.iter().find(|line| line.contains("SUM")).ok_or("it is missing")?;
    assert!(odd.contains("\"'=cmd()\",\"'@SUM(1), \"\"x\"\"\",\"unknown\",\"permanent\""), "{odd}");
    let file = vera.get("/history/json?country=unknown&ended=standing").await?;
    assert_eq!(file.header("content-type"), "application/json");
    let bans: Vec<serde_json::Value> = serde_json::from_str(&file.body)?;
    assert_eq!((bans.len(), bans[0]["ended"].as_str()), (1, Some("standing")));
    for file in ["csv", "json"] {
        let none = vera.get(&format!("/history/{file}?ip=177.54")).await?;
        assert_eq!(none.status, 422);
        assert!(none.body.contains("“177.54” is neither an address nor a network"), "{}", none.body);
    }
    for far in ["9999-12-31T23:59", "2200-01-01", "9999-12-31"] {
        let far = vera.get(&format!("/history?from={far}")).await?;
        assert!(
            far.status == 422 && far.body.contains("That date lies too far in the future."),
            "{}",
            far.body
        );
    }
    let none = vera.get("/history/json?jail=none").await?;
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&none.body)?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_gap_in_the_time_that_is_shown_is_a_sentence() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let record = Connection::open(bangui.history())?;
    record.execute("INSERT INTO gaps VALUES (unixepoch() - 7200, unixepoch() - 3600)", [])?;
    let admin = Visitor::admin(bangui.address).await?;
    let gaps = admin.get("/history").await?.texts("[data-gap]")?;
    assert!(gaps.len() == 1 && gaps[0].contains("could not see"), "{gaps:?}");
    let earlier = admin.get("/history?from=2020-01-01&to=2020-02-01").await?;
    assert_eq!(earlier.texts("[data-gap]")?, [""; 0]);
    let source = admin.get("/history").await?.text("#source")?;
    assert!(source.contains("fail2ban does not answer"), "{source}");
    Ok(())
}
