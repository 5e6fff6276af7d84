//! Tests of the record on rows that are made up.

use std::error::Error;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::order::Direction;
use crate::domain::geo::origin::Origin;
use crate::domain::history::{Ending, HistoryQuery, HistorySort, RecordedBan};
use crate::domain::jail::Length;
use crate::storage::Storage;

use super::ends::{Gone, Standing};
use super::{NewRecord, ends, insert_from_database, insert_from_list, places, search};

type TestResult = Result<(), Box<dyn Error>>;

/// A ban: its entry, its ending, and who lifted it.
type Told = (String, Ending, Option<String>);

const NOW: i64 = 1_790_000_000;

fn record() -> Result<(tempfile::TempDir, Connection), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("history.sqlite3");
    drop(Storage::open_history(&file)?);
    Ok((directory, Connection::open(&file)?))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

fn entry(text: &str) -> Banned {
    text.parse::<Target>().map_or_else(|_| Banned::from_daemon(text), Banned::Target)
}

fn ban(text: &str, since: i64, seconds: u64) -> NewRecord {
    let (jail, banned) = ("sshd".to_owned(), entry(text));
    NewRecord { jail, banned, since: at(since), length: Some(Length::Seconds(seconds)), count: Some(1) }
}

fn standing(text: &str, since: i64) -> Standing {
    Standing { jail: "sshd".to_owned(), banned: entry(text), since: at(since) }
}

fn all() -> HistoryQuery {
    HistoryQuery { per_page: 100, ..HistoryQuery::newest((0, NOW * 2)) }
}

/// The bans that `query` finds: the entry, the ending, and who lifted it.
fn found(connection: &mut Connection, query: &HistoryQuery) -> Result<Vec<Told>, Box<dyn Error>> {
    let told = |ban: RecordedBan| (ban.banned.to_string(), ban.ending, ban.by);
    Ok(search::page(connection, query)?.bans.into_iter().map(told).collect())
}

fn names(connection: &mut Connection, query: &HistoryQuery) -> Result<Vec<String>, Box<dyn Error>> {
    Ok(found(connection, query)?.into_iter().map(|(name, ..)| name).collect())
}

fn compare(connection: &mut Connection, stands: &[Standing], gone: Gone) -> TestResult {
    ends::begin_to_compare(connection)?;
    ends::stands(connection, stands)?;
    ends::compare(connection, gone)?;
    Ok(())
}

#[test]
fn every_entry_reads_as_it_was_written_and_the_same_row_twice_is_one_ban() -> TestResult {
    let (_directory, mut connection) = record()?;
    let entries = ["203.0.113.7", "203.0.113.0/24", "2001:db8::1", "2001:db8::/32", "not an address"];
    let bans: Vec<NewRecord> = entries.iter().map(|text| ban(text, NOW - 5, 600)).collect();
    assert_eq!(insert_from_database(&connection, &bans, NOW)?, 5);
    assert_eq!(insert_from_database(&connection, &bans, NOW)?, 0);
    let mut read = names(&mut connection, &all())?;
    read.sort();
    let mut expected = entries.map(str::to_owned);
    expected.sort();
    assert_eq!(read, expected);
    for length in [Some(Length::Permanent), Some(Length::PracticallyForever), None] {
        let other = NewRecord { length, ..ban("198.51.100.1", NOW - 9, 0) };
        insert_from_database(&connection, std::slice::from_ref(&other), NOW)?;
        let query = HistoryQuery { entry: Some(entry("198.51.100.1")), ..all() };
        let read = search::page(&mut connection, &query)?.bans.pop().ok_or("no ban")?;
        assert_eq!((read.length, read.ends, read.ending), (length, None, Ending::Standing));
        connection.execute("DELETE FROM bans WHERE since = ?1", [NOW - 9])?;
    }
    Ok(())
}

