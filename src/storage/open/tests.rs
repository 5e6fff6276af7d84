//! Tests of what opening the database does to the file, and which files it refuses.

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{fs, thread};

use rusqlite::Connection;

use crate::domain::account::{ChosenBy, Role};
use crate::storage::error::StorageError;
use crate::storage::{Storage, accounts, temporary};

fn mode(path: &Path) -> Result<u32, std::io::Error> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

#[tokio::test]
async fn nobody_else_can_read_the_database_or_its_log() -> Result<(), Box<dyn Error>> {
    let (directory, storage) = temporary()?;
    let name = "ann".parse()?;
    storage
        .call(move |connection| accounts::insert(connection, &name, "hash", Role::Viewer, ChosenBy::Owner))
        .await?;
    for file in fs::read_dir(directory.path())? {
        let path = file?.path();
        assert_eq!(mode(&path)?, 0o600, "{}", path.display());
    }
    assert!(directory.path().join("bangui.sqlite3-wal").exists());
    Ok(())
}

#[test]
fn missing_directories_are_made_for_this_user_alone() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let (outer, inner) = (directory.path().join("var"), directory.path().join("var/bangui"));
    drop(Storage::open(&inner.join("bangui.sqlite3"))?);
    assert_eq!((mode(&outer)?, mode(&inner)?), (0o700, 0o700));
    Ok(())
}

#[test]
fn a_directory_that_cannot_be_made_is_named_in_the_error() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("a-file");
    fs::write(&file, "")?;
    let error = Storage::open(&file.join("inner/bangui.sqlite3")).err().ok_or("opened")?;
    assert!(matches!(error, StorageError::NoDirectory { .. }));
    assert!(error.to_string().contains("a-file/inner"), "{error}");
    Ok(())
}

#[test]
fn a_database_from_the_future_is_refused_and_left_alone() -> Result<(), Box<dyn Error>> {
    let (directory, storage) = temporary()?;
    drop(storage);
    let path = directory.path().join("bangui.sqlite3");
    Connection::open(&path)?.pragma_update(None, "user_version", 9999)?;
    let error = Storage::open(&path).err().ok_or("opened")?;
    assert!(error.to_string().contains("newer version"), "{error}");
    assert!(matches!(Storage::probe(&path), Err(StorageError::NewerVersion(_))));
    let version: i64 = Connection::open(&path)?.pragma_query_value(None, "user_version", |row| row.get(0))?;
    assert_eq!(version, 9999);
    Ok(())
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("fail2ban.sqlite3");
    Connection::open(&path)?.execute_batch("CREATE TABLE fail2banDb (version INTEGER)")?;
    let before = fs::read(&path)?;
    assert!(matches!(Storage::open(&path), Err(StorageError::NotOurs(_))));
    assert_eq!(fs::read(&path)?, before);
    Ok(())
}

#[test]
fn a_file_that_is_no_database_is_refused() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("notes.txt");
    fs::write(&path, "These are the notes of an administrator. ".repeat(100))?;
    assert!(matches!(Storage::open(&path), Err(StorageError::NoDatabase(_))));
    Ok(())
}

#[test]
fn probing_creates_no_database() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("bangui.sqlite3");
    assert!(matches!(Storage::probe(&path), Err(StorageError::Missing(_))));
    assert!(!path.exists());
    Storage::open(&path)?;
    Ok(Storage::probe(&path)?)
}

#[test]
fn eight_processes_may_open_a_new_database_at_once() -> Result<(), Box<dyn Error>> {
    for _ in 0..10 {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("bangui.sqlite3");
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                thread::spawn(move || Storage::open(&path).map(drop).map_err(|e| e.to_string()))
            })
            .collect();
        for opener in openers {
            opener.join().map_err(|_| "an opener panicked")??;
        }
    }
    Ok(())
}
