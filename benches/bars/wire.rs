//! fail2ban's socket with nothing around it: what anything built on it can be measured against.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use memchr::memmem;
use serde_pickle::{DeOptions, SerOptions, Value};

use crate::support::Res;

/// The end of a request and of a reply (`fail2ban/protocol.py`, `CSPROTO.END`).
pub const END: &[u8] = b"<F2B_END_COMMAND>";
/// Longer than a million bans take.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two tries while the daemon's backlog of 1 is full.
const BUSY: Duration = Duration::from_millis(2);

/// A connection to the daemon.
pub struct Wire {
    stream: UnixStream,
    received: Vec<u8>,
}

/// `(currently, total)` of a jail's bans.
pub type Counts = (usize, usize);

impl Wire {
    /// Opens one, however busy the daemon is.
    pub fn open(socket: &Path) -> Res<Self> {
        Ok(Self { stream: open(socket)?, received: Vec::with_capacity(16 << 20) })
    }

    /// Sends `requests`, and reads so many replies, each to its end marker, without decoding anything.
    pub fn exchange(&mut self, requests: &[u8], replies: usize) -> Res<&[u8]> {
        self.received.clear();
        let mut writer = self.stream.try_clone()?;
        let requests = requests.to_vec();
        // What is asked may be more than the socket holds while nobody reads the answers.
        let written = std::thread::spawn(move || writer.write_all(&requests));
        let (mut found, mut looked) = (0, 0);
        while found < replies {
            read_some(&mut self.stream, &mut self.received)?;
            let begin = looked;
            for at in memmem::find_iter(&self.received[begin..], END) {
                found += 1;
                looked = begin + at + END.len();
            }
            looked = looked.max(self.received.len().saturating_sub(END.len() - 1));
        }
        written.join().map_err(|_| "the writer broke off")??;
        Ok(&self.received)
    }

    /// Asks one thing, and reads what the reply means.
    pub fn ask(&mut self, words: &[&str]) -> Res<Value> {
        let reply = self.exchange(&request(words)?, 1)?;
        let reply = reply.strip_suffix(END).ok_or("a reply that goes on after its end")?;
        match serde_pickle::value_from_slice(reply, DeOptions::new())? {
            Value::Tuple(pair) if pair.first() == Some(&Value::I64(0)) => {
                Ok(pair.into_iter().nth(1).ok_or("no payload")?)
            }
            other => Err(format!("fail2ban refused {words:?}: {other}").into()),
        }
    }

    /// The counts of `jail`, from `status J short`.
    pub fn counts(&mut self, jail: &str) -> Res<Counts> {
        let status = self.ask(&["status", jail, "short"])?;
        Ok((figure(&status, "Currently banned")?, figure(&status, "Total banned")?))
    }
}

/// A request as fail2ban reads it, with its end marker.
pub fn request(words: &[&str]) -> Res<Vec<u8>> {
    Ok([serde_pickle::to_vec(&words, SerOptions::new())?.as_slice(), END].concat())
}

/// The request for a whole ban list.
pub fn list_of(jail: &str) -> Res<Vec<u8>> {
    request(&["get", jail, "banip", "--with-time"])
}

/// How long one raw fetch of a jail's list takes: connect, ask, read to the end.
pub fn raw_fetch(socket: &Path, jail: &str) -> Res<Duration> {
    let request = list_of(jail)?;
    let begin = Instant::now();
    let mut wire = Wire::open(socket)?;
    let bytes = wire.exchange(&request, 1)?.len();
    let time = begin.elapsed();
    if bytes < 1_000 { Err("a ban list without bans".into()) } else { Ok(time) }
}

/// Opens the socket; while the daemon has no room for one more it is tried again.
pub fn open(socket: &Path) -> Res<UnixStream> {
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(BUSY),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads what there is, at least a byte.
pub fn read_some(stream: &mut impl Read, received: &mut Vec<u8>) -> Res {
    let begin = received.len();
    received.resize(begin + (1 << 16), 0);
    let count = stream.read(&mut received[begin..])?;
    received.truncate(begin + count);
    if count == 0 { Err("the other side ended the connection".into()) } else { Ok(()) }
}

/// The number that stands beside `name`, wherever in `value`.
fn figure(value: &Value, name: &str) -> Res<usize> {
    fn search(value: &Value, name: &str) -> Option<i64> {
        match value {
            Value::List(items) | Value::Tuple(items) => match items.as_slice() {
                [Value::String(key), Value::I64(number)] if key == name => Some(*number),
                items => items.iter().find_map(|item| search(item, name)),
            },
            _ => None,
        }
    }
    Ok(search(value, name).ok_or_else(|| format!("no {name}"))?.try_into()?)
}