#[test]
fn a_ban_runs_out_or_is_lifted_by_somebody_or_by_an_account() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans =
        [ban("192.0.2.1", NOW - 100, 50), ban("192.0.2.2", NOW - 100, 600), ban("192.0.2.3", NOW - 100, 600)];
    insert_from_database(&connection, &bans, NOW)?;
    insert_from_database(&connection, &[ban("192.0.2.4", NOW - 10, 600)], NOW)?;
    assert_eq!(
        ends::lifted(&mut connection, "sshd", &[entry("192.0.2.3"), entry("192.0.2.9")], Some("ann"), NOW)?,
        1
    );
    compare(&mut connection, &[standing("192.0.2.4", NOW - 10)], Gone::Lifted { now: NOW })?;
    let told = |entry: &str, ending, by: Option<&str>| (entry.to_owned(), ending, by.map(str::to_owned));
    let expected = [
        told("192.0.2.4", Ending::Standing, None),
        told("192.0.2.3", Ending::Lifted, Some("ann")),
        told("192.0.2.2", Ending::Lifted, None),
        told("192.0.2.1", Ending::RanOut, None),
    ];
    assert_eq!(found(&mut connection, &all())?, expected);
    assert_eq!(ends::run_out(&connection, NOW + 589)?, 0);
    assert_eq!(ends::run_out(&connection, NOW + 590)?, 1);
    for (ending, number) in
        [(Ending::Standing, 0), (Ending::RanOut, 2), (Ending::Lifted, 2), (Ending::Unknown, 0)]
    {
        let query = HistoryQuery { ending: Some(ending), ..all() };
        assert_eq!(search::page(&mut connection, &query)?.matching, number, "{ending}");
    }
    Ok(())
}

#[test]
fn an_account_that_lifted_a_ban_is_named_even_if_it_was_missed_before() -> TestResult {
    let (_directory, mut connection) = record()?;
    insert_from_database(&connection, &[ban("192.0.2.1", NOW - 100, 600)], NOW)?;
    compare(&mut connection, &[], Gone::Lifted { now: NOW })?;
    ends::lifted(&mut connection, "sshd", &[entry("192.0.2.1")], Some("ann"), NOW + 1)?;
    assert_eq!(found(&mut connection, &all())?[0].2.as_deref(), Some("ann"));
    ends::lifted(&mut connection, "sshd", &[entry("192.0.2.1")], Some("bob"), NOW + 2)?;
    assert_eq!(found(&mut connection, &all())?[0].2.as_deref(), Some("ann"), "the first one did it");
    Ok(())
}

#[test]
fn whoever_is_banned_anew_was_free_before() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans = [ban("192.0.2.1", NOW - 900, 600), ban("192.0.2.2", NOW - 900, 9_000)];
    insert_from_database(&connection, &bans, NOW - 880)?;
    let again = [standing("192.0.2.1", NOW - 100), standing("192.0.2.2", NOW - 100)];
    compare(&mut connection, &again, Gone::Meanwhile { purged: NOW - 86_400, now: NOW })?;
    let page = search::page(&mut connection, &all())?;
    let ends = page.bans.iter().map(|ban| (ban.ending, ban.ends.map(Timestamp::as_second)));
    let expected = [(Ending::Lifted, Some(NOW - 100)), (Ending::RanOut, Some(NOW - 300))];
    assert_eq!(ends.collect::<Vec<_>>(), expected);
    Ok(())
}

#[test]
fn what_was_missed_is_lifted_only_where_fail2ban_cannot_have_forgotten_it() -> TestResult {
    let (_directory, mut connection) = record()?;
    let bans = [
        ban("192.0.2.1", NOW - 5_000, 2_000),
        ban("192.0.2.2", NOW - 3_000, 2_000),
        ban("192.0.2.3", NOW - 5_000, 9_000),
        ban("192.0.2.4", NOW - 5_000, 2_000),
    ];
    insert_from_database(&connection, &bans, NOW - 4_900)?;
    compare(
        &mut connection,
        &[standing("192.0.2.4", NOW - 5_000)],
        Gone::Meanwhile { purged: NOW - 4_000, now: NOW },
    )?;
    ends::run_out(&connection, NOW)?;
    let page = search::page(
        &mut connection,
        &HistoryQuery { sort: HistorySort::Ip, direction: Direction::Ascending, ..all() },
    )?;
    let endings: Vec<Ending> = page.bans.iter().map(|ban| ban.ending).collect();
    assert_eq!(endings, [Ending::Unknown, Ending::Lifted, Ending::Lifted, Ending::RanOut]);
    assert_eq!(page.bans[1].ends, None, "when is not known");
    Ok(())
}

