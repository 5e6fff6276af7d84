//! A socket that systemd holds for a fail2ban that is stopped. A program takes the place of `systemctl`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;
use tokio::join;
use tokio::net::UnixListener;
use tokio::time::timeout;

use crate::fail2ban::error::Error;

use super::super::Connection;
use super::super::activation::Activation;
use super::fake::{LONG, Peer, SHORT, TestResult, pickled, question};

/// A socket that somebody listens on, and a systemd that says the service is in the state of a file.
struct Held {
    folder: TempDir,
    listener: UnixListener,
    connection: Connection,
}

impl Held {
    fn start(script: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let (socket, systemctl) = (folder.path().join("socket"), folder.path().join("systemctl"));
        let script = script.replace("FOLDER", &folder.path().to_string_lossy());
        fs::write(
            &systemctl,
            format!("#!/bin/sh\necho asked >> {}/asked\n{script}\n", folder.path().display()),
        )?;
        fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755))?;
        let listener = UnixListener::bind(&socket)?;
        let activation = Activation::new(folder.path().to_owned(), systemctl);
        Ok(Self { connection: Connection::with_activation(socket, activation), folder, listener })
    }

    fn service_is(&self, state: &str) -> TestResult {
        Ok(fs::write(self.folder.path().join("state"), state)?)
    }

    /// Counts how often systemd was asked.
    fn asked(&self) -> usize {
        fs::read_to_string(self.folder.path().join("asked")).map_or(0, |asked| asked.lines().count())
    }
}

const UNITS: &str = "\
echo 'Listen=FOLDER/socket (Stream)'
echo Id=fail2ban.socket
echo LoadState=loaded
echo ActiveState=active
echo
echo Id=fail2ban.service
echo LoadState=loaded
echo ActiveState=$(cat FOLDER/state)";

#[tokio::test]
async fn the_socket_of_a_stopped_fail2ban_is_not_opened_until_it_is_started() -> TestResult {
    let held = Held::start(UNITS)?;
    held.service_is("inactive")?;
    for _ in 0..20 {
        let answer = held.connection.ask(question("1", LONG)).await;
        assert!(matches!(answer, Err(Error::WouldStart(_))), "{answer:?}");
    }
    assert!(matches!(held.connection.peer_pid().await, Err(Error::WouldStart(_))));
    assert!(timeout(SHORT, held.listener.accept()).await.is_err(), "it was opened");
    assert!(held.asked() < 20, "systemd is not asked each time");

    held.service_is("active")?;
    let answered = async {
        let (stream, _) = held.listener.accept().await?;
        Peer::new(stream).echo().await
    };
    let asking = async {
        loop {
            match held.connection.ask(question("2", LONG)).await {
                Err(Error::WouldStart(_)) => tokio::time::sleep(SHORT).await,
                other => return other,
            }
        }
    };
    let (answer, answered) = join!(asking, answered);
    answered?;
    assert_eq!(answer?, pickled("2"));
    assert_eq!(held.connection.generation(), 1);
    Ok(())
}

#[tokio::test]
async fn a_fail2ban_that_is_just_ending_is_not_started_again() -> TestResult {
    let held = Held::start(UNITS)?;
    held.service_is("active")?;
    let (answer, peer) = join!(held.connection.ask(question("1", LONG)), async {
        let mut peer = Peer::new(held.listener.accept().await?.0);
        peer.echo().await?;
        Ok::<_, Box<dyn std::error::Error>>(peer)
    });
    assert_eq!(answer?, pickled("1"));
    held.service_is("deactivating")?;
    drop(peer?);
    loop {
        match held.connection.ask(question("2", LONG)).await {
            Err(Error::WouldStart(_)) => break,
            // Its end was noticed later than the question was asked.
            Err(Error::CutOff(_)) => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    assert!(timeout(SHORT, held.listener.accept()).await.is_err(), "it was opened");
    Ok(())
}

#[tokio::test]
async fn where_systemd_tells_nothing_the_socket_is_opened() -> TestResult {
    for script in ["exit 1", "echo nonsense", "true", "kill -9 $$"] {
        let held = Held::start(script)?;
        let (answer, answered) = join!(held.connection.ask(question("1", LONG)), async {
            Peer::new(held.listener.accept().await?.0).echo().await
        });
        answered?;
        assert_eq!(answer?, pickled("1"), "{script}");
    }
    Ok(())
}
