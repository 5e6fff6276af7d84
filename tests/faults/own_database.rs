//! BanGUI's own database is locked, or may only be read.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;

use crate::faults::process::NOBODY;
use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture, PAGES, Reaches, daemon};
use crate::support::as_user::{command, program_for_all};
use crate::support::{TestResult, banned};

#[tokio::test]
async fn locked() -> TestResult {
    let world = Fixture::start().await?;
    let other = Connection::open(&world.how.database)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    // Looking needs no writing.
    for path in PAGES {
        assert_eq!(world.admin.get(path).await?.status, 200, "{path}");
    }
    world.tells_the_truth().await?;
    let page = world.admin.post("/jails/sshd/unban", &[("ip", BANNED)]).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (503, "Nothing was done"));
    assert_eq!(banned(&world.daemon, "sshd")?, [BANNED]);
    // The emergency does not wait for a list of it.
    let page = world.admin.submit("/unban", &[("ip", BANNED)]).await?;
    assert!(
        page.text("#messages")?.starts_with(&format!("{BANNED} is no longer banned in sshd.")),
        "{}",
        page.body
    );
    assert!(banned(&world.daemon, "sshd")?.is_empty());
    other.execute_batch("ROLLBACK")?;
    crate::support::client(&world.daemon, &["set", "sshd", "banip", BANNED])?;
    let again = world.recovers().await?;
    hand_in(&Row {
        place: (Part::OwnDatabase, 1),
        fault: "BanGUI's database locked by another program".to_owned(),
        said: "200, every page; an action after 5 s 503 “Nothing was done”; a quick unban is done".to_owned(),
        again: Some(again),
        kept: "everything; the row of the quick unban waits in memory and is written later".to_owned(),
    })
}

#[tokio::test]
async fn read_only() -> TestResult {
    let daemon = daemon().await?;
    let socket = daemon.socket().to_owned();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666))?;
    let mut world = Fixture::around(daemon, NOBODY, Reaches::Socket(socket)).await?;
    world.bangui.kill()?;
    let file = world.how.database.clone();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400))?;
    let mut serve = command(NOBODY, &program_for_all(world.daemon.directory())?);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(&file);
    let output = serve.arg("--fail2ban-socket").arg(world.daemon.socket()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("cannot be written: give this user the right"),
        "{said}"
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    world.start_bangui_again().await?;
    let again = world.recovers().await?;
    hand_in(&Row {
        place: (Part::OwnDatabase, 3),
        fault: "BanGUI's database read-only".to_owned(),
        said: "no page: `bangui serve` does not start, and says “… cannot be written: give this user the right to write it”".to_owned(),
        again: Some(again),
        kept: "everything".to_owned(),
    })
}
