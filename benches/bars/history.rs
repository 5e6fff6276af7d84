//! The dashboard and pages of a record with bans over a year, and what a ban takes in it.

use std::fs;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row};

const BANS: u64 = 10_000_000;
/// The size of a smaller record.
const FEWER: u64 = 1_000_000;
/// Views of each page.
const VIEWS: usize = 20;

/// Every kind of page: newest, deep, by jail, country, ending and network, in another order, and with nothing to find.
const PAGES: &[&str] = &[
    "/history?time=365d",
    "/history?time=365d&page=400",
    "/history?time=365d&sort=banned&dir=asc",
    "/history?time=365d&jail=jail-3",
    "/history?time=365d&country=DE",
    "/history?time=365d&ended=lifted",
    "/history?time=365d&ended=standing",
    "/history?time=365d&ended=ran-out&jail=jail-3&country=DE",
    "/history?time=365d&ip=203.0.0.0/8",
    "/history?time=365d&ip=203.0.113.7",
    "/history?time=365d&ended=unknown&jail=jail-3",
    "/history?time=30d&sort=ip",
    "/history?time=7d&sort=country&page=9",
];

/// Each time of the dashboard, and each way to narrow it.
const DASHBOARDS: &[&str] = &[
    "/",
    "/?time=7d",
    "/?time=30d",
    "/?time=365d",
    "/?time=7d&country=DE",
    "/?time=30d&country=DE",
    "/?time=365d&country=DE",
    "/?time=365d&jail=jail-3",
    "/?time=30d&country=DE&jail=jail-3",
];

/// The cases.
pub fn pages() -> Res<Vec<Row>> {
    let mut rows = Vec::new();
    for (bans, name, limit) in [(FEWER, "1,000,000", 20.0), (BANS, "10,000,000", 50.0)] {
        let nowhere = Path::new("/no/such/fail2ban.sock");
        let site = Site::start(nowhere, Path::new("/no/such/configuration"))?;
        let file = site.directory().join("bangui-history.sqlite3");
        let begin = Instant::now();
        fill(&file, bans)?;
        eprintln!("{name} bans recorded within {:.0} s", begin.elapsed().as_secs_f64());
        let (measured, most) = slowest(&site, DASHBOARDS, "id=\"chart\"")?;
        let title = format!("the dashboard with {name} bans");
        rows.push(Row::new(title, &format!("{limit} ms"), measured, Some(most <= limit)));
        if bans == BANS {
            let (measured, most) = slowest(&site, PAGES, "id=\"history\"")?;
            rows.push(Row::new(
                "any page of `/history` with 10,000,000 bans",
                "50 ms",
                measured,
                Some(most <= 50.0),
            ));
            let bytes = fs::metadata(&file)?.len() / BANS;
            let title = "a recorded ban, with its indexes and sums";
            rows.push(Row::new(title, "120 bytes", format!("{bytes} bytes"), Some(bytes <= 120)));
        }
    }
    Ok(rows)
}

/// Views each page several times. Returns the slowest and the middle in words, and the slowest in milliseconds.
fn slowest(site: &Site, pages: &'static [&'static str], mark: &str) -> Res<(String, f64)> {
    let mut browser = site.browser()?;
    let (mut slowest, mut all) = (("", 0.0), Figures::default());
    for path in pages {
        let mut times = Figures::default();
        for _ in 0..VIEWS {
            let answer = browser.get(path)?;
            if !answer.has(mark) {
                return Err(format!("{path} does not show the record").into());
            }
            times.add_time(answer.time);
        }
        if times.most() > slowest.1 {
            slowest = (path, times.most());
        }
        all.append(&mut times);
    }
    Ok((
        format!("{:.1} ms at most ({}), {:.1} ms in the middle", slowest.1, slowest.0, all.median()),
        slowest.1,
    ))
}

/// Records bans evenly over a year, one in twenty of an IPv6 address.
fn fill(file: &Path, bans: u64) -> Res {
    let record = Connection::open(file)?;
    record.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
         INSERT INTO jails SELECT i, 'jail-' || i FROM n;",
    )?;
    let sql = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
        INSERT OR IGNORE INTO bans (since, jail, address, length, count, origin, how, ended)
        SELECT unixepoch() - 31536000 + i * 31536000 / ?1, 1 + i % 10, randomblob(iif(i % 20, 4, 16)), 3600, 1 + i % 5,
               CASE i % 7 WHEN 0 THEN 'DE' WHEN 1 THEN 'US' WHEN 2 THEN 'CN' WHEN 3 THEN NULL ELSE 'BR' END,
               CASE WHEN i > ?1 - 20000 THEN 0 WHEN i % 50 THEN 1 ELSE 2 END,
               iif(i % 50, NULL, unixepoch() - 31536000 + i * 31536000 / ?1 + 60)
        FROM n";
    record.execute(sql, [bans])?;
    Ok(())
}
