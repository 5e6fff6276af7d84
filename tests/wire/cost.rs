//! What a hostile reply or request costs, in a process under hard limits: it ends with an error that says
//! what is wrong, below the stated memory, and the process goes on.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use bangui::broker::{Handle, Request};
use bangui::domain::address::Banned;

use crate::support::fake_daemon::FakeDaemon;
use crate::support::until;
use crate::wire::limited::{LimitedBroker, limited};
use crate::wire::{TestResult, bombs};

/// The greeting of a client: its length, the protocol's name, its version.
const HELLO: &[u8] = b"\x00\x00\x00\x0f\x0dbangui-broker\x05";
/// Megabytes of address space.
const MOST: u32 = 3000;

/// A reply's jail, what the error says, and the most megabytes that it may take.
const BOMBS: [(&str, &str, u64); 14] = [
    ("nested", "nested more than 32 deep", 250),
    ("opened", "nested more than 32 deep", 250),
    ("lists", "would take more than", 400),
    ("numbers", "would take more than", 550),
    ("memo", "would take more than", 550),
    ("texts", "would take more than", 550),
    ("tuples", "would take more than", 400),
    ("doubled", "would take more than", 60),
    ("shared more", "would take more than", 650),
    ("classes", "would take more than", 550),
    ("objects", "would take more than", 550),
    ("endless", "longer than", 60),
    ("announced", "longer than", 60),
    ("framed", "opcode 0x3c", 60),
];

#[tokio::test]
async fn a_hostile_reply_ends_as_an_error_below_its_bound_and_the_broker_goes_on() -> TestResult {
    let daemon = FakeDaemon::start(bombs::answer)?;
    let mut exceeded = Vec::new();
    for (jail, words, most) in BOMBS {
        let mut broker = LimitedBroker::start(&daemon.socket(), MOST).await?;
        let handle = Handle::outside(broker.socket());
        let before = broker.peak()?;
        let answer = handle.bans(&jail.parse()?).await;
        let error = answer.err().ok_or(jail)?.to_string();
        assert!(error.contains(words), "{jail}: {error}\n{}", broker.log()?);
        assert_eq!(handle.bans(&"honest".parse()?).await?.bans, [], "after {jail}");
        assert!(broker.runs()?, "{jail}: {}", broker.log()?);
        let peak = broker.peak()?;
        println!("{jail}: {peak} MB, {before} MB before");
        if peak > most {
            exceeded.push(format!("{jail}: {peak} MB"));
        }
    }
    assert!(exceeded.is_empty(), "{exceeded:?}");
    Ok(())
}

#[tokio::test]
async fn entries_that_are_no_bans_are_counted_below_their_bound() -> TestResult {
    let daemon = FakeDaemon::start(bombs::answer)?;
    let broker = LimitedBroker::start(&daemon.socket(), MOST).await?;
    let bans = Handle::outside(broker.socket()).bans(&"shared".parse()?).await?;
    assert_eq!((bans.bans.len(), bans.unread.count, bans.unread.first.len()), (0, 4002, 20));
    let peak = broker.peak()?;
    println!("shared: {peak} MB");
    assert!(peak < 400, "{peak} MB");
    Ok(())
}

#[tokio::test]
async fn a_million_honest_bans_pass_all_bounds() -> TestResult {
    let daemon = FakeDaemon::start(bombs::answer)?;
    let broker = LimitedBroker::start(&daemon.socket(), MOST).await?;
    let bans = Handle::outside(broker.socket()).bans(&"a million honest bans".parse()?).await?;
    assert_eq!(bans.bans.len(), 1_000_000);
    println!("a million bans: {} MB", broker.peak()?);
    Ok(())
}

fn frame(body: &[u8]) -> TestResult<Vec<u8>> {
    Ok([&u32::try_from(body.len())?.to_be_bytes(), body].concat())
}

