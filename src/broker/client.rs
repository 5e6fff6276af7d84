//! Asking a broker in another process, over one connection for everybody.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::broker::ask::{Ask, cut_off};
use crate::broker::version;
use crate::fail2ban::Error;
use crate::fail2ban::broker_error::BrokerError;
use crate::mutex::Mutex;

use super::frames;
use super::frames::{Answer, LONGEST_REQUEST, NumberedRequest};
use super::operations::{Reply, Request};
use super::stream::{Driver, open};

/// Time in which a broker greets that is there for others, however long fail2ban takes.
const GREETS_WITHIN: Duration = Duration::from_millis(250);
/// From this size on an answer is read where it keeps nobody waiting, in bytes.
const LARGE: usize = 64 * 1024;

/// The way to a broker; clones share it. Connects when it is first asked something, and again after the
/// connection broke.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    last_id: AtomicU64,
    generation: Arc<AtomicU64>,
    asks: Mutex<Option<mpsc::UnboundedSender<Ask>>>,
}

impl Client {
    pub(crate) fn new(socket: PathBuf) -> Self {
        let shared =
            Shared { socket, last_id: AtomicU64::new(0), generation: Arc::default(), asks: Mutex::new(None) };
        Self { shared: Arc::new(shared) }
    }

    /// Grows when the connection to the broker, or the broker's to the daemon, was opened anew, as
    /// soon as the first answer came that way.
    pub(crate) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    pub(crate) async fn ask(&self, request: Request) -> Result<Reply, Error> {
        let max_wait = request.kind().max_wait();
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed);
        let unwritable = |error: version::FrameError| BrokerError::Unreadable(error.to_string());
        let frame = frames::encode_frame(&NumberedRequest { id, request }).map_err(unwritable)?;
        if frame.len() > LONGEST_REQUEST {
            return Err(BrokerError::TooLong(frame.len()).into());
        }
        let (answer, receiver) = oneshot::channel();
        self.hand_over(Ask { id, frame, answer });
        let frame = match timeout(max_wait, receiver).await {
            Ok(Ok(frame)) => frame?,
            Ok(Err(_)) => return Err(cut_off("the task that owns the connection has ended").into()),
            Err(_) => return Err(BrokerError::Silent(max_wait).into()),
        };
        let answer = if frame.len() < LARGE {
            frames::decode_frame::<Answer>(&frame)
        } else {
            let reading = tokio::task::spawn_blocking(move || frames::decode_frame::<Answer>(&frame));
            reading.await.map_err(|error| BrokerError::Unreadable(error.to_string()))?
        };
        answer.map_err(unwritable)?
    }

    /// Returns true if the broker does not even greet somebody new: then the silence is its own, not that of fail2ban.
    pub(crate) async fn is_silent(&self) -> bool {
        timeout(GREETS_WITHIN, open(&self.shared.socket)).await.is_err()
    }

    /// Gives `ask` to the task that owns the connection, and starts that task where there is none: the
    /// first time, or when the runtime that it ran on has ended.
    fn hand_over(&self, ask: Ask) {
        let mut asks = self.shared.asks.lock();
        let ask = match asks.as_ref() {
            Some(task) => match task.send(ask) {
                Ok(()) => return,
                Err(mpsc::error::SendError(ask)) => ask,
            },
            None => ask,
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        // Its receiver is alive in this very function.
        drop(sender.send(ask));
        let driver = Driver::new(self.shared.socket.clone(), Arc::clone(&self.shared.generation), receiver);
        tokio::spawn(driver.run());
        *asks = Some(sender);
    }
}
