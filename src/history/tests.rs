//! Tests of what the record makes of the lists of jails, and of what it keeps.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::address::Banned;
use crate::domain::ban::Ban;
use crate::domain::ban::order::Direction;
use crate::domain::clock::Clock;
use crate::domain::history::{Ending, HistoryLimits, HistoryPage, HistoryQuery, HistorySort};
use crate::domain::jail::Length;
use crate::domain::lookup::NoHistory;
use crate::storage::history::{NewRecord, insert_from_database, places};

use super::{Absent, History, HistoryError, JailList, Source};

type TestResult = Result<(), Box<dyn Error>>;

fn opened(limits: HistoryLimits) -> Result<(tempfile::TempDir, History, Clock), Box<dyn Error>> {
    let (directory, clock) = (tempfile::tempdir()?, Clock::default());
    let history = History::open(&directory.path().join("bangui.sqlite3"), clock.clone(), limits);
    Ok((directory, history, clock))
}

fn list(bans: &[(&str, i64)], started: i64) -> Result<JailList, Box<dyn Error>> {
    let ban = |(entry, ago): &(&str, i64)| {
        let since = Timestamp::from_second(Timestamp::now().as_second() - ago)?;
        Ok(Ban { banned: Banned::from_daemon(entry), since, length: Length::Seconds(600) })
    };
    let bans = bans.iter().map(ban).collect::<Result<_, jiff::Error>>()?;
    Ok(JailList { jail: "sshd".parse()?, bans, started: Some(Timestamp::from_second(started)?) })
}

async fn all(history: &History) -> Result<HistoryPage, HistoryError> {
    let query = HistoryQuery {
        between: (0, i64::from(u32::MAX)),
        jail: None,
        origin: None,
        entry: None,
        ending: None,
        sort: HistorySort::Ip,
        direction: Direction::Ascending,
        at: None,
        page: 1,
        per_page: 100,
    };
    history.page(query).await
}

async fn endings(history: &History) -> Result<Vec<Ending>, HistoryError> {
    Ok(all(history).await?.bans.into_iter().map(|ban| ban.ending).collect())
}

const LIMITS: HistoryLimits = HistoryLimits { days: 30, megabytes: 1 };

#[tokio::test]
async fn bans_that_are_gone_from_a_list_were_lifted_unless_fail2ban_was_restarted() -> TestResult {
    let (_directory, history, _) = opened(LIMITS)?;
    let both = [("192.0.2.1", 100), ("192.0.2.2", 100)];
    history.note_lists(vec![list(&both, 7)?], NoHistory::SwitchedOff).await?;
    history.note_lists(vec![list(&both, 7)?], NoHistory::SwitchedOff).await?;
    assert_eq!(endings(&history).await?, [Ending::Standing; 2]);
    history.note_lists(vec![list(&both[1..], 7)?], NoHistory::SwitchedOff).await?;
    assert_eq!(endings(&history).await?, [Ending::Lifted, Ending::Standing]);
    history.note_lists(vec![list(&[], 8)?], NoHistory::SwitchedOff).await?;
    assert_eq!(endings(&history).await?, [Ending::Lifted, Ending::Unknown]);
    assert_eq!(history.progress().source, Some(Source::Lists(NoHistory::SwitchedOff)));
    Ok(())
}

#[tokio::test]
async fn the_time_without_a_list_is_a_gap() -> TestResult {
    let (_directory, history, _) = opened(LIMITS)?;
    history.note_lists(vec![list(&[], 7)?], NoHistory::SwitchedOff).await?;
    assert_eq!(all(&history).await?.gaps, [], "nothing was known before the record began");
    let before = Timestamp::now().as_second() - 1_000;
    history.store()?.call(move |connection| places::set_looked(connection, before, None)).await?;
    history.note_lists(vec![list(&[], 7)?], NoHistory::SwitchedOff).await?;
    let gaps = all(&history).await?.gaps;
    assert_eq!(gaps.iter().map(|gap| gap.since.as_second()).collect::<Vec<_>>(), [before]);
    Ok(())
}

#[tokio::test]
async fn what_is_too_old_goes_and_of_what_is_too_much_the_oldest() -> TestResult {
    let (_directory, history, clock) = opened(LIMITS)?;
    let now = clock.now();
    let fill = move |connection: &mut rusqlite::Connection| {
        let writing = connection.transaction()?;
        let bans: Vec<NewRecord> = (0..30_000_u32)
            .rev()
            .map(|number| NewRecord {
                jail: "sshd".to_owned(),
                banned: Banned::Target(std::net::IpAddr::from(number.to_be_bytes()).into()),
                since: Timestamp::from_second(now - i64::from(number) * 100).unwrap_or(Timestamp::MIN),
                length: Some(Length::Seconds(600)),
                count: Some(1),
            })
            .collect();
        insert_from_database(&writing, &bans, now)?;
        writing.commit()
    };
    history.store()?.call(fill).await?;
    assert!(history.sweep().await? > 10_000);
    let left = all(&history).await?;
    assert!((5_000..25_920).contains(&left.all), "{}", left.all);
    assert_eq!(left.bans[0].banned, Banned::from_daemon("0.0.0.0"), "the newest is there");
    assert_eq!(history.sweep().await?, 0);
    clock.pass(Duration::from_hours(31 * 24));
    history.sweep().await?;
    assert_eq!(all(&history).await?.all, 0);
    Ok(())
}

#[tokio::test]
async fn a_record_that_is_off_or_cannot_be_opened_takes_nothing() -> TestResult {
    let (directory, off, _) = opened(HistoryLimits { days: 0, megabytes: 1 })?;
    assert_eq!(off.absent(), Some(Absent::SwitchedOff));
    assert!(matches!(all(&off).await, Err(HistoryError::Absent(Absent::SwitchedOff))));
    let file = directory.path().join("bangui-history.sqlite3");
    assert!(!file.exists());
    std::fs::write(&file, "no database")?;
    let broken = History::open(&directory.path().join("bangui.sqlite3"), Clock::default(), LIMITS);
    assert_eq!(broken.absent(), Some(Absent::Unopened));
    broken.lifted(&"sshd".parse()?, &[Banned::from_daemon("192.0.2.1")], Some("ann")).await;
    Ok(())
}
