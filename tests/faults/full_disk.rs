//! The disk with BanGUI's database is full.

use std::error::Error;
use std::fs;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture, PAGES, Reaches, daemon};
use crate::support::site::PASSWORD;
use crate::support::{TestResult, banned, until};

/// A small disk of its own. Unmounted when this is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(directory: &Path) -> Result<Self, Box<dyn Error>> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "bangui-fault"])
            .arg(directory)
            .output()?;
        if mount.status.success() {
            return Ok(Self(directory.to_owned()));
        }
        let said = String::from_utf8_lossy(&mount.stderr).into_owned();
        Err(format!("this case mounts a small disk, for which it has to be root: {said}").into())
    }

    /// Fills it to the last byte; the file that fills it.
    fn fill(&self) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.0.join("filler");
        let mut filler = File::create(&path)?;
        loop {
            match filler.write_all(&[0; 512]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(path),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: what still has a file open there is about to end.
        let _said = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test]
async fn full() -> TestResult {
    let directory = tempfile::tempdir()?;
    let disk = Disk::mount(directory.path())?;
    let daemon = daemon().await?;
    let reaches = Reaches::Socket(daemon.socket().to_owned());
    let world = Fixture::with_database_in(daemon, 0, reaches, directory.path()).await?;
    let filler = disk.fill()?;
    let mut said = None;
    // The log of changes may have room for some rows more.
    for number in 1..=100 {
        let address = format!("203.0.113.{number}");
        let page = world.admin.post("/jails/sshd/ban", &[("ip", &address)]).await?;
        if page.status == 503 {
            said = Some((page, address));
            break;
        }
    }
    let (page, address) = said.ok_or("the disk was never full")?;
    assert_eq!(page.text("h1")?, "Nothing was done");
    assert!(
        page.text("main")?.contains("cannot record the action in the audit, so it was not done"),
        "{}",
        page.body
    );
    assert!(!banned(&world.daemon, "sshd")?.contains(&address));
    assert!(world.bangui.log()?.contains("disk is full"), "{}", world.bangui.log()?);
    // Looking and lifting a ban need no room.
    for path in PAGES {
        assert_eq!(world.admin.get(path).await?.status, 200, "{path}");
    }
    world.tells_the_truth().await?;
    let page = world.admin.submit("/unban", &[("ip", BANNED)]).await?;
    assert!(
        page.text("#messages")?.starts_with(&format!("{BANNED} is no longer banned in sshd.")),
        "{}",
        page.body
    );
    assert!(!banned(&world.daemon, "sshd")?.contains(&BANNED.to_owned()));
    let audit = world.admin.get("/audit").await?.text("[role=alert]")?;
    assert!(audit.contains("1 row waits until BanGUI's database can be written"), "{audit}");
    assert!(world.bangui.log()?.contains("waits for the database"), "{}", world.bangui.log()?);
    crate::support::client(&world.daemon, &["set", "sshd", "banip", BANNED])?;
    let form = [("username", "bob"), ("password", PASSWORD), ("role", "viewer")];
    assert_eq!(world.admin.post("/accounts", &form).await?.status, 503);
    world.nothing_is_lost()?;
    fs::remove_file(filler)?;
    let again = world.recovers().await?;
    let database = rusqlite::Connection::open(&world.how.database)?;
    let written = "SELECT count(*) FROM audit WHERE action = 'quick unban' AND outcome = 'done'";
    until("the row that waited is in the audit", || {
        Ok(database.query_row(written, [], |row| row.get::<_, i64>(0))? == 1)
    })
    .await?;
    // What was said not to be done was not.
    assert_eq!(world.ledger()?.count("accounts"), 1);
    assert_eq!(world.admin.submit("/accounts", &form).await?.status, 200);
    assert_eq!(world.ledger()?.count("accounts"), 2);
    hand_in(&Row {
        place: (Part::OwnDatabase, 2),
        fault: "the disk with BanGUI's database full".to_owned(),
        said: "200, every page; an action 503 “Nothing was done”, a quick unban as always".to_owned(),
        again: Some(again),
        kept: "everything; a quick unban is done, its row waits in memory and is written later".to_owned(),
    })?;
    drop(world);
    drop(disk);
    Ok(())
}
