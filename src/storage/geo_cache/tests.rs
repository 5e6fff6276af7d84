//! Tests of what the cache keeps, what it drops, and what is left of it when the program is killed.

use std::error::Error;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::domain::geo::place::NetworkProvider::{IpApi, ReverseDns};
use crate::storage;
use crate::storage::Storage;

use super::*;

type TestResult = std::result::Result<(), Box<dyn Error>>;

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn place(city: &str) -> Place {
    Place {
        country: Country::from_code("DE"),
        region: PlaceName::clean("Hesse"),
        city: PlaceName::clean(city),
        asn: Some(4_294_967_295),
        organisation: PlaceName::clean("Example"),
        ..Place::default()
    }
}

#[tokio::test]
async fn an_answer_is_read_as_it_was_put_and_a_failure_leaves_the_old_answer() -> TestResult {
    let (_directory, storage) = storage::temporary()?;
    let name = Place { reverse_name: PlaceName::clean("host.example"), ..Place::default() };
    let entries = storage
        .call(move |connection| {
            insert(
                connection,
                IpApi,
                100,
                &[(address(1), Ok(place("Kassel"))), (address(2), Err("no".into()))],
                MOST,
            )?;
            insert(connection, ReverseDns, 101, &[(address(1), Ok(name))], MOST)?;
            insert(connection, IpApi, 200, &[(address(1), Err("down".into()))], MOST)?;
            Ok([
                entries_of(connection, address(1))?,
                entries_of(connection, address(2))?,
                entries_of(connection, address(3))?,
            ])
        })
        .await?;
    let [first, second, third] = entries;
    let told = Some((100, place("Kassel")));
    let expected = Entry { provider: IpApi, asked_at: 200, answer: told, failure: Some("down".into()) };
    assert_eq!(first.first(), Some(&expected));
    let named = first.last().and_then(|entry| entry.answer.clone()).ok_or("no name")?;
    assert_eq!(named.1.reverse_name, PlaceName::clean("host.example"));
    assert_eq!(second, [Entry { provider: IpApi, asked_at: 100, answer: None, failure: Some("no".into()) }]);
    assert!(third.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_oldest_go_when_there_are_too_many() -> TestResult {
    let (_directory, storage) = storage::temporary()?;
    let (left, figures) = storage
        .call(|connection| {
            for last in 1..=5 {
                insert(connection, IpApi, i64::from(last), &[(address(last), Ok(place("x")))], 3)?;
            }
            let left: Result<Vec<bool>> =
                (1..=5).map(|last| Ok(!entries_of(connection, address(last))?.is_empty())).collect();
            Ok((left?, figures(connection)?))
        })
        .await?;
    assert_eq!(left, [false, false, true, true, true]);
    assert_eq!((figures.entries, figures.oldest, figures.newest), (3, Some(3), Some(5)));
    assert!(figures.bytes > 0);
    Ok(())
}

#[tokio::test]
async fn failures_are_forgotten_alone_and_everything_when_it_is_emptied() -> TestResult {
    let (_directory, storage) = storage::temporary()?;
    storage
        .call(|connection| {
            insert(
                connection,
                IpApi,
                10,
                &[(address(1), Ok(place("x"))), (address(2), Ok(place("y")))],
                MOST,
            )?;
            insert(connection, IpApi, 20, &[(address(2), Err("down".into()))], MOST)?;
            insert(connection, IpApi, 30, &[(address(3), Err("down".into()))], MOST)?;
            assert_eq!(figures(connection)?.failures, 2);
            insert(connection, ReverseDns, 40, &[(address(4), Err("no name".into()))], MOST)?;
            assert_eq!(forget_failures(connection, IpApi, 1)?, (vec![address(3)], 1), "the latest first");
            assert_eq!(figures(connection)?.failures, 2);
            assert_eq!(forget_failures(connection, IpApi, 1)?, (vec![address(2)], 0));
            assert_eq!(forget_failures(connection, ReverseDns, 9)?, (vec![address(4)], 0));
            assert_eq!((figures(connection)?.failures, figures(connection)?.entries), (0, 2));
            assert_eq!(entries_of(connection, address(2))?.first().map(|entry| entry.asked_at), Some(10));
            assert_eq!((empty(connection)?, empty(connection)?), (2, 0));
            assert_eq!(figures(connection)?.entries, 0);
            Ok(())
        })
        .await?;
    Ok(())
}

/// The database of the process that the next test starts: this program once more.
const DATABASE: &str = "BANGUI_TEST_GEO_CACHE";

fn write_until_killed(path: &Path) -> TestResult {
    let storage = Storage::open(path)?;
    let mut connection = storage.connection.lock().map_err(|_| "poisoned")?;
    for round in 1_u32.. {
        let place = Place { asn: Some(round), ..place(&format!("round {round}")) };
        let outcomes: Vec<Outcome> = (0..100).map(|last| (address(last), Ok(place.clone()))).collect();
        insert(&mut connection, IpApi, i64::from(round), &outcomes, MOST)?;
    }
    Ok(())
}

/// The round that wrote an entry: by its time, number and name.
type Round = (i64, i64, String);

/// The round of each entry.
fn rounds(path: &Path) -> std::result::Result<Vec<Round>, Box<dyn Error>> {
    let connection = Connection::open(path)?;
    let check: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    assert_eq!(check, "ok");
    let mut query = connection.prepare("SELECT answered_at, asn, city FROM geo_cache")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_>>()?)
}

#[test]
fn killed_in_the_middle_of_a_write_it_holds_only_whole_batches() -> TestResult {
    if let Some(path) = std::env::var_os(DATABASE) {
        return write_until_killed(Path::new(&path));
    }
    let own_name = std::thread::current().name().ok_or("a test without a name")?.to_owned();
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("bangui.sqlite3");
    drop(Storage::open(&path)?);
    let mut last = 0;
    for _ in 0..5 {
        let mut writer = Command::new(std::env::current_exe()?)
            .args(["--exact", &own_name])
            .env(DATABASE, &path)
            .stdout(Stdio::null())
            .spawn()?;
        let begin = Instant::now();
        // It begins at round 1 again: what is another number was written by this process.
        while rounds(&path)?.first().is_none_or(|(round, ..)| *round == last) {
            assert!(begin.elapsed() < Duration::from_mins(1), "nothing is written");
        }
        writer.kill()?;
        assert_eq!(writer.wait()?.signal(), Some(9));
        let rounds = rounds(&path)?;
        assert_eq!(rounds.len(), 100);
        last = rounds.first().map_or(0, |(round, ..)| *round);
        let whole = (last, last, format!("round {last}"));
        assert!(rounds.iter().all(|round| *round == whole), "torn: {rounds:?}");
        // And it goes on to be written.
        let storage = Storage::open(&path)?;
        insert(&mut *storage.connection.lock().map_err(|_| "poisoned")?, IpApi, 1, &[], MOST)?;
    }
    Ok(())
}
