//! Which sessions live and which are dead.

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use actix_session::storage::{SessionKey, SessionStore};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Cookie, Key, time::Duration};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, test, web};

use super::{ACCOUNT_ID, SqliteSessionStore};
use crate::domain::account::AccountId;
use crate::storage::sessions::{ANONYMOUS_LIMIT, ANONYMOUS_SECONDS};
use crate::storage::{Storage, accounts, temporary};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;
type State = HashMap<String, String>;

const DAY: Duration = Duration::days(1);
const OVER: Duration = Duration::seconds(-1);

fn store() -> Result<(tempfile::TempDir, Storage, SqliteSessionStore)> {
    let (directory, storage) = temporary()?;
    Ok((directory, storage.clone(), SqliteSessionStore::new(storage)))
}

async fn account(storage: &Storage) -> Result<AccountId> {
    let name = "ann".parse()?;
    let id = storage.call(move |connection| accounts::insert(connection, &name, "hash")).await?;
    Ok(id.ok_or("the name is taken")?)
}

fn anonymous() -> State {
    State::from([("csrf".to_owned(), "\"token\"".to_owned())])
}

fn logged_in(account: AccountId) -> State {
    State::from([(ACCOUNT_ID.to_owned(), account.0.to_string())])
}

async fn count(storage: &Storage) -> Result<i64> {
    let sql = "SELECT count(*) FROM sessions";
    Ok(storage.call(move |connection| connection.query_row(sql, [], |row| row.get(0))).await?)
}

/// How long the only session still lives, in seconds.
async fn seconds_left(storage: &Storage) -> Result<i64> {
    let sql = "SELECT expires_at - unixepoch() FROM sessions";
    Ok(storage.call(move |connection| connection.query_row(sql, [], |row| row.get(0))).await?)
}

#[tokio::test]
async fn a_session_comes_back_as_it_was_saved_and_updated() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(anonymous(), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(anonymous()));
    let key = store.update(key, logged_in(account), &DAY).await?;
    assert_eq!(store.load(&key).await?, Some(logged_in(account)));
    store.delete(&key).await?;
    assert_eq!(store.load(&key).await?, None);
    Ok(())
}

#[tokio::test]
async fn no_file_holds_the_key() -> Result {
    let (directory, _storage, store) = store()?;
    let key: String = store.save(anonymous(), &DAY).await?.into();
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
async fn an_expired_session_is_not_loaded_not_revived_and_swept() -> Result {
    let (_directory, storage, store) = store()?;
    let live = store.save(anonymous(), &DAY).await?;
    let dead = store.save(anonymous(), &OVER).await?;
    assert_eq!(store.load(&dead).await?, None);
    store.update_ttl(&dead, &DAY).await?;
    let dead = store.update(dead, anonymous(), &DAY).await?;
    assert_eq!(store.load(&dead).await?, None);
    assert_eq!(store.sweep().await?, 1);
    assert_eq!(count(&storage).await?, 1);
    assert!(store.load(&live).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn sessions_end_with_their_account() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let saved = store.save(logged_in(account), &DAY).await?;
    let updated = store.save(anonymous(), &DAY).await?;
    let updated = store.update(updated, logged_in(account), &DAY).await?;
    storage.call(|connection| connection.execute("DELETE FROM accounts", [])).await?;
    assert_eq!(store.load(&saved).await?, None);
    assert_eq!(store.load(&updated).await?, None);
    assert!(store.save(logged_in(account), &DAY).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_session_without_an_account_lives_a_quarter_of_an_hour() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(anonymous(), &DAY).await?;
    assert!(seconds_left(&storage).await? <= ANONYMOUS_SECONDS);
    let key = store.update(key, anonymous(), &DAY).await?;
    assert!(seconds_left(&storage).await? <= ANONYMOUS_SECONDS);
    store.update_ttl(&key, &DAY).await?;
    assert!(seconds_left(&storage).await? <= ANONYMOUS_SECONDS);
    let key = store.update(key, logged_in(account), &DAY).await?;
    assert!(seconds_left(&storage).await? > ANONYMOUS_SECONDS);
    store.update_ttl(&key, &(DAY * 2)).await?;
    assert!(seconds_left(&storage).await? > DAY.whole_seconds());
    Ok(())
}

#[tokio::test]
async fn the_oldest_sessions_without_an_account_make_room() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let member = store.save(logged_in(account), &DAY).await?;
    let oldest = store.save(anonymous(), &DAY).await?;
    let second = store.save(anonymous(), &DAY).await?;
    let fill = "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                INSERT INTO sessions (key_hash, state, expires_at)
                SELECT randomblob(32), '{}', unixepoch() + 900 FROM n";
    storage.call(move |connection| connection.execute(fill, [ANONYMOUS_LIMIT])).await?;
    assert_eq!(count(&storage).await?, i64::from(ANONYMOUS_LIMIT) + 1);
    let newest = store.save(anonymous(), &DAY).await?;
    assert_eq!(count(&storage).await?, i64::from(ANONYMOUS_LIMIT) + 1);
    assert_eq!(store.load(&oldest).await?, None);
    for key in [second, newest, member] {
        assert!(store.load(&key).await?.is_some());
    }
    Ok(())
}

async fn slow(session: Session, gate: web::Data<Gate>) -> actix_web::Result<HttpResponse> {
    gate.entered.notify_one();
    gate.leave.notified().await;
    session.insert("flash", "done")?;
    Ok(HttpResponse::Ok().finish())
}

async fn log_in(session: Session, account: web::Data<AccountId>) -> actix_web::Result<HttpResponse> {
    session.renew();
    session.insert(ACCOUNT_ID, account.get_ref())?;
    Ok(HttpResponse::Ok().finish())
}

async fn log_out(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::Ok().finish()
}

async fn who(session: Session) -> actix_web::Result<String> {
    Ok(format!("{:?}", session.get::<i64>(ACCOUNT_ID)?))
}

#[derive(Default)]
struct Gate {
    entered: tokio::sync::Notify,
    leave: tokio::sync::Notify,
}

#[actix_web::test]
async fn a_request_under_way_does_not_undo_a_logout() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let gate = web::Data::new(Gate::default());
    let app = App::new()
        .app_data(gate.clone())
        .app_data(web::Data::new(account))
        .wrap(SessionMiddleware::new(store, Key::generate()))
        .route("/login", web::post().to(log_in))
        .route("/logout", web::post().to(log_out))
        .route("/slow", web::post().to(slow))
        .route("/who", web::get().to(who));
    let app = test::init_service(app).await;
    let login = test::call_service(&app, test::TestRequest::post().uri("/login").to_request()).await;
    let cookie = login.response().cookies().next().ok_or("no cookie")?.into_owned();
    let with = |request: test::TestRequest| request.cookie(cookie.clone()).to_request();

    let late = test::call_service(&app, with(test::TestRequest::post().uri("/slow")));
    let logout = async {
        gate.entered.notified().await;
        let logout = test::call_service(&app, with(test::TestRequest::post().uri("/logout"))).await;
        gate.leave.notify_one();
        logout.status()
    };
    let (late, logout) = tokio::join!(late, logout);
    assert_eq!((late.status(), logout), (StatusCode::OK, StatusCode::OK));

    for cookie in late.response().cookies().map(Cookie::into_owned).chain([cookie.clone()]) {
        let request = test::TestRequest::get().uri("/who").cookie(cookie).to_request();
        assert_eq!(test::call_and_read_body(&app, request).await, "None");
    }
    assert_eq!(count(&storage).await?, 0);
    Ok(())
}
