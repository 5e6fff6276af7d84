//! Opening, and opening again.

use std::io;
use std::path::Path;

use tokio::join;
use tokio::net::{UnixSocket, UnixStream};

use crate::fail2ban::error::Error;

use super::super::Connection;
use super::fake::{FakeDaemon, LONG, Peer, SHORT, TestResult, framed, pickled, question};

#[tokio::test]
async fn the_first_question_after_a_restart_of_the_daemon_just_works() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    // Again and again: the question may come before or after the end is noticed.
    for generation in 1..=200 {
        let word = generation.to_string();
        let (answer, answered) = join!(connection.ask(question(&word, LONG)), async {
            // Its end is the end of the connection.
            daemon.accept().await?.echo().await
        });
        answered?;
        assert_eq!(answer?, pickled(&word));
        assert_eq!(connection.generation(), generation);
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_socket_and_a_dead_daemon_are_told_apart_and_recovered_from() -> TestResult {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("socket");
    let connection = Connection::new(socket.clone());
    let missing = connection.ask(question("1", LONG)).await;
    assert!(matches!(missing, Err(Error::SocketMissing(_))), "{missing:?}");

    let listener = std::os::unix::net::UnixListener::bind(&socket)?;
    drop(listener);
    let dead = connection.ask(question("2", LONG)).await;
    assert!(matches!(dead, Err(Error::NotRunning(_))), "{dead:?}");

    std::fs::remove_file(&socket)?;
    let listener = tokio::net::UnixListener::bind(&socket)?;
    let (pid, _) = join!(connection.peer_pid(), listener.accept());
    assert_eq!(pid?, Some(i32::try_from(std::process::id())?));
    Ok(())
}

#[test]
fn a_socket_that_may_not_be_opened_is_permission_denied() {
    let error = io::Error::from(io::ErrorKind::PermissionDenied);
    let error = Error::from_connect(Path::new("/run/fail2ban.sock"), &error);
    assert!(matches!(error, Error::PermissionDenied(_)), "{error:?}");
}

#[tokio::test]
async fn a_daemon_too_busy_to_take_the_connection_is_tried_again() -> TestResult {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("socket");
    let unbound = UnixSocket::new_stream()?;
    unbound.bind(&socket)?;
    let listener = unbound.listen(1)?;
    let mut others = Vec::new();
    let full = loop {
        match UnixStream::connect(&socket).await {
            Ok(stream) => others.push(stream),
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);

    let connection = Connection::new(socket);
    let impatient = connection.ask(question("1", SHORT)).await;
    assert!(matches!(impatient, Err(Error::Deadline(SHORT))), "{impatient:?}");

    let taking = async {
        for _ in &others {
            listener.accept().await?;
        }
        Peer::new(listener.accept().await?.0).echo().await
    };
    let (answer, answered) = join!(connection.ask(question("2", LONG)), taking);
    answered?;
    assert_eq!(answer?, pickled("2"));
    Ok(())
}

/// More than the socket takes while nobody reads.
fn too_large_to_be_written() -> String {
    "x".repeat(1 << 20)
}

#[tokio::test]
async fn a_question_that_was_not_written_is_asked_on_the_next_connection() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let large = question(&too_large_to_be_written(), SHORT);
    let questions = vec![large, question("given up", SHORT / 2), question("kept", LONG)];
    let answering = async {
        let hanging = daemon.accept().await?;
        let received = daemon.accept().await?.echo().await?;
        drop(hanging);
        Ok::<_, Box<dyn std::error::Error>>(received)
    };
    let (answers, received) = join!(connection.ask_all(questions), answering);
    assert!(matches!(answers[0], Err(Error::Deadline(SHORT))), "{:?}", answers[0]);
    assert!(matches!(answers[1], Err(Error::Deadline(_))), "{:?}", answers[1]);
    assert_eq!(answers[2].clone()?, pickled("kept"));
    assert_eq!(received?, ["echo", "kept"]);
    Ok(())
}

#[tokio::test]
async fn a_question_whose_caller_has_gone_before_it_was_written_is_not_asked() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let large = question(&too_large_to_be_written(), LONG);
    let (given_up, gave_up) = tokio::sync::oneshot::channel();
    let others = async {
        let outcome = connection.ask(question("given up", SHORT)).await;
        given_up.send(()).map_err(|()| "the fake daemon has ended")?;
        Ok::<_, &str>((outcome, connection.ask(question("kept", LONG)).await))
    };
    let answering = async {
        let mut peer = daemon.accept().await?;
        gave_up.await?;
        peer.question().await?;
        peer.send(&framed("large")).await?;
        peer.echo().await
    };
    let (large, others, received) = join!(connection.ask(large), others, answering);
    let (given_up, kept) = others?;
    assert!(matches!(given_up, Err(Error::Deadline(SHORT))), "{given_up:?}");
    assert_eq!(received?, ["echo", "kept"]);
    assert_eq!([large?, kept?], ["large", "kept"].map(pickled));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_came_before_the_end_is_not_lost() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    // Again and again: the end is noticed by reading or by writing.
    for _ in 0..50 {
        let questions = vec![question("small", LONG), question(&too_large_to_be_written(), LONG)];
        let (answers, answered) =
            join!(connection.ask_all(questions), async { daemon.accept().await?.echo().await });
        answered?;
        assert_eq!(answers[0].clone()?, pickled("small"));
        assert!(matches!(answers[1], Err(Error::CutOff(_))), "{:?}", answers[1]);
    }
    Ok(())
}

#[tokio::test]
async fn the_socket_is_closed_when_the_last_handle_is_gone() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let other = connection.clone();
    let (answer, peer) = join!(connection.ask(question("1", LONG)), async {
        let mut peer = daemon.accept().await?;
        peer.echo().await?;
        Ok::<_, Box<dyn std::error::Error>>(peer)
    });
    answer?;
    let mut peer = peer?;
    drop(connection);
    let (answer, answered) = join!(other.ask(question("2", LONG)), peer.echo());
    answered?;
    assert_eq!(answer?, pickled("2"));
    drop(other);
    assert!(peer.question().await.is_err());
    Ok(())
}

#[test]
fn a_connection_outlives_the_runtime_it_was_first_used_on() -> TestResult {
    let folder = tempfile::tempdir()?;
    let connection = Connection::new(folder.path().join("socket"));
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let missing = runtime.block_on(connection.ask(question("1", LONG)));
        assert!(matches!(missing, Err(Error::SocketMissing(_))), "{missing:?}");
    }
    Ok(())
}
