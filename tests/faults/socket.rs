//! fail2ban's socket: removed, replaced, its permission taken.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::time::Duration;

use crate::faults::process::NOBODY;
use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{Fixture, Reaches, daemon};
use crate::support::TestResult;

fn row(place: u32, fault: &str, said: String, again: Option<Duration>) -> TestResult {
    let kept = "everything".to_owned();
    hand_in(&Row { place: (Part::Socket, place), fault: fault.to_owned(), said, again, kept })
}

#[tokio::test]
async fn removed() -> TestResult {
    let mut world = Fixture::start().await?;
    fs::remove_file(world.daemon.socket())?;
    // The connection is open: fail2ban is there, and what it tells is true.
    let page = world.admin.get("/jails/sshd").await?;
    assert_eq!((page.status, page.rows()?.len()), (200, 1));
    row(1, "the socket removed while connected", "200, what fail2ban goes on to tell".to_owned(), None)?;
    world.bangui.kill()?;
    world.start_bangui_again().await?;
    let said = world.pages_say(502, "fail2ban is not running").await?;
    world.daemon.stop().await?;
    world.daemon.start_again().await?;
    let again = world.recovers().await?;
    row(2, "the socket removed, and a new connection", said, Some(again))
}

#[tokio::test]
async fn replaced() -> TestResult {
    let world = Fixture::start().await?;
    let socket = world.daemon.socket().to_owned();
    world.daemon.kill()?;
    fs::remove_file(&socket)?;
    fs::write(&socket, "no socket at all")?;
    let said = world.pages_say(502, "fail2ban has stopped").await?;
    row(3, "a file in the place of the socket", said, Some(back(&world).await?))?;
    world.daemon.kill()?;
    fs::remove_file(&socket)?;
    let listener = UnixListener::bind(&socket)?;
    let other = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = async move {
                // Enough of a question to answer it.
                stream.read_u8().await?;
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await
            };
            // Whoever hangs up does not matter.
            tokio::spawn(async move { drop(answer.await) });
        }
    });
    let title = "fail2ban's answer could not be read";
    let said = world.pages_say(502, title).await;
    other.abort();
    row(4, "another program behind the socket", said?, Some(back(&world).await?))
}

/// Starts the real one in the place of whatever is there.
async fn back(world: &Fixture) -> Result<Duration, Box<dyn std::error::Error>> {
    world.daemon.start_again().await?;
    world.recovers().await
}

#[tokio::test]
async fn its_permission_taken() -> TestResult {
    let daemon = daemon().await?;
    let socket = daemon.socket().to_owned();
    let for_all = || fs::set_permissions(&socket, fs::Permissions::from_mode(0o666));
    for_all()?;
    let world = Fixture::around(daemon, NOBODY, Reaches::Socket(socket.clone())).await?;
    // A restarted fail2ban makes its socket anew, for root alone.
    world.daemon.stop().await?;
    world.daemon.start_again().await?;
    let said = world.pages_say(502, "No permission to talk to fail2ban").await?;
    for_all()?;
    let again = world.recovers().await?;
    row(5, "the permission on the socket taken (BanGUI as a user of its own)", said, Some(again))
}
