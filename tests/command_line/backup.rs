//! `bangui backup` and `bangui restore`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};

use super::old_databases::{kept, make};
use super::serving::Serving;
use super::{Result, add, bangui, can_log_in, place, said};
use crate::support::as_user;
use crate::support::site::PASSWORD;
use crate::support::until;

const NOBODY: u32 = 65534;

/// A directory with a database and a record of bans of the newest version, as a server leaves them.
fn filled() -> Result<(tempfile::TempDir, PathBuf)> {
    let (directory, database) = place()?;
    make(&database, &kept("main")?.pop().ok_or("none")?.1)?;
    make(&directory.path().join("bangui-history.sqlite3"), &kept("history")?.pop().ok_or("none")?.1)?;
    Ok((directory, database))
}

fn text(path: &Path) -> Result<&str> {
    Ok(path.to_str().ok_or("no text")?)
}

/// Calls the command, and returns what it prints.
fn done(command: &str, file: &Path, database: &Path, more: &[&str]) -> Result<String> {
    let arguments = [&[command, text(file)?, "--database", text(database)?], more].concat();
    let output = bangui(&arguments, b"")?;
    if output.status.success() { Ok(String::from_utf8(output.stdout)?) } else { Err(said(&output).into()) }
}

/// Calls the command, and returns what it refuses with.
fn refused(command: &str, file: &Path, database: &Path) -> Result<String> {
    let output = bangui(&[command, text(file)?, "--database", text(database)?], b"")?;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(said(&output).lines().count(), 1, "{}", said(&output));
    Ok(said(&output))
}

fn number(file: &Path, sql: &str) -> Result<i64> {
    Ok(Connection::open(file)?.query_row(sql, [], |row| row.get(0))?)
}

/// The names in the directory, but not the mark of a server.
fn names(directory: &Path) -> Result<Vec<String>> {
    let mut names = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.retain(|name| Path::new(name).extension().is_none_or(|extension| extension != "lock"));
    names.sort();
    Ok(names)
}

fn serve(database: &Path) -> Result<Serving> {
    let listen = ["serve", "--config=/dev/null", "--listen=127.0.0.1:0", "--history-days=36600"];
    let rest = ["--fail2ban-socket=/nonexistent/fail2ban.sock", "--database", text(database)?];
    Serving::of(&[&listen[..], &rest].concat(), &[])
}

#[tokio::test]
async fn a_backup_of_a_running_server_brings_everything_back_but_the_sessions() -> Result {
    let (_directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    let serving = serve(&database)?;
    let told = done("backup", &backup, &database, &[])?;
    let history = place.path().join("backup-history.sqlite3");
    assert!(
        told.starts_with(&format!("Wrote {} and {}: 3 accounts, ", backup.display(), history.display()))
            && told.contains("5 recorded bans, 0.")
            && told.ends_with(" MB.\n"),
        "{told}"
    );
    for file in [&backup, &history] {
        assert_eq!(fs::metadata(file)?.permissions().mode() & 0o7777, 0o600);
    }
    assert_eq!(names(place.path())?, ["backup-history.sqlite3", "backup.sqlite3"]);
    assert_eq!(number(&backup, "SELECT count(*) FROM sessions")?, 0);
    let said = refused("restore", &backup, &database)?;
    assert!(said.contains("is in use: stop the `bangui serve`"), "{said}");
    drop(serving);

    assert!(add("eve", &database, b"quiet harbour lamp\n")?.status.success());
    Connection::open(&database)?.execute_batch("DELETE FROM audit")?;
    let told = done("restore", &backup, &database, &[])?;
    assert!(told.contains("3 accounts, ") && told.contains("Everybody has to log in again."), "{told}");
    assert!(can_log_in(&database, "Ann", PASSWORD).await? && !can_log_in(&database, "eve", PASSWORD).await?);
    assert!(number(&database, "SELECT count(*) FROM audit")? > 4);
    assert_eq!(number(&database, "SELECT count(*) FROM sessions")?, 0);
    let kept = told.lines().filter_map(|line| line.split("is kept as ").nth(1)).collect::<Vec<_>>();
    assert_eq!(kept.len(), 2, "{told}");
    let before = Path::new(kept[1].trim_end_matches('.'));
    assert_eq!(number(before, "SELECT count(*) FROM accounts WHERE name = 'eve'")?, 1);
    drop(serve(&database)?);
    Ok(())
}

#[test]
fn a_second_server_of_one_database_does_not_start() -> Result {
    let (_directory, database) = filled()?;
    let first = serve(&database)?;
    let output = bangui(&["serve", "--listen=127.0.0.1:0", "--database", text(&database)?], b"")?;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is in use: stop the `bangui serve`"), "{}", said(&output));
    drop(first);
    drop(serve(&database)?);
    Ok(())
}

#[test]
fn a_backup_overwrites_only_when_told_and_never_the_database() -> Result {
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    let history = place.path().join("backup-history.sqlite3");
    fs::write(&history, "precious")?;
    let said = refused("backup", &backup, &database)?;
    assert!(said.contains(text(&history)?) && said.contains("--force"), "{said}");
    assert!(!backup.exists() && fs::read(&history)? == b"precious");
    done("backup", &backup, &database, &["--force"])?;
    assert_eq!(number(&history, "SELECT count(*) FROM bans")?, 5);
    for (command, force) in [("backup", true), ("restore", false)] {
        let more: &[&str] = if force { &["--force"] } else { &[] };
        let error = done(command, &database, &database, more).err().ok_or("done")?.to_string();
        assert!(error.contains("is the database itself"), "{error}");
    }
    for mode in [0o777, 0o770] {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(mode))?;
        let said = refused("backup", &place.path().join("other"), &database)?;
        assert!(said.contains("may write"), "{said}");
    }
    let said = refused("backup", &directory.path().join("missing/backup"), &database)?;
    assert!(said.contains("there is no directory"), "{said}");
    assert!(!directory.path().join("missing").exists());
    Ok(())
}

