//! What the broker refuses, and that it goes on.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bangui::demo::DemoJail;

use crate::broker::pair::Pair;
use crate::broker::people::{OTHER, WEB, run, said};
use crate::support::as_user::command;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, until};

/// The greeting of a client: its length, the protocol's name, its version.
pub const HELLO: &[u8] = b"\x00\x00\x00\x0f\x0dbangui-broker\x05";
/// A request of fail2ban's own protocol that runs a command where it is unpickled.
const PICKLE: &[u8] = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.<F2B_END_COMMAND>";

/// `body` behind its length.
pub fn frame(body: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok([&u32::try_from(body.len())?.to_be_bytes(), body].concat())
}

/// Sends `bytes`; what the broker answers until it hangs up.
fn send(pair: &Pair, bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut stream = UnixStream::connect(pair.socket())?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    // The broker may hang up before it has read everything.
    let _refused = stream.write_all(bytes);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error.into()),
        _ => Ok(answer),
    }
}

async fn pair() -> Result<(Pair, Visitor), Box<dyn Error>> {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    Ok((pair, admin))
}

#[tokio::test]
async fn bytes_that_are_no_requests_are_refused_in_one_line_each_and_the_broker_goes_on() -> TestResult {
    let (pair, admin) = pair().await?;
    let version = [7, 0];
    let hello_and = |bytes: &[u8]| [HELLO, bytes].concat();
    let cases: [(&str, Vec<u8>); 9] = [
        ("a pickle", PICKLE.to_vec()),
        ("a pickle in a frame", frame(PICKLE)?),
        ("a pickle after the greeting", hello_and(PICKLE)),
        ("a pickle as a request", hello_and(&frame(PICKLE)?)),
        ("an oversized frame", hello_and(b"\x00\x10\x00\x01")),
        ("an unknown request", hello_and(&frame(&[7, 100])?)),
        ("a request with more behind it", hello_and(&frame(&[&version[..], b"more"].concat())?)),
        ("an empty frame", hello_and(&frame(b"")?)),
        ("another version", frame(b"\x0dbangui-broker\x63")?),
    ];
    let lines = |log: &str| log.lines().filter(|line| line.contains("peer cut off")).count();
    for (number, (what, bytes)) in cases.iter().enumerate() {
        let answer = send(&pair, bytes)?;
        assert!(answer.len() <= HELLO.len(), "{what}: {answer:?}");
        until(what, || Ok(lines(&pair.broker.log()?) == number + 1)).await?;
        assert_eq!(admin.get("/jails").await?.status, 200, "after {what}");
    }
    // The same request as it should be is answered.
    let mut stream = UnixStream::connect(pair.socket())?;
    stream.write_all(&hello_and(&frame(&version)?))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut answer = vec![0; HELLO.len() + 5];
    stream.read_exact(&mut answer)?;
    assert_eq!(answer.get(HELLO.len() + 4), Some(&7), "the answer has the request's number");
    Ok(())
}

#[tokio::test]
async fn truncated_frames_and_idle_peers_hold_nobody_up() -> TestResult {
    let (pair, admin) = pair().await?;
    let whole = [HELLO, &frame(&[7, 0])?].concat();
    for length in 0..whole.len() {
        let mut stream = UnixStream::connect(pair.socket())?;
        stream.write_all(whole.get(..length).ok_or("too short")?)?;
    }
    // More than it takes at once: those that came first make room.
    let idle: Vec<UnixStream> =
        (0..12).map(|_| UnixStream::connect(pair.socket())).collect::<Result<_, _>>()?;
    pair.broker.until_logs("it was idle, and another came").await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    drop(idle);
    assert_eq!(admin.get("/jails").await?.status, 200);
    assert!(!pair.broker.log()?.contains("panicked"), "{}", pair.broker.log()?);
    Ok(())
}

#[tokio::test]
async fn idle_peers_keep_neither_root_nor_the_web_server_out() -> TestResult {
    let (pair, admin) = pair().await?;
    let socket = pair.socket().to_string_lossy().into_owned();
    let script = "import socket, sys
peers = [socket.socket(socket.AF_UNIX) for _ in range(12)]
for peer in peers: peer.connect(sys.argv[1])
print('connected', flush=True)
sys.stdin.read()";
    let mut flood = command(WEB, Path::new("python3"));
    flood.args(["-c", script, &socket]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut flood = flood.spawn()?;
    let mut line = String::new();
    BufReader::new(flood.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    assert_eq!(line, "connected\n");
    // Of root as well.
    let own: Vec<UnixStream> =
        (0..12).map(|_| UnixStream::connect(pair.socket())).collect::<Result<_, _>>()?;
    let check = ["check", "--database", "/nowhere/at/all", "--broker", &socket];
    for user in [0, WEB] {
        let said = said(&run(user, &pair.program, &check)?);
        assert!(said.contains("ok    fail2ban"), "{user}: {said}");
    }
    assert_eq!(admin.get("/jails").await?.status, 200);
    drop((flood.stdin.take(), own));
    flood.wait()?;
    Ok(())
}

#[tokio::test]
async fn a_jail_that_could_be_an_option_or_end_a_message_is_no_request() -> TestResult {
    let (pair, admin) = pair().await?;
    // `Status` of a jail: the request's number, the place of `Status` in the table, a text.
    let status = |jail: &str| -> Result<Vec<u8>, Box<dyn Error>> {
        frame(&[&[7, 3, u8::try_from(jail.len())?], jail.as_bytes()].concat())
    };
    let mut stream = UnixStream::connect(pair.socket())?;
    stream.write_all(&[HELLO, &status("sshd")?].concat())?;
    let mut answer = vec![0; HELLO.len() + 5];
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    stream.read_exact(&mut answer)?;
    assert_eq!(answer.get(HELLO.len() + 4), Some(&7), "a jail's name is one");
    for jail in ["--all", "logtarget", "dbfile", "", "a\nb", "a<F2B_END_COMMAND>b"] {
        let answer = send(&pair, &[HELLO, &status(jail)?].concat())?;
        assert_eq!(answer.len(), HELLO.len(), "{jail:?}: {answer:?}");
    }
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn another_user_is_refused_by_the_socket_and_by_the_broker_itself() -> TestResult {
    let (pair, admin) = pair().await?;
    let socket = pair.socket().to_string_lossy().into_owned();
    let check = ["check", "--database", "/nowhere/at/all", "--broker", &socket];
    assert!(said(&run(WEB, &pair.program, &check)?).contains("ok    fail2ban"), "the served user is let in");
    let denied = said(&run(OTHER, &pair.program, &check)?);
    assert!(denied.contains("permission denied on the broker's socket"), "{denied}");
    // Somebody opens the socket for all: the broker still knows who comes.
    let opened = command(0, "chmod".as_ref()).args(["666", &socket]).stdin(Stdio::null()).status()?;
    assert!(opened.success());
    let refused = said(&run(OTHER, &pair.program, &check)?);
    assert!(refused.contains("hung up at once"), "{refused}");
    let log = pair.broker.log()?;
    let line = log.lines().find(|line| line.contains("peer refused")).ok_or("no line")?;
    assert!(line.contains(&format!("uid={OTHER}")), "{line}");
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok(())
}
