//! The `bangui` program as somebody calls it.

mod backup;
mod check;
mod config_file;
mod container;
mod healthcheck;
mod installed_docs;
mod old_databases;
mod packages;
mod service;
mod serving;
mod surroundings;
mod units;
mod user;

use std::error::Error;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bangui::accounts::{Accounts, LogIn};
use bangui::storage::Storage;
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// A directory for one test, with a path for a database in it.
fn place() -> Result<(TempDir, PathBuf)> {
    let directory = tempfile::tempdir()?;
    let database = directory.path().join("bangui.sqlite3");
    Ok((directory, database))
}

/// Calls the program with nothing of the tester's settings.
fn bangui(arguments: &[&str], input: &[u8]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("BANGUI_") {
            command.env_remove(variable);
        }
    }
    // Whatever is configured on this machine.
    command.env("BANGUI_CONFIG", "/dev/null");
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.args(arguments).spawn()?;
    // The program may end before it reads: that is its right.
    let _ = child.stdin.take().ok_or("no standard input")?.write_all(input);
    Ok(child.wait_with_output()?)
}

fn add(name: &str, database: &Path, input: &[u8]) -> Result<Output> {
    let database = database.to_str().ok_or("the path is no text")?;
    bangui(&["user", "add", name, "--database", database], input)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn can_log_in(database: &Path, name: &str, password: &str) -> Result<bool> {
    let accounts = Accounts::new(Storage::open(database)?)?;
    let answer = accounts.log_in(name, password, Ipv4Addr::LOCALHOST.into()).await?;
    Ok(matches!(answer, LogIn::Done(_)))
}

#[tokio::test]
async fn user_add_reads_one_line_and_the_account_can_log_in() -> Result {
    let (_directory, database) = place()?;
    let output = add("ann", &database, "contraseña 🔑\nnot this line\n".as_bytes())?;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8(output.stdout)?, "Added ann.\n");
    assert!(can_log_in(&database, "ann", "contraseña 🔑").await?);
    assert_eq!(std::fs::metadata(&database)?.permissions().mode() & 0o777, 0o600);
    Ok(())
}

#[tokio::test]
async fn a_line_may_end_in_any_way() -> Result {
    let (_directory, database) = place()?;
    for (name, input) in
        [("unix", "battery staple\n"), ("dos", "battery staple\r\n"), ("none", "battery staple")]
    {
        assert!(add(name, &database, input.as_bytes())?.status.success(), "{name}");
        assert!(can_log_in(&database, name, "battery staple").await?, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_exists_is_an_error_and_keeps_its_password() -> Result {
    let (_directory, database) = place()?;
    assert!(add("ann", &database, b"quiet harbour lamp\n")?.status.success());
    let again = add("ANN", &database, b"other harbour lamp\n")?;
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("there is already an account ANN"), "{}", said(&again));
    assert!(can_log_in(&database, "ann", "quiet harbour lamp").await?);
    assert!(!can_log_in(&database, "ann", "other harbour lamp").await?);
    Ok(())
}

#[test]
fn unusable_passwords_and_names_are_errors() -> Result {
    let (_directory, database) = place()?;
    let long = "x".repeat(1_000_000);
    for password in ["short\n", "", "\n", &long] {
        let output = add("ann", &database, password.as_bytes())?;
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("8 to 128 characters"), "{}", said(&output));
    }
    let no_text = add("ann", &database, b"\xff\xfe\xfd\xfc battery staple\n")?;
    assert_eq!(no_text.status.code(), Some(1));
    let name = add("two words", &database, b"battery staple\n")?;
    assert_eq!(name.status.code(), Some(2));
    assert!(said(&name).contains("1 to 64 letters"), "{}", said(&name));
    Ok(())
}

#[test]
fn a_missing_directory_is_made_and_one_that_cannot_be_is_named() -> Result {
    let (directory, _) = place()?;
    let missing = directory.path().join("missing");
    let output = add("ann", &missing.join("bangui.sqlite3"), b"battery staple\n")?;
    assert!(output.status.success(), "{}", said(&output));
    let inside = missing.join("bangui.sqlite3/inside");
    let output = add("ann", &inside.join("bangui.sqlite3"), b"battery staple\n")?;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains(&inside.display().to_string()), "{}", said(&output));
    Ok(())
}

#[test]
fn the_program_tells_its_version_and_its_commands() -> Result {
    let version = bangui(&["--version"], b"")?;
    assert_eq!(version.stdout, concat!("bangui ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
    let help = String::from_utf8(bangui(&["--help"], b"")?.stdout)?;
    for command in ["serve", "broker", "demo", "user", "backup", "restore", "healthcheck", "check"] {
        assert!(help.contains(command), "{help}");
    }
    assert_eq!(bangui(&[], b"")?.status.code(), Some(2));
    assert_eq!(bangui(&["no-such-command"], b"")?.status.code(), Some(2));
    Ok(())
}

#[test]
fn it_does_not_listen_beyond_this_machine_without_the_words_for_it() -> Result {
    let (_directory, database) = place()?;
    let database_text = database.to_str().ok_or("no text")?;
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        for command in [&["serve", "--database", database_text][..], &["demo"]] {
            let output = bangui(&[command, &["--listen", listen]].concat(), b"")?;
            assert_eq!(output.status.code(), Some(1), "{command:?} {listen}");
            let said = said(&output);
            assert!(said.contains("--allow-plain-http") && said.contains("--trusted-proxy"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
    assert!(!database.exists());
    Ok(())
}

#[test]
fn check_says_whether_there_are_one_or_two_processes() -> Result {
    let (directory, _) = place()?;
    let socket = directory.path().join("broker.sock");
    let one = String::from_utf8(bangui(&["check"], b"")?.stdout)?;
    assert!(one.contains("ok    processes: one. The web server itself opens fail2ban's socket"), "{one}");
    let two = bangui(&["check", "--broker", socket.to_str().ok_or("no text")?], b"")?;
    assert_eq!(two.status.code(), Some(1));
    let two = String::from_utf8(two.stdout)?;
    assert!(two.contains("ok    processes: two. ") && two.contains("FAIL  broker: no broker"), "{two}");
    for option in ["socket", "config", "client", "restart-command"] {
        let option = format!("--fail2ban-{option}");
        let both = bangui(&["serve", "--broker", "/b", &option, "/s"], b"")?;
        let words = format!("{option} has no effect behind the broker that --broker names");
        assert!(!both.status.success() && said(&both).contains(&words), "{}", said(&both));
    }
    Ok(())
}

#[test]
fn check_says_what_is_missing_and_makes_nothing() -> Result {
    let (directory, database) = place()?;
    let socket = directory.path().join("no.sock");
    let (database_text, socket) = (database.to_str().ok_or("no text")?, socket.to_str().ok_or("no text")?);
    let output = bangui(&["check", "--database", database_text, "--fail2ban-socket", socket], b"")?;
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout)?;
    for what in ["FAIL  socket: ", "FAIL  fail2ban: ", "FAIL  database: "] {
        assert!(lines.contains(what), "{lines}");
    }
    assert!(lines.contains(socket) && lines.contains(database_text), "{lines}");
    assert!(!database.exists());
    Ok(())
}
