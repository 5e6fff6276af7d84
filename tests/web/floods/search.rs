//! An audit of 600,000 rows, and many who search it at once.

use std::time::Instant;

use futures_util::future::try_join_all;
use rusqlite::Connection;

use crate::support::TestResult;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::Visitor;
use crate::web::audit::rows;

const ROWS: i64 = 600_000;

#[tokio::test]
async fn one_search_looks_at_a_part_of_600_000_rows_and_holds_nobody_up() -> TestResult {
    let site = Site::without_daemon().await?;
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO audit (account, address, action, jail, target, outcome, status, words)
        SELECT 'viewer', '192.0.2.1', 'choose colours', 'sshd', iif(i = 1, 'needle ', '') || hex(zeroblob(60)),
        'done', 303, hex(zeroblob(30)) FROM n";
    Connection::open(site.database())?.execute(fill, [ROWS])?;
    let admin = Visitor::admin(site.address).await?;
    let begin = Instant::now();
    let mut page = admin.get("/audit?show=all&fold=no&q=needle").await?;
    println!("one search: {:?}", begin.elapsed());
    let mut windows = 1;
    while rows(&page)?.is_empty() {
        assert!(page.text("nav")?.contains("Searched back to"), "{}", page.body);
        let older = page.attributes(".pages a[rel=next]", "href")?.concat();
        page = admin.get(&older).await?;
        windows += 1;
    }
    assert_eq!(windows, 13, "600,002 rows, 50,000 at a time");
    assert!(rows(&page)?[0]["target"].contains("needle"));

    let begin = Instant::now();
    let searches = try_join_all((0..6).map(|_| admin.get("/audit?show=all&fold=no&q=nothing-has-this")));
    let others = async {
        let stranger = Visitor::stranger(site.address).await?;
        let form = begin.elapsed();
        assert_eq!(stranger.log_in(NAME, PASSWORD, "/").await?.status, 303);
        println!("meanwhile: login form after {form:?}, logged in after {:?}", begin.elapsed());
        Ok(())
    };
    let (pages, ()) = tokio::try_join!(searches, others)?;
    println!("six searches: {:?}", begin.elapsed());
    assert!(pages.iter().all(|page| page.status == 200));
    Ok(())
}