#[test]
fn a_backup_that_cannot_be_used_leaves_the_database_as_it_is() -> Result {
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let good = place.path().join("good.sqlite3");
    done("backup", &good, &database, &[])?;
    let bytes = fs::read(&good)?;
    let newer = place.path().join("newer.sqlite3");
    fs::copy(&good, &newer)?;
    Connection::open(&newer)?.pragma_update(None, "user_version", 9999)?;
    let other = place.path().join("other.sqlite3");
    Connection::open(&other)?.execute_batch("CREATE TABLE fail2banDb (version INTEGER)")?;
    fs::write(place.path().join("empty.sqlite3"), "")?;
    fs::write(place.path().join("cut.sqlite3"), bytes.get(..bytes.len() / 2).ok_or("too small")?)?;
    fs::write(place.path().join("text.sqlite3"), "notes ".repeat(1000))?;
    let before = (names(directory.path())?, fs::read(&database)?);
    for (name, words) in [
        ("newer", "was made by a newer version"),
        ("other", "is a database of another program"),
        ("empty", "is empty"),
        ("cut", "is damaged"),
        ("text", "is no database"),
        ("missing", "there is no backup"),
    ] {
        let said = refused("restore", &place.path().join(format!("{name}.sqlite3")), &database)?;
        assert!(said.contains(words), "{name}: {said}");
        assert!(
            (names(directory.path())?, fs::read(&database)?) == before,
            "{name}: {:?}",
            names(directory.path())?
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_or_missing_database_is_replaced_and_kept() -> Result {
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    done("backup", &backup, &database, &[])?;
    let damaged = "no database any more ".repeat(1000);
    fs::write(&database, &damaged)?;
    fs::write(directory.path().join("bangui.sqlite3-wal"), "a log")?;
    fs::remove_file(directory.path().join("bangui-history.sqlite3"))?;
    let told = done("restore", &backup, &database, &[])?;
    let kept = told.split("is kept as ").nth(1).ok_or(told.clone())?.trim_end().trim_end_matches('.');
    assert_eq!(fs::read_to_string(kept)?, damaged);
    assert_eq!(fs::read_to_string(format!("{kept}-wal"))?, "a log");
    assert!(can_log_in(&database, "Ann", PASSWORD).await?);
    assert_eq!(number(&directory.path().join("bangui-history.sqlite3"), "SELECT count(*) FROM bans")?, 5);
    Ok(())
}

#[test]
fn as_root_files_stay_those_of_the_user_that_they_belong_to() -> Result {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: nothing to see");
        return Ok(());
    }
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    let history = directory.path().join("bangui-history.sqlite3");
    for path in [directory.path(), &database, &history] {
        chown(path, Some(NOBODY), Some(NOBODY))?;
    }
    fs::set_permissions(&database, fs::Permissions::from_mode(0o640))?;
    done("backup", &backup, &database, &[])?;
    assert_eq!(fs::metadata(&backup)?.uid(), 0, "root's alone can be read by root alone");
    fs::remove_file(&history)?;
    done("restore", &backup, &database, &[])?;
    for entry in fs::read_dir(directory.path())? {
        let path = entry?.path();
        let about = fs::metadata(&path)?;
        assert_eq!((about.uid(), about.gid()), (NOBODY, NOBODY), "{}", path.display());
    }
    let mode = |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode() & 0o7777);
    assert_eq!((mode(&database)?, mode(&history)?), (0o640, 0o600));
    // The user itself can go on with them.
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
    let program = as_user::program_for_all(place.path())?;
    let mut list = as_user::command(NOBODY, &program);
    let output = list.args(["user", "list", "--config=/dev/null", "--database"]).arg(&database).output()?;
    assert!(output.status.success(), "{}", said(&output));
    Ok(())
}

/// What is kept of before, as `restore` tells it.
fn kept_names(told: &str) -> Vec<String> {
    told.lines()
        .filter_map(|line| Some(line.split_once("is kept as ")?.1.trim_end_matches('.').to_owned()))
        .collect()
}

#[test]
fn restores_within_one_second_each_keep_what_was_there() -> Result {
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    done("backup", &backup, &database, &[])?;
    let mut kept = Vec::new();
    for _ in 0..4 {
        kept.extend(kept_names(&done("restore", &backup, &database, &[])?));
    }
    let names = names(directory.path())?;
    assert_eq!((kept.len(), names.len()), (8, 10), "{names:?}");
    assert!(kept.iter().all(|name| Path::new(name).is_file()), "{kept:?}");
    Ok(())
}

#[test]
fn where_one_file_of_a_backup_cannot_be_replaced_neither_is() -> Result {
    let (_directory, database) = filled()?;
    let (place, _) = place()?;
    let backup = place.path().join("backup.sqlite3");
    fs::create_dir(&backup)?;
    fs::write(place.path().join("backup-history.sqlite3"), "precious")?;
    let error = done("backup", &backup, &database, &["--force"]).err().ok_or("done")?.to_string();
    assert!(error.contains("backup.sqlite3 cannot be written: is a directory"), "{error}");
    assert_eq!(fs::read_to_string(place.path().join("backup-history.sqlite3"))?, "precious");
    assert_eq!(names(place.path())?, ["backup-history.sqlite3", "backup.sqlite3"]);
    let said = refused("restore", place.path(), &database)?;
    assert!(said.contains("is a directory: name the file in it"), "{said}");
    Ok(())
}

#[test]
fn nobody_is_told_to_close_a_directory_that_is_everybodys() -> Result {
    let (_directory, database) = filled()?;
    let (place, _) = place()?;
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o1777))?;
    let said = refused("backup", &place.path().join("backup"), &database)?;
    assert!(said.contains("name another directory") && !said.contains("chmod"), "{said}");
    Ok(())
}

