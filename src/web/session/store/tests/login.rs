//! Tests of whom a session belongs to, and when its use is recorded.

use super::*;

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

async fn role(store: &SqliteSessionStore, key: &SessionKey) -> Result<Option<Role>> {
    Ok(login(store, key).await?.map(|login| login.account.role))
}

#[tokio::test]
async fn the_role_is_looked_up_each_time_and_never_kept_in_the_session() -> Result {
    let (directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(numbered(account, 7, &[]), &DAY).await?;
    assert_eq!(role(&store, &key).await?, Some(Role::Viewer));
    // Another process, as `bangui user` is.
    let other = Storage::open(&directory.path().join("bangui.sqlite3"))?;
    let promote = "UPDATE accounts SET role = 'operator'";
    other.call(|connection| connection.execute(promote, [])).await?;
    let loaded = store.load(&key).await?.ok_or("no session")?;
    let key = store.update(key, loaded.clone(), &DAY).await?;
    assert_eq!(role(&store, &key).await?, Some(Role::Operator));
    store.delete(&key).await?;
    let key = store.save(loaded, &DAY).await?;
    let kept = "SELECT state FROM sessions WHERE number = 7";
    let kept: String = storage.call(|connection| connection.query_row(kept, [], |row| row.get(0))).await?;
    assert!(kept.contains(NUMBER) && !kept.contains(LOGIN) && !kept.contains("ann"), "{kept}");
    other.call(|connection| connection.execute("DELETE FROM sessions", [])).await?;
    assert_eq!(store.load(&key).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_disabled_account_is_logged_in_nowhere() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(numbered(account, 7, &[]), &DAY).await?;
    assert!(login(&store, &key).await?.is_some());
    storage.call(|connection| connection.execute("UPDATE accounts SET disabled_at = 1", [])).await?;
    assert!(login(&store, &key).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn nobody_is_logged_in_by_what_a_session_says_of_itself() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let key = store.save(numbered(account, 7, &[]), &DAY).await?;
    let mut claim = store.load(&key).await?.ok_or("no session")?;
    claim.remove(ACCOUNT_ID);
    store.delete(&key).await?;
    let key = store.save(claim, &DAY).await?;
    assert!(store.load(&key).await?.is_some());
    assert_eq!(role(&store, &key).await?, None);
    Ok(())
}

/// Returns how many rows are written when the session of `key` is used from `device`.
async fn writes(place: &Place, key: &SessionKey, device: &Device) -> Result<u64> {
    let written = || place.storage.call(|connection| Ok(connection.total_changes()));
    let before = written().await?;
    let login = login(&place.store, key).await?.ok_or("nobody is logged in")?;
    place.sessions.mark_used(&login, device.clone(), true).await?;
    Ok(written().await? - before)
}

#[tokio::test]
async fn a_use_is_written_once_a_minute_and_from_elsewhere_at_once() -> Result {
    let place = place()?;
    let account = account(&place.storage).await?;
    let key = place.store.save(numbered(account, 7, &[]), &DAY).await?;
    let home = Device { address: Some([192, 0, 2, 1].into()), agent: None };
    let phone = Device { agent: Some("phone".to_owned()), ..home.clone() };
    for (device, expected) in [(&home, 1), (&home, 0), (&phone, 1), (&phone, 0), (&home, 1), (&home, 0)] {
        assert_eq!(writes(&place, &key, device).await?, expected, "{device:?}");
    }
    // A login takes its time from the clock of the test alone, but for the seconds that pass meanwhile.
    place.sessions.clock().pass(30 * SECOND);
    assert_eq!(writes(&place, &key, &home).await?, 0);
    place.sessions.clock().pass(30 * SECOND);
    assert_eq!((writes(&place, &key, &home).await?, writes(&place, &key, &home).await?), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_short_idle_time_is_kept_to_as_well() -> Result {
    let mut place = place()?;
    let limits = SessionLimits { idle: MINUTE, ..LIMITS };
    place.sessions = Sessions::new(place.storage.clone(), Clock::default(), limits);
    place.store = SqliteSessionStore::new(place.sessions.clone());
    let account = account(&place.storage).await?;
    let key = place.store.save(numbered(account, 7, &[]), &DAY).await?;
    let device = Device { address: Some([192, 0, 2, 1].into()), agent: None };
    for _ in 0..10 {
        place.sessions.clock().pass(40 * SECOND);
        assert_eq!(writes(&place, &key, &device).await?, 1);
    }
    Ok(())
}
