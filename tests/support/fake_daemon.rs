//! A fake fail2ban that does what the real one will not: answers garbage, breaks off in the middle, refuses
//! one value.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The end of a request and of a reply (`fail2ban/protocol.py`, `CSPROTO.END`).
const END: &[u8] = b"<F2B_END_COMMAND>";

/// One answer.
pub struct Reply {
    bytes: Vec<u8>,
    closes: bool,
}

/// The fake. Dropping it removes its socket.
pub struct FakeDaemon {
    directory: TempDir,
    task: JoinHandle<()>,
}

impl FakeDaemon {
    /// Starts a fake that answers each request, given as its words, with `answer`.
    pub fn start(answer: fn(&[&str]) -> Reply) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let listener = UnixListener::bind(directory.path().join("fake.sock"))?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A visitor who goes away in the middle is none of our business.
                tokio::spawn(async move { drop(serve(stream, answer).await) });
            }
        });
        Ok(Self { directory, task })
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("fake.sock")
    }
}

impl Drop for FakeDaemon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reply {
    /// Sends these bytes as they are; the connection stays open.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), closes: false }
    }

    /// Sends the beginning of a right answer and closes the connection.
    pub fn cut_off() -> Self {
        Self { bytes: b"\x80\x04K\x00\x8c\x051.0".to_vec(), closes: true }
    }

    /// A payload, as fail2ban sends it: `(0, payload)`.
    pub fn payload(payload: impl Serialize) -> Self {
        let mut pickled =
            serde_pickle::to_vec(&(0, payload), serde_pickle::SerOptions::new()).unwrap_or_default();
        // Written as protocol 3, of which protocol 4, as fail2ban writes it, has all opcodes.
        if let Some(protocol) = pickled.get_mut(1) {
            *protocol = 4;
        }
        Self { bytes: [pickled.as_slice(), END].concat(), closes: false }
    }

    /// A refusal, as Python pickles `(1, Exception(words))`.
    pub fn refusal(words: &str) -> Self {
        let length = u32::try_from(words.len()).unwrap_or(u32::MAX).to_le_bytes();
        let exception = [b"\x80\x04K\x01\x8c\x08builtins\x8c\x09Exception\x93X", length.as_slice()].concat();
        let bytes = [exception.as_slice(), words.as_bytes(), b"\x85R\x86.", END].concat();
        Self { bytes, closes: false }
    }
}

async fn serve(
    mut stream: UnixStream,
    answer: fn(&[&str]) -> Reply,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut received = Vec::new();
    loop {
        let Some(end) = received.windows(END.len()).position(|window| window == END) else {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let rest = received.split_off(end + END.len());
        let words: Vec<String> = serde_pickle::from_slice(&received[..end], serde_pickle::DeOptions::new())?;
        received = rest;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let reply = answer(&words);
        stream.write_all(&reply.bytes).await?;
        if reply.closes {
            return Ok(());
        }
    }
}
