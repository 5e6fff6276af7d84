//! Tests of filters, windows and pages.

use super::*;

#[test]
fn a_filter_finds_what_it_names_and_nothing_else() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans = ["203.0.113.7", "203.0.113.0/25", "203.0.114.7", "cb00:7107::1", "text"];
    let bans: Vec<NewRecord> =
        (0..).zip(bans).map(|(number, text)| ban(text, NOW - 100 - number, 600)).collect();
    insert_from_database(&connection, &bans, NOW)?;
    let mail = NewRecord { jail: "mail".to_owned(), ..ban("8.8.8.8", NOW - 50, 600) };
    insert_from_database(&connection, &[mail], NOW)?;
    let of_entry = |text: &str| HistoryQuery { entry: Some(entry(text)), ..all() };
    assert_eq!(names(&mut connection, &of_entry("203.0.113.7"))?, ["203.0.113.7"]);
    assert_eq!(names(&mut connection, &of_entry("203.0.113.0/24"))?, ["203.0.113.7", "203.0.113.0/25"]);
    assert_eq!(names(&mut connection, &of_entry("203.0.113.0/26"))?, ["203.0.113.7", "203.0.113.0/25"]);
    assert_eq!(names(&mut connection, &of_entry("text"))?, ["text"]);
    let of_jail = |jail: &str| HistoryQuery { jail: Some(jail.to_owned()), ..all() };
    assert_eq!(names(&mut connection, &of_jail("mail"))?, ["8.8.8.8"]);
    assert_eq!(names(&mut connection, &of_jail("none"))?, [""; 0]);
    assert_eq!(search::page(&mut connection, &of_jail("mail"))?.all, 1);
    let of_origin = |slug| HistoryQuery { origin: Origin::from_slug(slug), ..all() };
    assert_eq!(names(&mut connection, &of_origin("US"))?, ["8.8.8.8"]);
    assert!(names(&mut connection, &of_origin("unknown"))?.contains(&"text".to_owned()));
    let time = HistoryQuery { between: (NOW - 101, NOW - 50), ..all() };
    assert_eq!(names(&mut connection, &time)?, ["203.0.113.7", "203.0.113.0/25"]);
    assert_eq!(search::page(&mut connection, &time)?.all, 2);
    Ok(())
}

#[test]
fn windows_follow_one_another_without_a_gap_in_both_directions() -> TestResult {
    let (_directory, mut connection) = record()?;
    // Seven in each second, so that no window ends where it would.
    let bans: Vec<NewRecord> =
        (0..70).map(|number| ban(&format!("192.0.2.{number}"), NOW - 1_000 + number / 7, 9_000)).collect();
    insert_from_database(&connection, &bans, NOW)?;
    for direction in [Direction::Ascending, Direction::Descending] {
        for size in [3, 7, 10, 69, 70] {
            let (mut at, mut seen, mut windows) = (None, Vec::new(), 0);
            loop {
                let query = HistoryQuery { direction, at, ..all() };
                let page = search::page_of(&mut connection, &query, size)?;
                assert_eq!((page.all, page.matching), (70, page.bans.len()));
                seen.extend(page.bans.into_iter().map(|ban| ban.banned.to_string()));
                windows += 1;
                match page.next {
                    Some(next) => at = Some(next),
                    None => break,
                }
            }
            assert_eq!(seen.len(), 70, "{direction} {size}");
            assert!(windows > 1 || size == 70, "{direction} {size}");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 70, "{direction} {size}");
        }
    }
    Ok(())
}

#[test]
fn pages_are_cut_and_sorted() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans: Vec<NewRecord> =
        (1..=9).map(|number| ban(&format!("192.0.2.{number}"), NOW - number * 10, 600)).collect();
    insert_from_database(&connection, &bans, NOW)?;
    let page = |page, sort, direction| HistoryQuery { page, per_page: 4, sort, direction, ..all() };
    let newest = page(2, HistorySort::Banned, Direction::Descending);
    assert_eq!(names(&mut connection, &newest)?, ["192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8"]);
    let by_address = page(3, HistorySort::Ip, Direction::Descending);
    assert_eq!(names(&mut connection, &by_address)?, ["192.0.2.1"]);
    let beyond = search::page(&mut connection, &page(9, HistorySort::Expires, Direction::Ascending))?;
    assert_eq!((beyond.page, beyond.pages, beyond.matching), (3, 3, 9));
    assert_eq!(beyond.bans[0].banned, entry("192.0.2.1"));
    Ok(())
}