/// Everybody who may be served asks for as much as fits, of a daemon that does not answer.
#[tokio::test]
async fn as_many_requests_as_fit_as_long_as_they_may_be_are_held_below_their_bound() -> TestResult {
    let directory = tempfile::tempdir()?;
    let socket = directory.path().join("s");
    // The system takes the connection; nobody ever answers on it.
    let silent = UnixListener::bind(&socket)?;
    let mut broker = LimitedBroker::start(&socket, MOST).await?;
    let text = Banned::from_daemon(&"é".repeat(32 * 1024 - 16));
    let request = Request::Unban { jail: "sshd".parse()?, banned: vec![text; 15] };
    let long = frame(&postcard::to_stdvec(&(7_u64, request))?)?;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut stream = UnixStream::connect(broker.socket())?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        stream.write_all(HELLO)?;
        stream.read_exact(&mut [0; 19])?;
        for _ in 0..32 {
            stream.write_all(&long)?;
        }
        streams.push(stream);
    }
    drop(silent);
    for stream in &mut streams {
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
    }
    assert!(broker.runs()?, "{}", broker.log()?);
    let peak = broker.peak()?;
    println!("256 requests: {peak} MB");
    assert!(peak < 1000, "{peak} MB");
    Ok(())
}

#[tokio::test]
async fn requests_that_would_grow_in_memory_are_refused_below_their_bound() -> TestResult {
    let broker = LimitedBroker::start("/nowhere".as_ref(), MOST).await?;
    let unban = |announced: &[u8], behind: usize| {
        frame(&[b"\x07\x0d\x04sshd".as_slice(), announced, &vec![0; behind]].concat())
    };
    // A million texts of no length; more texts than there is memory; a frame of four gigabytes.
    let attacks = [
        unban(b"\xf0\xff\x3f", 0xf_fff0)?,
        unban(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0)?,
        b"\xff\xff\xff\xff".to_vec(),
    ];
    for (number, attack) in attacks.iter().enumerate() {
        let mut stream = UnixStream::connect(broker.socket())?;
        stream.write_all(&[HELLO, attack].concat())?;
        let refused = || Ok(broker.log()?.matches("peer cut off").count() == number + 1);
        until("the request is refused", refused).await?;
    }
    let peak = broker.peak()?;
    println!("growing requests: {peak} MB");
    assert!(peak < 100, "{peak} MB\n{}", broker.log()?);
    Ok(())
}

/// Answers every request with a list of 150,000,000 entries of no length.
fn hostile_broker(listener: &UnixListener) -> std::io::Result<()> {
    let entries = vec![0; 150_000_000];
    loop {
        let (mut stream, _) = listener.accept()?;
        stream.write_all(HELLO)?;
        stream.read_exact(&mut [0; 19])?;
        let mut length = [0; 4];
        while stream.read_exact(&mut length).is_ok() {
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut request)?;
            // The request's number, the generation, that all is well, `IgnoreList`, how many.
            let number = request.first().copied().unwrap_or_default();
            let head = [number, 1, 0, 14, 0x80, 0xa3, 0xc3, 0x47];
            let length = u32::try_from(head.len() + entries.len()).unwrap_or(u32::MAX);
            stream.write_all(&[&length.to_be_bytes(), head.as_slice(), &entries].concat())?;
        }
    }
}

#[test]
fn an_answer_of_the_broker_that_would_grow_in_memory_is_an_error_below_its_bound() -> TestResult {
    let directory = tempfile::tempdir()?;
    let socket = directory.path().join("b.sock");
    let listener = UnixListener::bind(&socket)?;
    // It ends with the test process.
    std::thread::spawn(move || hostile_broker(&listener));
    // The memory that it may use is the address space that it has.
    let mut check = limited(1200, &["check", "--broker"]);
    let checked = check.arg(&socket).arg("--database").arg(directory.path().join("none")).output()?;
    let said = String::from_utf8(checked.stdout)?;
    assert_eq!(checked.status.code(), Some(1), "{said}\n{}", String::from_utf8_lossy(&checked.stderr));
    let broker =
        "FAIL  broker: unreadable answer of the broker: it would take more than 536870912 bytes of memory";
    assert!(said.contains(broker), "{said}");
    Ok(())
}
