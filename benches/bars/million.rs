//! A million bans: a jail of the real daemon whose list and counts are made up, in the bytes that fail2ban would
//! write; every other answer is the daemon's own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::lists::{Lists, MILLION, addresses};
use crate::proxy::Proxy;
use crate::support::Res;
use crate::wire::END;

/// How many bans there are.
pub const BANS: usize = 1_000_000;
/// How long each lasts, in seconds.
const WEEK: i64 = 7 * 86_400;
/// Each of the three replies, pickled as fail2ban does it (`fail2ban/server/asyncserver.py`).
const LIST: &str = "sys.stdin.read().splitlines()";
const STATUS: &str = "[('Filter', [('Currently failed', 0), ('Total failed', 0), ('File list', [sys.argv[1]])]), \
                      ('Actions', [('Currently banned', 1000000), ('Total banned', 1000000)])]";
const NO_DATABASE: &str = "None";

/// The socket in front of the daemon, which has a million bans in [`MILLION`], and who they are.
pub fn daemon(lists: &Lists) -> Res<(Proxy, Vec<IpAddr>)> {
    let banned = addresses(BANS);
    let list = reply(LIST, "", lines(&banned)?)?;
    let status = reply(STATUS, &lists.daemon.log_file(MILLION).to_string_lossy(), String::new())?;
    // Its database knows nothing of the million.
    let no_database = reply(NO_DATABASE, "", String::new())?;
    let stand = move |words: &[&str]| match words {
        ["get", MILLION, "banip", "--with-time"] => Some(Arc::clone(&list)),
        ["status", MILLION, "short"] => Some(Arc::clone(&status)),
        ["get", "dbfile"] => Some(Arc::clone(&no_database)),
        _ => None,
    };
    Ok((Proxy::start(lists.daemon.socket(), Some(Box::new(stand)))?, banned))
}

/// As the daemon lists them, which is by their end; they were banned within the last day.
fn lines(banned: &[IpAddr]) -> Res<String> {
    let time = |second: i64| -> Res<String> {
        let time = Timestamp::from_second(second)?.to_zoned(TimeZone::system());
        Ok(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
    };
    let first = Timestamp::now().as_second() - 86_400;
    let mut text = String::with_capacity(banned.len() * 72);
    for (number, address) in banned.iter().enumerate() {
        let since = first + i64::try_from(number * 86_000 / banned.len())?;
        writeln!(text, "{address} \t{} + {WEEK} = {}", time(since)?, time(since + WEEK)?)?;
    }
    Ok(text)
}

/// `(0, payload)` with the end marker; `payload` is Python.
fn reply(payload: &str, argument: &str, input: String) -> Res<Arc<Vec<u8>>> {
    let program = format!(
        "import pickle, sys\nsys.stdout.buffer.write(pickle.dumps((0, {payload}), pickle.HIGHEST_PROTOCOL))"
    );
    let mut child = Command::new("python3")
        .args(["-c", &program, argument])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("no input")?;
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the writer broke off")??;
    if output.status.success() {
        Ok(Arc::new([output.stdout.as_slice(), END].concat()))
    } else {
        Err("python3, which fail2ban needs too, failed".into())
    }
}
