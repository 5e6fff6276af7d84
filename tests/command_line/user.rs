//! `bangui user`: accounts from the shell.

use bangui::domain::account::Role;

use super::*;

/// Calls `bangui user` with the words and the database.
fn user(words: &[&str], database: &Path, input: &[u8]) -> Result<Output> {
    let database = database.to_str().ok_or("the path is no text")?;
    bangui(&[&["user"], words, &["--database", database]].concat(), input)
}

/// What a call that succeeds prints.
fn done(words: &[&str], database: &Path, input: &[u8]) -> Result<String> {
    let output = user(words, database, input)?;
    if output.status.success() { Ok(String::from_utf8(output.stdout)?) } else { Err(said(&output).into()) }
}

/// What a call that fails says.
fn refused(words: &[&str], database: &Path, input: &[u8]) -> Result<String> {
    let output = user(words, database, input)?;
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    assert!(output.stdout.is_empty(), "{words:?}");
    Ok(said(&output))
}

/// The line of the list about that account, its columns parted by one space.
fn line(database: &Path, name: &str) -> Result<String> {
    let list = done(&["list"], database, b"")?;
    let line = list.lines().find(|line| line.split(' ').next() == Some(name)).ok_or(list.as_str())?;
    Ok(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn the_list_is_an_aligned_table() -> Result {
    let (_directory, database) = place()?;
    add("ann", &database, b"correct horse\n")?;
    done(&["add", "a-longer-name", "--role", "viewer"], &database, b"battery staple\n")?;
    assert!(can_log_in(&database, "ann", "correct horse").await?);
    let list = done(&["list"], &database, b"")?;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "NAME           ROLE           STATE    SECOND FACTOR  LAST LOGIN (UTC)");
    assert_eq!(lines[1], "a-longer-name  viewer         enabled  off            never");
    assert!(lines[2].starts_with("ann            administrator  enabled  off            20"), "{list}");
    assert_eq!(lines.len(), 3);
    Ok(())
}

#[test]
fn an_added_account_is_an_administrator_unless_told() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    done(&["add", "bob", "--role", "operator"], &database, b"correct horse\n")?;
    assert_eq!(line(&database, "ann")?, "ann administrator enabled off never");
    assert_eq!(line(&database, "bob")?, "bob operator enabled off never");
    let role = user(&["add", "eve", "--role", "root"], &database, b"correct horse\n")?;
    assert_eq!(role.status.code(), Some(2));
    assert!(said(&role).contains("viewer, operator or administrator"), "{}", said(&role));
    Ok(())
}

#[test]
fn a_common_password_is_refused_in_words() -> Result {
    let (_directory, database) = place()?;
    for words in [&["add", "bob"], &["reset", "ann"]] {
        done(&["add", words[1]], &database, b"correct horse\n").ok();
        let output = user(words, &database, b"Password1\n")?;
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("one of the most common"), "{}", said(&output));
    }
    Ok(())
}

#[test]
fn the_role_changes_but_not_that_of_the_last_administrator() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    let last = refused(&["role", "ann", "viewer"], &database, b"")?;
    assert!(last.contains("ann is the last administrator who can log in"), "{last}");
    assert!(refused(&["disable", "ann"], &database, b"")?.contains("ann is the last administrator"));
    assert_eq!(line(&database, "ann")?, "ann administrator enabled off never");
    done(&["add", "bob"], &database, b"correct horse\n")?;
    assert_eq!(done(&["role", "ANN", "viewer"], &database, b"")?, "ann now has the role viewer.\n");
    assert_eq!(line(&database, "ann")?, "ann viewer enabled off never");
    assert!(refused(&["delete", "bob"], &database, b"")?.contains("bob is the last administrator"));
    assert_eq!(done(&["delete", "ann"], &database, b"")?, "Deleted ann.\n");
    assert!(refused(&["disable", "ann"], &database, b"")?.contains("there is no account ann"));
    Ok(())
}

