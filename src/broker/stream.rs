//! The task that owns the connection to a broker: opens it when somebody asks, and again after it broke.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::bytes::{Buf as _, BytesMut};

use crate::fail2ban::broker_error::BrokerError;
use crate::mutex::Mutex;

use super::ask::{Ask, cut_off};
use super::frames;
use super::frames::{Head, Incoming, Outgoing};
use super::version::FrameError;

/// Deadline for opening the connection and the greeting.
const OPENING: Duration = Duration::from_secs(5);
/// Number of waiting requests from which on those whose callers have gone are forgotten.
const MANY: usize = 1024;

type WayBack = oneshot::Sender<Result<BytesMut, BrokerError>>;

/// The callers that wait for an answer, by the number of their request.
#[derive(Default)]
struct Waiting(Mutex<HashMap<u64, WayBack>>);

impl Waiting {
    fn add(&self, id: u64, answer: WayBack) {
        let mut map = self.0.lock();
        if map.len() >= MANY {
            map.retain(|_, answer| !answer.is_closed());
        }
        map.insert(id, answer);
    }
}

pub(crate) struct Driver {
    socket: PathBuf,
    generation: Arc<AtomicU64>,
    asks: mpsc::UnboundedReceiver<Ask>,
}

impl Driver {
    pub(crate) fn new(
        socket: PathBuf,
        generation: Arc<AtomicU64>,
        asks: mpsc::UnboundedReceiver<Ask>,
    ) -> Self {
        Self { socket, generation, asks }
    }

    /// Runs until the last handle is gone.
    pub(crate) async fn run(mut self) {
        while let Some(ask) = self.asks.recv().await {
            if ask.answer.is_closed() {
                continue;
            }
            match open(&self.socket).await {
                Ok((incoming, outgoing)) => self.converse(incoming, outgoing, ask).await,
                Err(error) => {
                    tell(ask.answer, Err(error.clone()));
                    while let Ok(ask) = self.asks.try_recv() {
                        tell(ask.answer, Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Sends requests until the connection breaks. Those that were not written then stay in the
    /// queue.
    async fn converse(
        &mut self,
        incoming: Incoming<OwnedReadHalf>,
        outgoing: Outgoing<OwnedWriteHalf>,
        first: Ask,
    ) {
        let waiting = Arc::new(Waiting::default());
        // In the upper half the number of this connection, in the lower one that of the broker's.
        let connection = ((self.generation.load(Ordering::Acquire) >> 32) + 1) << 32;
        let generation = Arc::clone(&self.generation);
        // A task of its own: while a long request is written, answers are read.
        let mut reading = tokio::spawn(read_all(incoming, Arc::clone(&waiting), connection, generation));
        let reason = self.write_all(outgoing, &mut reading, &waiting, first).await;
        reading.abort();
        for (_, answer) in waiting.0.lock().drain() {
            tell(answer, Err(cut_off(&reason)));
        }
    }

    /// Writes requests until the connection breaks. Returns why it did.
    async fn write_all(
        &mut self,
        mut outgoing: Outgoing<OwnedWriteHalf>,
        reading: &mut JoinHandle<String>,
        waiting: &Waiting,
        first: Ask,
    ) -> String {
        let ended = |ended: Result<String, JoinError>| ended.unwrap_or_else(|error| error.to_string());
        let mut next = Some(first);
        loop {
            if let Some(ask) = next.filter(|ask| !ask.answer.is_closed()) {
                waiting.add(ask.id, ask.answer);
                tokio::select! {
                    reason = &mut *reading => return ended(reason),
                    sent = outgoing.send(ask.frame) => if let Err(error) = sent {
                        return error.to_string();
                    },
                }
            }
            next = tokio::select! {
                biased;
                reason = &mut *reading => return ended(reason),
                ask = self.asks.recv() => ask,
            };
            if next.is_none() {
                return "nobody asks any more".to_owned();
            }
        }
    }
}

/// Hands out answers until the connection breaks. Returns why it did.
async fn read_all(
    mut incoming: Incoming<OwnedReadHalf>,
    waiting: Arc<Waiting>,
    connection: u64,
    generation: Arc<AtomicU64>,
) -> String {
    loop {
        let mut frame = match incoming.next().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return error.to_string(),
            None => return "the broker closed it".to_owned(),
        };
        frames::give_back(incoming.read_buffer_mut());
        let (head, behind) = match frames::read_head::<Head>(&frame) {
            Ok((head, rest)) => (head, frame.len() - rest.len()),
            Err(error) => return error.to_string(),
        };
        frame.advance(behind);
        // Before the answer: its receiver looks at the number next.
        generation.fetch_max(connection | (head.generation & u64::from(u32::MAX)), Ordering::AcqRel);
        if let Some(answer) = waiting.0.lock().remove(&head.id) {
            tell(answer, Ok(frame));
        }
    }
}

/// Answers the caller, if it still waits.
fn tell(answer: WayBack, result: Result<BytesMut, BrokerError>) {
    drop(answer.send(result));
}

type Ends = (Incoming<OwnedReadHalf>, Outgoing<OwnedWriteHalf>);

pub(crate) async fn open(socket: &Path) -> Result<Ends, BrokerError> {
    let opening = async {
        let stream = UnixStream::connect(socket).await.map_err(|error| unconnected(socket, &error))?;
        let (reader, writer) = stream.into_split();
        let (mut incoming, mut outgoing) = frames::of_client(reader, writer);
        frames::greet(&mut incoming, &mut outgoing).await.map_err(|error| unwelcome(&error))?;
        Ok((incoming, outgoing))
    };
    timeout(OPENING, opening).await.unwrap_or(Err(BrokerError::Silent(OPENING)))
}

fn unconnected(socket: &Path, error: &io::Error) -> BrokerError {
    let path = socket.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => BrokerError::NotThere(path),
        io::ErrorKind::PermissionDenied => BrokerError::Denied(path),
        _ => BrokerError::Connect { path, cause: error.to_string() },
    }
}

fn unwelcome(error: &FrameError) -> BrokerError {
    match error {
        FrameError::Stream(error) if error.kind() == io::ErrorKind::InvalidData => {
            BrokerError::OtherVersion(error.to_string())
        }
        FrameError::NoGreeting | FrameError::Stream(_) => BrokerError::HungUp,
        FrameError::Late(_) => BrokerError::Silent(OPENING),
        FrameError::Unreadable(_) | FrameError::OtherVersion(_) => {
            BrokerError::OtherVersion(error.to_string())
        }
    }
}
