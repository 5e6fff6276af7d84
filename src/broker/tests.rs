//! The stream of requests and answers, over any stream.

use std::error::Error as StdError;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::io::{ReadHalf, WriteHalf, duplex};
use tokio::task::JoinHandle;

use crate::domain::address::Banned;
use crate::domain::ignore::Listed;
use crate::domain::server::ServerChange;
use crate::fail2ban::Error;
use crate::fail2ban::broker_error::BrokerError;
use crate::fail2ban::client_program::ClientProgram;
use crate::fail2ban::client_program::restart::RestartWay;

use super::change_log::Peer;
use super::frames::{Answer, Head, Incoming, NumberedRequest, Outgoing};
use super::handle::Handle;
use super::operations::{Reply, Request};
use super::serve::Capacity;
use super::service::Broker;
use super::version::FrameError;
use super::{frames, serve};

type TestResult = Result<(), Box<dyn StdError>>;
type Ends = (Incoming<ReadHalf<tokio::io::DuplexStream>>, Outgoing<WriteHalf<tokio::io::DuplexStream>>);

/// A broker without a daemon, whose client program takes its time until the file `go` is there.
async fn slow_broker(place: &Path) -> Result<(Ends, JoinHandle<Result<(), FrameError>>), Box<dyn StdError>> {
    let program = place.join("fail2ban-client");
    let script = format!(
        "#!/bin/sh\necho x >> {0}/begun\nwhile ! [ -e {0}/go ]; do sleep 0.05; done\necho 1.2.3\n",
        place.display()
    );
    fs::write(&program, script)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let client = ClientProgram { program, ..ClientProgram::new(place.join("absent.sock"), "/c".into()) };
    let broker = Broker::with(client, Some(vec!["a-secret-command".to_owned()]));
    let (near, far) = duplex(1024);
    let serving = tokio::spawn(serve(far, Peer::default(), Arc::new(broker), Arc::new(Capacity::default())));
    let (reader, writer) = tokio::io::split(near);
    let (mut incoming, mut outgoing) = frames::of_client(reader, writer);
    frames::greet(&mut incoming, &mut outgoing).await?;
    Ok(((incoming, outgoing), serving))
}

async fn answer(ends: &mut Ends) -> Result<(u64, Answer), Box<dyn StdError>> {
    let frame = ends.0.next().await.ok_or("no answer")??;
    let (head, answer): (Head, Answer) = frames::decode_frame(&frame)?;
    Ok((head.id, answer))
}

#[tokio::test]
async fn a_slow_answer_holds_up_no_other() -> TestResult {
    let place = TempDir::new()?;
    let (mut ends, serving) = slow_broker(place.path()).await?;
    for (id, request) in [(1, Request::ClientVersion {}), (2, Request::Version {})] {
        ends.1.send(frames::encode_frame(&NumberedRequest { id, request })?).await?;
    }
    let (id, quick) = answer(&mut ends).await?;
    assert!(id == 2 && matches!(quick, Err(Error::SocketMissing(_))), "{id}: {quick:?}");
    fs::write(place.path().join("go"), "")?;
    let (id, slow) = answer(&mut ends).await?;
    assert!(id == 1 && matches!(&slow, Ok(Reply::ClientVersion(version)) if version == "1.2.3"), "{slow:?}");
    drop(ends);
    serving.await??;
    Ok(())
}

#[tokio::test]
async fn never_more_than_three_programs_run_at_once() -> TestResult {
    let place = TempDir::new()?;
    let (mut ends, serving) = slow_broker(place.path()).await?;
    for id in 1..=8 {
        ends.1
            .send(frames::encode_frame(&NumberedRequest { id, request: Request::ClientVersion {} })?)
            .await?;
    }
    let begun = || fs::read_to_string(place.path().join("begun")).map_or(0, |begun| begun.lines().count());
    let start = Instant::now();
    while begun() < 3 && start.elapsed() < Duration::from_mins(1) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Something else is answered meanwhile.
    ends.1.send(frames::encode_frame(&NumberedRequest { id: 9, request: Request::Version {} })?).await?;
    assert_eq!((answer(&mut ends).await?.0, begun()), (9, 3));
    fs::write(place.path().join("go"), "")?;
    for _ in 1..=8 {
        assert!(matches!(answer(&mut ends).await?, (1..=8, Ok(Reply::ClientVersion(_)))));
    }
    assert_eq!(begun(), 8);
    drop(ends);
    serving.await??;
    Ok(())
}