#[test]
fn what_a_killed_one_has_left_is_removed_and_what_another_writes_is_not() -> Result {
    let (_directory, database) = filled()?;
    let (place, _) = place()?;
    for name in
        [".bangui-dead01.part", ".bangui-dead01.part-journal", ".bangui-dead02.part-before", "bangui.part"]
    {
        fs::write(place.path().join(name), "hashes")?;
    }
    let written = fs::File::create(place.path().join(".bangui-alive1.part"))?;
    written.lock()?;
    let backup = place.path().join("backup.sqlite3");
    done("backup", &backup, &database, &[])?;
    assert_eq!(
        names(place.path())?,
        [".bangui-alive1.part", "backup-history.sqlite3", "backup.sqlite3", "bangui.part"]
    );
    Ok(())
}

#[tokio::test]
async fn told_to_end_a_backup_leaves_nothing() -> Result {
    let (_directory, database) = filled()?;
    // Enough to be interrupted in.
    Connection::open(&database)?.execute_batch(
        "CREATE TABLE filling (bytes BLOB);
         WITH RECURSIVE row(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM row WHERE number < 300)
         INSERT INTO filling SELECT randomblob(1000000) FROM row",
    )?;
    for signal in [Signal::TERM, Signal::INT] {
        let (place, _) = place()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
        command.args(["backup", "--config=/dev/null", "--database"]).arg(&database);
        let command = command.arg(place.path().join("backup.sqlite3")).stderr(Stdio::piped());
        let child = command.spawn()?;
        until("it writes", || Ok(!names(place.path())?.is_empty())).await?;
        kill_process(Pid::from_raw(i32::try_from(child.id())?).ok_or("no process")?, signal)?;
        let output = child.wait_with_output()?;
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("interrupted: nothing was changed"), "{}", said(&output));
        assert_eq!(names(place.path())?, [""; 0]);
    }
    Ok(())
}

#[test]
fn a_database_is_one_by_whatever_name_it_is_called() -> Result {
    let (directory, database) = filled()?;
    let (place, _) = place()?;
    let link = place.path().join("link.sqlite3");
    symlink(&database, &link)?;
    let first = serve(&database)?;
    let second = bangui(&["serve", "--listen=127.0.0.1:0", "--database", text(&link)?], b"")?;
    assert!(said(&second).contains("is in use: stop the `bangui serve`"), "{}", said(&second));
    let (backups, _) = self::place()?;
    let backup = backups.path().join("backup.sqlite3");
    done("backup", &backup, &link, &[])?;
    let said_in_use = refused("restore", &backup, &link)?;
    assert!(said_in_use.contains("is in use"), "{said_in_use}");
    drop(first);

    done("restore", &backup, &link, &[])?;
    assert!(link.symlink_metadata()?.is_symlink(), "the link stays");
    assert!(names(directory.path())?.iter().any(|name| name.starts_with("bangui.sqlite3.before-restore-")));
    fs::hard_link(&database, directory.path().join("other.sqlite3"))?;
    for command in [&["serve", "--listen=127.0.0.1:0"][..], &["user", "list"]] {
        let output = bangui(&[command, &["--database", text(&database)?]].concat(), b"")?;
        assert!(said(&output).contains("has a second name (a hard link)"), "{}", said(&output));
    }
    Ok(())
}
