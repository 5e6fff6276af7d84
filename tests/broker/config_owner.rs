//! A configuration file that another user could change is no order for root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;
use std::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const NOBODY: u32 = 65534;

/// What root is told who names `file`: by `check`, `serve` and `broker` the same.
fn said(file: &Path) -> Result<String> {
    let ask = |arguments: &[&str]| -> Result<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
        let told = command.env_clear().args(arguments).arg("--config").arg(file).output()?;
        Ok(String::from_utf8_lossy(&told.stderr).into_owned())
    };
    let check = ask(&["check"])?;
    if !check.is_empty() {
        for command in [&["serve"][..], &["broker", "--socket=/s", "--allow-user=0"]] {
            assert_eq!(ask(command)?, check);
        }
    }
    Ok(check)
}

fn mode(path: &Path, mode: u32) -> Result {
    Ok(fs::set_permissions(path, Permissions::from_mode(mode))?)
}

#[test]
fn what_another_user_could_change_root_does_not_read() -> Result {
    let place = tempfile::Builder::new().prefix("bangui-owner-").tempdir_in("/tmp")?;
    let directory = place.path().join("etc");
    fs::create_dir(&directory)?;
    mode(&directory, 0o755)?;
    let file = directory.join("bangui.toml");
    fs::write(&file, "session_idle = 5\n")?;
    mode(&file, 0o644)?;
    assert_eq!(said(&file)?, "");

    let (owner, writable) = (format!("belongs to user {NOBODY}"), "others than root may write");
    for path in [&file, &directory] {
        let before = fs::metadata(path)?.permissions();
        chown(path, Some(NOBODY), None)?;
        let told = said(&file)?;
        assert!(
            told.contains(&owner) && told.contains(&format!("`chown root {}`", path.display())),
            "{told}"
        );
        chown(path, Some(0), None)?;
        mode(path, before.mode() | 0o020)?;
        let told = said(&file)?;
        assert!(
            told.contains(writable) && told.contains(&format!("`chmod go-w {}`", path.display())),
            "{told}"
        );
        fs::set_permissions(path, before)?;
    }
    mode(&directory, 0o777)?;
    assert!(said(&file)?.contains(writable));
    // As in /tmp nobody replaces what is root's.
    mode(&directory, 0o1777)?;
    assert_eq!(said(&file)?, "");
    chown(&file, Some(NOBODY), None)?;
    assert!(said(&file)?.contains(&owner));
    chown(&file, Some(0), None)?;
    mode(&directory, 0o755)?;

    // By a link: who may change the link, and what lies behind it.
    let link = place.path().join("link.toml");
    symlink("etc/bangui.toml", &link)?;
    mode(place.path(), 0o755)?;
    assert_eq!(said(&link)?, "");
    lchown(&link, Some(NOBODY), None)?;
    assert!(said(&link)?.contains(&owner));
    lchown(&link, Some(0), None)?;
    mode(&directory, 0o775)?;
    assert!(said(&link)?.contains(writable));
    Ok(())
}

#[test]
fn whoever_is_not_root_reads_a_file_of_their_own() -> Result {
    let place = tempfile::Builder::new().prefix("bangui-owner-").tempdir_in("/tmp")?;
    mode(place.path(), 0o755)?;
    let program = crate::support::as_user::program_for_all(place.path())?;
    let file = place.path().join("bangui.toml");
    fs::write(&file, "session_idle = 5\n")?;
    chown(&file, Some(NOBODY), None)?;
    let mut check = crate::support::as_user::command(NOBODY, &program);
    let told = check.arg("check").arg("--config").arg(&file).output()?;
    assert!(String::from_utf8(told.stdout)?.contains("in the file: session_idle"), "{:?}", told.stderr);
    Ok(())
}