#[test]
fn a_request_reads_back_as_it_was_and_its_arguments_are_read_anew() -> TestResult {
    let jail = "café-日本".parse()?;
    let unban = |banned: &str| Request::Unban {
        jail: "sshd".parse().unwrap_or_else(|e| unreachable!("{e}")),
        banned: vec![Banned::from_daemon(banned)],
    };
    let good = [
        Request::Version {},
        Request::Ban { jail, targets: vec!["203.0.113.5".parse()?, "2001:db8::/32".parse()?] },
        unban("not-an-ip"),
        Request::Ignore { jail: "sshd".parse()?, entries: vec!["home.example.org".parse()?] },
        Request::ChangeServer { change: ServerChange::PurgeAge("86400".parse()?) },
    ];
    for request in good {
        let asked = NumberedRequest { id: 7, request: request.clone() };
        assert_eq!(frames::decode_frame::<NumberedRequest>(&frames::encode_frame(&asked)?)?.request, request);
    }
    let entry = |text: &str| Listed::from_daemon(text.to_owned());
    let long = "x".repeat(64 * 1024 + 1);
    let bad = [
        unban("a<F2B_END_COMMAND>b"),
        unban(&long),
        Request::Unignore { jail: "sshd".parse()?, entry: entry("a\nb") },
        Request::Unignore { jail: "sshd".parse()?, entry: entry(&long) },
        Request::Unignore { jail: "sshd".parse()?, entry: Listed::File("/a\nb".to_owned()) },
        Request::Unignore { jail: "sshd".parse()?, entry: Listed::Other("None".to_owned()) },
        Request::Ban { jail: "sshd".parse()?, targets: vec!["203.0.113.5".parse()?; 20_001] },
        Request::History { asked: Banned::from_daemon(&long) },
    ];
    for request in bad {
        let asked = NumberedRequest { id: 7, request };
        assert!(
            frames::decode_frame::<NumberedRequest>(&frames::encode_frame(&asked)?).is_err(),
            "{asked:?}"
        );
    }
    // A `ChangeServer` with a purge age of 0, which no `PurgeAge` is.
    let mut zero = frames::encode_frame(&NumberedRequest {
        id: 7,
        request: Request::ChangeServer { change: ServerChange::PurgeAge("1".parse()?) },
    })?
    .to_vec();
    assert!(frames::decode_frame::<NumberedRequest>(&zero).is_ok());
    *zero.last_mut().ok_or("empty")? = 0;
    assert!(frames::decode_frame::<NumberedRequest>(&zero).is_err());
    Ok(())
}

#[test]
fn errors_cross_with_their_type_and_commands_do_not_cross_at_all() -> TestResult {
    let head = Head { id: 1, generation: 2 };
    let across = |answer: Answer| -> Result<Answer, FrameError> {
        let (_, read): (Head, Answer) = frames::decode_frame(&frames::write_answer(&head, &answer)?)?;
        Ok(read)
    };
    assert!(
        matches!(across(Err(Error::UnknownJail("x".to_owned())))?, Err(Error::UnknownJail(jail)) if jail == "x")
    );
    let deadline = Duration::from_secs(10);
    assert!(
        matches!(across(Err(Error::Deadline(deadline)))?, Err(Error::Deadline(told)) if told == deadline)
    );
    let own = Err(Error::Broker(BrokerError::HungUp));
    assert!(matches!(across(own)?, Err(Error::Unreadable(_))), "who asks says what of the broker is wrong");
    let way = Reply::RestartWay(RestartWay::Command(vec!["a-secret-command".to_owned()]));
    assert!(
        matches!(across(Ok(way))?, Ok(Reply::RestartWay(RestartWay::Command(words))) if words.is_empty())
    );
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_too_long_is_not_sent() -> TestResult {
    let handle = Handle::outside("/nowhere/broker.sock".into());
    let text = "x".repeat(60 * 1024);
    let many = vec![Banned::from_daemon(&text); 20];
    let refused = handle.unban(&"sshd".parse()?, &many).await;
    assert!(matches!(refused, Err(Error::Broker(BrokerError::TooLong(_)))), "{refused:?}");
    let gone = handle.version().await;
    assert!(matches!(gone, Err(Error::Broker(BrokerError::NotThere(_)))), "{gone:?}");
    Ok(())
}
