//! A socket between BanGUI and the daemon: notes what is asked and when, and may answer in the daemon's place.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use memchr::memmem;
use serde_pickle::DeOptions;
use tempfile::TempDir;

use crate::support::Res;
use crate::wire::{self, END};

/// Answers in the daemon's place, with a whole reply; `None` leaves it to the daemon.
pub type Stand = dyn Fn(&[&str]) -> Option<Arc<Vec<u8>>> + Send + Sync;

/// One command that came by.
#[derive(Clone)]
pub struct Seen {
    /// Its words.
    pub words: Vec<String>,
    /// Its bytes, with the end marker.
    pub bytes: Vec<u8>,
    /// When its whole reply had been passed on.
    pub answered: Option<Instant>,
}

impl Seen {
    /// Whether it asked for a whole ban list.
    pub fn is_full_fetch(&self) -> bool {
        self.words.first().is_some_and(|word| word == "get")
            && self.words.get(2).is_some_and(|word| word == "banip")
    }
}

/// The socket. It is there as long as the benchmark.
pub struct Proxy {
    directory: TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Proxy {
    /// Puts one in front of the daemon behind `socket`.
    pub fn start(socket: &Path, stand: Option<Box<Stand>>) -> Res<Self> {
        let directory = tempfile::tempdir()?;
        let listener = UnixListener::bind(directory.path().join("proxy.sock"))?;
        let (socket, seen) = (socket.to_owned(), Arc::<Mutex<Vec<Seen>>>::default());
        let (notes, stand) = (Arc::clone(&seen), stand.map(Arc::<Stand>::from));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (socket, notes, stand) = (socket.clone(), Arc::clone(&notes), stand.clone());
                // It ends with an error when either side goes away, which is none of our business.
                std::thread::spawn(move || drop(serve(stream, &socket, &notes, stand.as_deref())));
            }
        });
        Ok(Self { directory, seen })
    }

    /// Where it is.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("proxy.sock")
    }

    /// What came by since this was asked last.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What came by, which stays noted.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut client: UnixStream, socket: &Path, notes: &Mutex<Vec<Seen>>, stand: Option<&Stand>) -> Res {
    let mut daemon = wire::open(socket)?;
    let (mut received, mut reply) = (Vec::new(), Vec::new());
    loop {
        while memmem::find(&received, END).is_none() {
            wire::read_some(&mut client, &mut received)?;
        }
        // All that has come is noted before the first of it is answered, which may take long.
        let mut batch = Vec::new();
        while let Some(end) = memmem::find(&received, END) {
            let rest = received.split_off(end + END.len());
            let bytes = std::mem::replace(&mut received, rest);
            let words: Vec<String> = serde_pickle::from_slice(&bytes[..end], DeOptions::new())?;
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            batch.push((notes.len(), bytes.clone(), words.clone()));
            notes.push(Seen { words, bytes, answered: None });
        }
        for (place, bytes, words) in batch {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Some(answer) = stand.and_then(|stand| stand(&words)) {
                client.write_all(&answer)?;
            } else {
                daemon.write_all(&bytes)?;
                reply.clear();
                while !reply.ends_with(END) {
                    let begin = reply.len();
                    wire::read_some(&mut daemon, &mut reply)?;
                    client.write_all(&reply[begin..])?;
                }
            }
            if let Some(seen) = notes.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
                seen.answered = Some(Instant::now());
            }
        }
    }
}
