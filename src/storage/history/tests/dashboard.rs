//! The figures of the dashboard.

use super::*;
use crate::domain::overview::OverviewQuery;
use crate::storage::history::overview;

#[test]
fn a_jail_and_a_country_together_show_their_latest_bans_behind_newer_ones_of_others() -> TestResult {
    let (_directory, mut connection) = record()?;
    // 1.0.0.0/24 is Australia's, 192.0.2.0/24 nobody's.
    let others = (0..50).map(|i| ban(&format!("192.0.2.{i}"), NOW - i, 600));
    let wanted = (0..12).map(|i| ban(&format!("1.0.0.{}", 4 + i % 6), NOW - 1_000 - i, 600));
    insert_from_database(&connection, &others.chain(wanted).collect::<Vec<_>>(), NOW)?;
    let query = OverviewQuery {
        edges: vec![NOW - 7_200, NOW + 1],
        jail: Some("sshd".to_owned()),
        origin: Origin::from_slug("AU"),
        bar: None,
        wants_addresses: true,
        today: (NOW - 3_600, NOW),
        yesterday: (NOW - 90_000, NOW - 86_400),
        weekdays: Vec::new(),
    };
    assert!(query.origin.is_some());
    let told = overview::read(&mut connection, &query)?;
    let latest: Vec<String> = told.latest.iter().map(|ban| ban.banned.to_string()).collect();
    assert_eq!(latest.len(), 8, "{latest:?}");
    assert!(latest.iter().all(|banned| banned.starts_with("1.0.0.")), "{latest:?}");
    assert_eq!(told.addresses.len(), 12, "{:?}", told.addresses);
    assert_eq!(told.returning.len(), 6, "{:?}", told.returning);
    Ok(())
}

#[test]
fn who_came_back_is_counted_in_all_of_the_time_and_of_it_alone() -> TestResult {
    let (_directory, mut connection) = record()?;
    let newest = (0..2).map(|i| ban("198.51.100.1", NOW - i, 600));
    // Behind so many others that they are not looked at.
    let others = (0..5_000).map(|i| ban(&format!("10.0.{}.{}", i / 250, i % 250), NOW - 100 - i, 600));
    let older = (0..3).map(|i| ban("198.51.100.1", NOW - 6_000 - i, 600));
    let before = (0..4).map(|i| ban("198.51.100.1", NOW - 9_000 - i, 600));
    let elsewhere = NewRecord { jail: "web".to_owned(), ..ban("198.51.100.1", NOW - 6_500, 600) };
    let bans: Vec<_> = newest.chain(others).chain(older).chain(before).chain([elsewhere]).collect();
    insert_from_database(&connection, &bans, NOW)?;
    let query = |jail: Option<&str>| OverviewQuery {
        edges: vec![NOW - 7_200, NOW + 1],
        jail: jail.map(str::to_owned),
        origin: None,
        bar: None,
        wants_addresses: false,
        today: (NOW - 3_600, NOW),
        yesterday: (NOW - 90_000, NOW - 86_400),
        weekdays: Vec::new(),
    };
    for (jail, bans, jails) in [(None, 6, 2), (Some("sshd"), 5, 1)] {
        let told = overview::read(&mut connection, &query(jail))?;
        let counted: Vec<_> =
            told.returning.iter().map(|own| (own.banned.to_string(), own.bans, own.jails)).collect();
        assert_eq!(counted, [("198.51.100.1".to_owned(), bans, jails)], "{jail:?}");
    }
    Ok(())
}
