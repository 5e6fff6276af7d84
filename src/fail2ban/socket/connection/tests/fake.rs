//! A daemon that does things that the real one will not: hang, cut a reply, send garbage.

use std::io;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::super::{Connection, Question};
use crate::domain::text::END_OF_MESSAGE;

pub type TestResult = Result<(), Box<dyn std::error::Error>>;

/// No test waits this long unless something is broken.
pub const LONG: Duration = Duration::from_secs(30);
pub const SHORT: Duration = Duration::from_millis(100);

pub struct FakeDaemon {
    /// The folder, removed with this.
    _folder: TempDir,
    listener: UnixListener,
}

impl FakeDaemon {
    pub fn start() -> io::Result<(Self, Connection)> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("socket"))?;
        let connection = Connection::new(folder.path().join("socket"));
        Ok((Self { _folder: folder, listener }, connection))
    }

    pub async fn accept(&self) -> io::Result<Peer> {
        let (stream, _) = self.listener.accept().await?;
        Ok(Peer { stream, received: Vec::new() })
    }
}

/// The daemon's side of one connection.
pub(crate) struct Peer {
    stream: UnixStream,
    received: Vec<u8>,
}

impl Peer {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, received: Vec::new() }
    }

    /// The next question's words; an error when the other side has closed.
    pub async fn question(&mut self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let marker = END_OF_MESSAGE.as_bytes();
        let mut searched = 0;
        loop {
            let found = memchr::memmem::find(&self.received[searched..], marker);
            if let Some(end) = found.map(|found| searched + found) {
                let rest = self.received.split_off(end + marker.len());
                let question = std::mem::replace(&mut self.received, rest);
                return Ok(serde_pickle::from_slice(&question[..end], serde_pickle::DeOptions::new())?);
            }
            searched = self.received.len().saturating_sub(marker.len());
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("closed".into());
            }
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Answers the next question with its own last word.
    pub(crate) async fn echo(&mut self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let words = self.question().await?;
        let word = words.last().cloned().unwrap_or_default();
        self.send(&framed(&word)).await?;
        Ok(words)
    }
}

/// A reply as it travels.
pub(crate) fn framed(text: &str) -> Vec<u8> {
    [pickled(text).as_slice(), END_OF_MESSAGE.as_bytes()].concat()
}

/// Pickles a string of less than 4 GiB as Python does.
pub fn pickled(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    [b"\x80\x04X".as_slice(), &length, text.as_bytes(), b"\x94."].concat()
}

pub fn question(word: &str, deadline: Duration) -> Question {
    let arguments = vec!["echo".to_owned(), word.to_owned()];
    Question { arguments, deadline, reply_limit: 10_000 }
}