#[tokio::test]
async fn a_disabled_account_cannot_log_in_until_it_is_enabled() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    done(&["add", "bob"], &database, b"battery staple\n")?;
    assert_eq!(done(&["disable", "bob"], &database, b"")?, "bob can no longer log in.\n");
    assert_eq!(line(&database, "bob")?, "bob administrator disabled off never");
    assert!(!can_log_in(&database, "bob", "battery staple").await?);
    assert_eq!(done(&["enable", "bob"], &database, b"")?, "bob can log in.\n");
    assert!(can_log_in(&database, "bob", "battery staple").await?);
    Ok(())
}

#[tokio::test]
async fn a_reset_lets_in_who_has_lost_password_and_phone() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    // A second factor, as the page of one's own account makes it.
    let sql = "UPDATE accounts SET totp_secret = zeroblob(20)";
    Storage::open(&database)?.call(move |connection| connection.execute(sql, [])).await?;
    assert_eq!(line(&database, "ann")?, "ann administrator enabled on never");
    assert!(!can_log_in(&database, "ann", "correct horse").await?);
    let said = done(&["reset", "ann"], &database, b"a new password\n")?;
    assert_eq!(said, "ann now has a new password and no second factor.\n");
    assert!(can_log_in(&database, "ann", "a new password").await?);
    assert!(!can_log_in(&database, "ann", "correct horse").await?);
    Ok(())
}

#[tokio::test]
async fn a_reset_says_that_an_account_is_still_disabled() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    done(&["add", "bob"], &database, b"correct horse\n")?;
    done(&["disable", "bob"], &database, b"")?;
    let said = done(&["reset", "bob"], &database, b"a new password\n")?;
    assert!(said.contains("bob is still disabled: `bangui user enable bob`"), "{said}");
    assert!(!can_log_in(&database, "bob", "a new password").await?);
    Ok(())
}

#[tokio::test]
async fn a_reset_with_an_unusable_password_changes_nothing() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    assert!(refused(&["reset", "ann"], &database, b"short\n")?.contains("8 to 128 characters"));
    assert!(can_log_in(&database, "ann", "correct horse").await?);
    Ok(())
}

#[test]
fn an_unknown_name_and_a_missing_database_are_named_and_nothing_is_made() -> Result {
    let (_directory, database) = place()?;
    let calls: [&[&str]; 5] =
        [&["list"], &["role", "eve", "viewer"], &["reset", "eve"], &["disable", "eve"], &["enable", "eve"]];
    for words in calls {
        let missing = refused(words, &database, b"correct horse\n")?;
        assert!(missing.contains(&database.display().to_string()), "{missing}");
        assert!(!database.exists());
    }
    done(&["add", "ann"], &database, b"correct horse\n")?;
    for words in &calls[1..] {
        assert!(refused(words, &database, b"correct horse\n")?.contains("there is no account eve"));
    }
    Ok(())
}

#[tokio::test]
async fn a_change_from_the_shell_ends_the_sessions_in_the_browser() -> Result {
    let (_directory, database) = place()?;
    done(&["add", "ann"], &database, b"correct horse\n")?;
    done(&["add", "bob"], &database, b"correct horse\n")?;
    let storage = Storage::open(&database)?;
    let calls: [&[&str]; 3] =
        [&["role", "bob", Role::Viewer.as_ref()], &["reset", "bob"], &["disable", "bob"]];
    for words in calls {
        let open = "INSERT INTO sessions (key_hash, number, account_id, state, began_at, used_at, remembered)
                    SELECT x'00', 1, id, '{}', unixepoch(), unixepoch(), 0 FROM accounts WHERE name = 'bob'";
        storage.call(move |connection| connection.execute(open, [])).await?;
        done(words, &database, b"a new password\n")?;
        let count = "SELECT count(*) FROM sessions";
        let left: i64 =
            storage.call(move |connection| connection.query_row(count, [], |row| row.get(0))).await?;
        assert_eq!(left, 0, "{words:?}");
    }
    Ok(())
}
