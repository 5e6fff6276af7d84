//! The sums that are kept beside the bans.

use super::*;
use crate::storage::history::retention;

#[test]
fn hours_count_what_is_there() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans: Vec<NewRecord> = (0..50).map(|number| ban("192.0.2.1", NOW - number * 600, 9)).collect();
    insert_from_database(&connection, &bans, NOW)?;
    let counted = |connection: &Connection| -> rusqlite::Result<(i64, i64)> {
        connection.query_row("SELECT (SELECT sum(bans) FROM hours), count(*) FROM bans", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    };
    assert_eq!(counted(&connection)?, (50, 50));
    assert_eq!(retention::delete_before(&mut connection, NOW - 40 * 600, 100)?, 9);
    assert_eq!(counted(&connection)?, (41, 41));
    for since in [NOW - 20_000, NOW - 7_200, NOW - 100] {
        let query = HistoryQuery { between: (since, NOW + 1), ..all() };
        let page = search::page(&mut connection, &query)?;
        assert_eq!(page.all, page.matching as u64);
    }
    assert_eq!(retention::delete_before(&mut connection, i64::MAX, 100)?, 41);
    assert_eq!(connection.query_row("SELECT count(*) FROM hours", [], |row| row.get::<_, i64>(0))?, 0);
    Ok(())
}

#[test]
fn the_sums_by_hour_and_day_are_those_of_the_bans_after_each_change() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans: Vec<NewRecord> = (0..200)
        .map(|i| NewRecord {
            jail: format!("jail-{}", i % 3),
            ..ban(&format!("{}.0.113.7", i % 90 + 1), NOW - i * 7_000, 600)
        })
        .collect();
    insert_from_database(&connection, &bans, NOW)?;
    insert_from_database(&connection, &bans, NOW)?;
    retention::delete_before(&mut connection, NOW - 100 * 7_000, 1_000)?;
    for (sums, all) in [
        ("SELECT hour, jail, bans FROM hours", "SELECT since / 3600, jail, count(*) FROM bans GROUP BY 1, 2"),
        (
            "SELECT jail, day, origin, bans FROM days WHERE origin <> '*' AND jail <> 0",
            "SELECT jail, since / 86400, coalesce(origin, ''), count(*) FROM bans GROUP BY 1, 2, 3",
        ),
        (
            "SELECT day, origin, bans FROM days WHERE jail = 0",
            "SELECT since / 86400, coalesce(origin, ''), count(*) FROM bans GROUP BY 1, 2",
        ),
        (
            "SELECT jail, day, bans FROM days WHERE origin = '*'",
            "SELECT jail, since / 86400, count(*) FROM bans GROUP BY 1, 2",
        ),
    ] {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        assert!(number(&format!("SELECT count(*) FROM ({sums})"))? > 10, "{sums}");
        assert_eq!(number(&format!("SELECT count(*) FROM ({sums} EXCEPT {all})"))?, 0, "{sums}");
        assert_eq!(number(&format!("SELECT count(*) FROM ({all} EXCEPT {sums})"))?, 0, "{sums}");
    }
    Ok(())
}
