//! A socket between BanGUI and the daemon: notes what is asked, and lets the daemon seem busy with a command
//! for as long as a test needs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_pickle::DeOptions;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The end of a request and of a reply (`fail2ban/protocol.py`, `CSPROTO.END`).
const END: &[u8] = b"<F2B_END_COMMAND>";

/// The socket. It is gone when this is dropped.
pub struct Between {
    directory: TempDir,
    notes: Arc<Notes>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Notes {
    asked: Mutex<Vec<String>>,
    /// The beginning of the commands that are delayed, and the delay.
    slow: Mutex<Option<(&'static str, Duration)>>,
}

impl Between {
    /// Starts in front of the daemon behind `daemon`.
    pub fn start(daemon: &Path) -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let listener = UnixListener::bind(directory.path().join("between.sock"))?;
        let notes = Arc::<Notes>::default();
        let (daemon, own) = (daemon.to_owned(), Arc::clone(&notes));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (daemon, notes) = (daemon.clone(), Arc::clone(&own));
                // A visitor who goes away in the middle is none of our business.
                tokio::spawn(async move { drop(pass_on(stream, &daemon, &notes).await) });
            }
        });
        Ok(Self { directory, notes, task })
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("between.sock")
    }

    /// The commands since the last call of this.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Number of commands that begin with `words` so far; [`Self::asked`] still returns them.
    pub fn number_of(&self, words: &str) -> usize {
        let asked = self.notes.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|command| command.starts_with(words)).count()
    }

    /// Delays each command that begins with `words` from now on.
    pub fn slow_down(&self, words: &'static str, by: Duration) {
        *self.notes.slow.lock().unwrap_or_else(PoisonError::into_inner) = Some((words, by));
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(mut client: UnixStream, daemon: &Path, notes: &Notes) -> Result<(), Box<dyn Error>> {
    let mut daemon = UnixStream::connect(daemon).await?;
    let (mut received, mut answer) = (Vec::new(), Vec::new());
    loop {
        let request = read(&mut client, &mut received).await?;
        let words: Vec<String> = serde_pickle::from_slice(&request, DeOptions::new())?;
        let words = words.join(" ");
        notes.asked.lock().unwrap_or_else(PoisonError::into_inner).push(words.clone());
        let slow = *notes.slow.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, by)) = slow.filter(|(with, _)| words.starts_with(with)) {
            tokio::time::sleep(by).await;
        }
        daemon.write_all(&[&request, END].concat()).await?;
        let reply = read(&mut daemon, &mut answer).await?;
        client.write_all(&[&reply, END].concat()).await?;
    }
}

/// Reads up to the next end.
async fn read(from: &mut UnixStream, received: &mut Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
    loop {
        if let Some(end) = memchr::memmem::find(received, END) {
            let rest = received.split_off(end + END.len());
            let mut message = std::mem::replace(received, rest);
            message.truncate(end);
            return Ok(message);
        }
        if from.read_buf(received).await? == 0 {
            return Err("it is closed".into());
        }
    }
}