#[test]
fn a_list_tells_the_second_before_and_its_ban_is_the_same() -> TestResult {
    let (_directory, mut connection) = record()?;
    let of_list = |since| NewRecord { count: None, ..ban("192.0.2.1", since, 600) };
    assert_eq!(insert_from_list(&connection, &[of_list(NOW - 11)])?, 1);
    assert_eq!(insert_from_list(&connection, &[of_list(NOW - 11)])?, 0);
    ends::lifted(&mut connection, "sshd", &[entry("192.0.2.1")], Some("ann"), NOW)?;
    assert_eq!(insert_from_database(&connection, &[ban("192.0.2.1", NOW - 10, 600)], NOW)?, 1);
    let page = search::page(&mut connection, &all())?;
    let told: Vec<_> = page.bans.iter().map(|ban| (ban.count, ban.ending, ban.by.as_deref())).collect();
    assert_eq!(told, [(Some(1), Ending::Lifted, Some("ann"))]);
    assert_eq!(insert_from_list(&connection, &[of_list(NOW - 11)])?, 0);
    assert_eq!(insert_from_list(&connection, &[of_list(NOW - 13)])?, 1);
    Ok(())
}

#[test]
fn the_lists_of_some_jails_say_nothing_of_the_others() -> TestResult {
    let (_directory, mut connection) = record()?;
    let other = NewRecord { jail: "mail".to_owned(), ..ban("192.0.2.2", NOW - 10, 600) };
    insert_from_list(&connection, &[ban("192.0.2.1", NOW - 10, 600), other])?;
    ends::begin_to_compare(&connection)?;
    ends::is_asked(&connection, "sshd")?;
    ends::compare(&connection, Gone::Lifted { now: NOW })?;
    let endings = found(
        &mut connection,
        &HistoryQuery { sort: HistorySort::Ip, direction: Direction::Ascending, ..all() },
    )?;
    assert_eq!(
        endings.iter().map(|(_, ending, _)| *ending).collect::<Vec<_>>(),
        [Ending::Lifted, Ending::Standing]
    );
    Ok(())
}

#[test]
fn gaps_are_those_of_the_time_that_is_asked_for() -> TestResult {
    let (_directory, connection) = record()?;
    assert_eq!(places::looked(&connection)?, None);
    places::set_looked(&connection, NOW, Some((NOW - 500, NOW - 100)))?;
    places::set_looked(&connection, NOW, Some((NOW - 500, NOW - 200)))?;
    assert_eq!(places::looked(&connection)?, Some(NOW));
    let gaps = |since, until| places::gaps(&connection, (since, until), 9).map(|gaps| gaps.len());
    assert_eq!((gaps(NOW - 300, NOW)?, gaps(NOW - 100, NOW)?, gaps(0, NOW - 500)?), (1, 0, 0));
    assert_eq!(places::gaps(&connection, (0, NOW), 9)?[0].until, at(NOW - 100));
    Ok(())
}

#[test]
fn marks_are_few_and_none_stands_behind_the_last() -> TestResult {
    let (_directory, connection) = record()?;
    let mark =
        |row| places::Mark { row, jail: "sshd".to_owned(), banned: entry("192.0.2.1"), since: at(NOW) };
    for row in 1..=100 {
        places::mark(&connection, &mark(row))?;
    }
    assert_eq!(places::marks(&connection)?.len(), 64);
    places::mark(&connection, &mark(90))?;
    assert_eq!(places::marks(&connection)?.first(), Some(&mark(90)));
    Ok(())
}

mod dashboard;
mod kept;
mod reading;
mod sums;
