//! Tests of the bans that BanGUI keeps until an end of their own.

use jiff::Timestamp;

use crate::domain::history::Ending;
use crate::domain::jail::Length;

use super::super::ends::Gone;
use super::super::kept::{Kept, set};
use super::super::{ends, insert_from_database, insert_from_list, search};
use super::{NOW, TestResult, all, at, ban, compare, entry, found, record, standing};

fn kept(text: &str, since: i64, until: Option<i64>) -> Kept {
    Kept { jail: "sshd".to_owned(), banned: entry(text), since: at(since), until: until.map(at) }
}

#[test]
fn a_ban_that_fail2ban_lost_and_bangui_made_again_is_one_that_goes_on() -> TestResult {
    let (_directory, mut connection) = record()?;
    insert_from_database(&connection, &[ban("192.0.2.1", NOW - 9000, 60)], NOW - 8990)?;
    insert_from_database(&connection, &[ban("192.0.2.1", NOW - 700, 600)], NOW - 690)?;
    ends::run_out(&connection, NOW - 680)?;
    set(&mut connection, &[kept("192.0.2.1", NOW - 700, Some(NOW + 9300))])?;
    compare(&mut connection, &[], Gone::Lifted { now: NOW })?;
    ends::run_out(&connection, NOW)?;
    // Its row counts as one of those that are there.
    assert_eq!(insert_from_database(&connection, &[ban("192.0.2.1", NOW, 600)], NOW)?, 1);
    assert_eq!(insert_from_list(&connection, &[ban("192.0.2.1", NOW, 600)])?, 0);
    compare(&mut connection, &[standing("192.0.2.1", NOW)], Gone::Lifted { now: NOW })?;
    let bans = search::page(&mut connection, &all())?.bans;
    let told = bans.iter().map(|ban| (ban.ending, ban.length, ban.ends.map(Timestamp::as_second)));
    let expected = [
        (Ending::Standing, Some(Length::Seconds(10_000)), Some(NOW + 9300)),
        (Ending::RanOut, Some(Length::Seconds(60)), Some(NOW - 8940)),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected, "what was over before is another one");
    set(&mut connection, &[kept("192.0.2.1", NOW - 700, None)])?;
    assert_eq!(
        search::page(&mut connection, &all())?.bans.first().and_then(|ban| ban.length),
        Some(Length::Permanent)
    );
    set(&mut connection, &[])?;
    compare(&mut connection, &[], Gone::Lifted { now: NOW + 9 })?;
    assert_eq!(
        found(&mut connection, &all())?.first().map(|told| told.1),
        Some(Ending::Lifted),
        "it is kept no longer"
    );
    Ok(())
}

#[test]
fn its_own_end_is_recorded_and_it_stands_until_bangui_lifts_it() -> TestResult {
    let (_directory, mut connection) = record()?;
    set(&mut connection, &[kept("192.0.2.1", NOW - 100, Some(NOW))])?;
    insert_from_database(&connection, &[ban("192.0.2.1", NOW - 99, 600)], NOW - 98)?;
    ends::run_out(&connection, NOW + 1)?;
    assert_eq!(found(&mut connection, &all())?.first().map(|told| told.1), Some(Ending::Standing));
    ends::lifted(&mut connection, "sshd", &[entry("192.0.2.1")], Some("BanGUI"), NOW + 2)?;
    let bans = search::page(&mut connection, &all())?.bans;
    let told = bans.first().map(|ban| (ban.ending, ban.length, ban.ends.map(Timestamp::as_second)));
    assert_eq!(told, Some((Ending::Lifted, Some(Length::Seconds(100)), Some(NOW + 2))));
    Ok(())
}

#[test]
fn no_ban_ends_before_it_began() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|entry| ban(entry, NOW + 1, 600));
    insert_from_database(&connection, &bans, NOW)?;
    ends::lifted(&mut connection, "sshd", &[entry("192.0.2.1")], Some("ann"), NOW)?;
    compare(&mut connection, &[standing("192.0.2.3", NOW - 9)], Gone::Lifted { now: NOW })?;
    let ends = search::page(&mut connection, &all())?.bans.into_iter().map(|ban| ban.ends);
    assert_eq!(ends.collect::<Vec<_>>(), [Some(at(NOW + 1)); 3]);
    Ok(())
}
