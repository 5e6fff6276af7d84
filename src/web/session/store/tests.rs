//! Tests of which sessions are valid and which are not.

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use actix_session::storage::{SessionKey, SessionStore};
use actix_web::cookie::time::Duration;

use super::{ACCOUNT_ID, BEGAN, LOGIN, NUMBER, REMEMBERED, SqliteSessionStore};
use crate::accounts::Sessions;
use crate::domain::account::{AccountId, ChosenBy, Role};
use crate::domain::clock::Clock;
use crate::domain::session::{Device, OwnSession, SessionLimits, SessionNumber};
use crate::storage::sessions::Login;
use crate::storage::{Storage, accounts, temporary};

pub(crate) mod login;
pub(crate) mod logout;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;
type State = HashMap<String, String>;

const DAY: Duration = Duration::days(1);
const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);
const LIMITS: SessionLimits = SessionLimits {
    idle: std::time::Duration::from_mins(30),
    absolute: std::time::Duration::from_hours(12),
    remembered: std::time::Duration::from_hours(30 * 24),
    remembered_idle: std::time::Duration::from_hours(14 * 24),
};

/// A database, its sessions, and the store of them.
struct Place {
    _directory: tempfile::TempDir,
    storage: Storage,
    sessions: Sessions,
    store: SqliteSessionStore,
}

fn store() -> Result<(tempfile::TempDir, Storage, SqliteSessionStore)> {
    let Place { _directory: directory, storage, store, .. } = place()?;
    Ok((directory, storage, store))
}

fn place() -> Result<Place> {
    let (directory, storage) = temporary()?;
    let sessions = Sessions::new(storage.clone(), Clock::default(), LIMITS);
    let store = SqliteSessionStore::new(sessions.clone());
    Ok(Place { _directory: directory, storage, sessions, store })
}

async fn account(storage: &Storage) -> Result<AccountId> {
    let name = "ann".parse()?;
    let id = storage
        .call(move |connection| accounts::insert(connection, &name, "hash", Role::Viewer, ChosenBy::Owner))
        .await?;
    Ok(id.ok_or("the name is taken")?)
}

fn anonymous() -> State {
    State::from([("csrf".to_owned(), "\"token\"".to_owned())])
}

fn logged_in(account: AccountId) -> State {
    State::from([(ACCOUNT_ID.to_owned(), account.0.to_string())])
}

fn numbered(account: AccountId, number: i64, entries: &[(&str, &str)]) -> State {
    let own = [(ACCOUNT_ID, account.0.to_string()), (NUMBER, number.to_string())];
    let more = entries.iter().map(|(name, json)| (*name, (*json).to_owned()));
    own.into_iter().chain(more).map(|(name, json)| (name.to_owned(), json)).collect()
}

/// Returns who is logged in by `key`, as the guard of every page finds it.
async fn login(store: &SqliteSessionStore, key: &SessionKey) -> Result<Option<Login>> {
    let state = store.load(key).await?;
    let login = state.as_ref().and_then(|state| state.get(LOGIN));
    Ok(login.map(|json| serde_json::from_str(json)).transpose()?)
}

async fn count(storage: &Storage) -> Result<i64> {
    let sql = "SELECT count(*) FROM sessions";
    Ok(storage.call(move |connection| connection.query_row(sql, [], |row| row.get(0))).await?)
}

#[tokio::test]
async fn a_session_comes_back_as_it_was_saved_and_updated() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(logged_in(account), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(logged_in(account)));
    let mut other = logged_in(account);
    other.insert("flash".to_owned(), "1".to_owned());
    let key = store.update(key, other.clone(), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(other));
    store.delete(&key).await?;
    assert_eq!(store.load(&key).await?, None);
    Ok(())
}

#[tokio::test]
async fn no_file_holds_the_key() -> Result {
    let (directory, storage, store) = store()?;
    let state = numbered(account(&storage).await?, 7, &[("csrf", "\"token\"")]);
    let key: String = store.save(state, &DAY).await?.into();
    let mut seen = 0;
    for file in fs::read_dir(directory.path())? {
        let bytes = fs::read(file?.path())?;
        // Not even a part of it.
        assert!(!bytes.windows(16).any(|window| window == &key.as_bytes()[..16]));
        seen += bytes.windows(5).filter(|window| window == b"token").count();
    }
    assert!(seen > 0, "the session was not in the files at all");
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_logged_out_stays_dead() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key: String = store.save(logged_in(account), &DAY).await?.into();
    store.delete(&SessionKey::try_from(key.clone())?).await?;
    // What a request that began before the logout does at its end.
    let after = store.update(key.clone().try_into()?, logged_in(account), &DAY).await?;
    assert_eq!(after.as_ref(), key, "a new key would be a new session");
    store.update_ttl(&after, &DAY).await?;
    assert_eq!(store.load(&after).await?, None);
    assert_eq!(count(&storage).await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_ended_session_is_not_loaded_not_revived_and_swept() -> Result {
    let Place { storage, sessions, store, _directory } = place()?;
    let account = account(&storage).await?;
    let dead = store.save(logged_in(account), &DAY).await?;
    sessions.clock().pass(MINUTE * 30);
    let live = store.save(logged_in(account), &DAY).await?;
    assert_eq!(store.load(&dead).await?, None);
    store.update_ttl(&dead, &DAY).await?;
    let dead = store.update(dead, logged_in(account), &DAY).await?;
    assert_eq!(store.load(&dead).await?, None);
    assert_eq!(sessions.sweep().await?, 1);
    assert_eq!(count(&storage).await?, 1);
    assert!(store.load(&live).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn nothing_is_stored_of_who_is_not_logged_in_until_they_are() -> Result {
    let Place { storage, sessions, store, _directory } = place()?;
    let key = store.save(anonymous(), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(anonymous()));
    let mut other = anonymous();
    other.insert("flash".to_owned(), "1".to_owned());
    let key = store.update(key, other.clone(), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(other));
    assert_eq!(count(&storage).await?, 0);
    // Who logs in gets a new key, and only then a row.
    let account = account(&storage).await?;
    let text = String::from(key);
    assert!(store.update(text.clone().try_into()?, logged_in(account), &DAY).await.is_err());
    store.delete(&text.clone().try_into()?).await?;
    store.save(logged_in(account), &DAY).await?;
    assert_eq!(count(&storage).await?, 1);
    sessions.clock().pass(MINUTE * 60 * 12);
    assert_eq!(store.load(&text.try_into()?).await?, None, "a form is not good for ever");
    Ok(())
}

#[tokio::test]
async fn what_no_cookie_has_room_for_is_refused() -> Result {
    let (_directory, _storage, store) = store()?;
    let state = State::from([("flash".to_owned(), "x".repeat(3_000))]);
    assert!(store.save(state, &DAY).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_login_ends_after_half_an_hour_without_use_and_use_lengthens_it_to_twelve_hours() -> Result {
    let Place { storage, sessions, store, _directory } = place()?;
    let account = account(&storage).await?;
    let key = store.save(numbered(account, 7, &[]), &DAY).await?;
    let device = Device { address: Some([192, 0, 2, 1].into()), agent: None };
    sessions.clock().pass(MINUTE * 29);
    assert!(store.load(&key).await?.is_some(), "not yet half an hour");
    let last = login(&store, &key).await?.ok_or("nobody is logged in")?;
    // 24 times 29 minutes and the one before: 12 h 5 min.
    for step in 1..=24 {
        let login = login(&store, &key).await?.ok_or_else(|| format!("ended before step {step}"))?;
        sessions.mark_used(&login, device.clone(), true).await?;
        sessions.clock().pass(MINUTE * 29);
    }
    assert_eq!(store.load(&key).await?, None);
    sessions.mark_used(&last, device, true).await?;
    assert_eq!(store.load(&key).await?, None, "a use does not bring it back");

    let key = store.save(numbered(account, 8, &[]), &DAY).await?;
    let key = store.update(key, numbered(account, 8, &[("flash", "1")]), &DAY).await?;
    sessions.clock().pass(MINUTE * 30);
    assert_eq!(store.load(&key).await?, None, "half an hour without use");
    Ok(())
}

#[tokio::test]
async fn a_remembered_device_has_its_own_limit_from_the_login_on() -> Result {
    let Place { storage, sessions, store, _directory } = place()?;
    let account = account(&storage).await?;
    let began = sessions.clock().now().to_string();
    let state = numbered(account, 7, &[(REMEMBERED, "true"), (BEGAN, &began)]);
    let key = store.save(state.clone(), &DAY).await?;
    let device = Device { address: None, agent: None };
    for days in [9, 9, 9, 2] {
        sessions.clock().pass(MINUTE * 60 * 24 * days);
        let used = login(&store, &key).await?.ok_or("it has ended")?;
        sessions.mark_used(&used, device.clone(), true).await?;
    }
    // A new key for the same login, as after a change of the password.
    store.delete(&key).await?;
    let key = store.save(state, &DAY).await?;
    sessions.clock().pass(MINUTE * 60 * 24);
    assert_eq!(store.load(&key).await?, None);
    Ok(())
}

#[tokio::test]
async fn sessions_end_one_by_one_all_others_and_with_their_account() -> Result {
    let Place { storage, sessions, store, _directory } = place()?;
    let account = account(&storage).await?;
    for number in 1..=4 {
        store.save(numbered(account, number, &[]), &DAY).await?;
    }
    let numbers = |own: Vec<OwnSession>| own.into_iter().map(|one| one.number.0).collect::<Vec<_>>();
    assert!(!sessions.end(AccountId(account.0 + 1), SessionNumber(1)).await?, "somebody else's");
    assert!(sessions.end(account, SessionNumber(1)).await?);
    assert!(!sessions.end(account, SessionNumber(1)).await?);
    assert_eq!(numbers(sessions.of_account(account).await?), [2, 3, 4]);
    assert_eq!(sessions.end_others(account, SessionNumber(3)).await?, 2);
    assert_eq!(numbers(sessions.of_account(account).await?), [3]);
    storage.call(|connection| connection.execute("DELETE FROM accounts", [])).await?;
    assert_eq!(count(&storage).await?, 0);
    assert!(store.save(logged_in(account), &DAY).await.is_err());
    Ok(())
}
