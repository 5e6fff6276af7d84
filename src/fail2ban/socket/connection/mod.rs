//! The one connection to the daemon, pipelined, for everybody.
//!
//! fail2ban listens with a backlog of 1 and answers one command at a time, in order
//! (`fail2ban/server/asyncserver.py`): many connections are refused, one is never. A task of its own
//! owns the socket; handles send it questions, and each question brings its own way back.

pub(crate) mod activation;
pub(crate) mod driver;
pub(crate) mod request;
pub(crate) mod session;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::domain::text::END_OF_MESSAGE;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::encode;
use crate::fail2ban::socket::connection::request::{Pending, Request};
use crate::mutex::Mutex;

use activation::Activation;
use driver::Driver;

/// Opening the socket takes no time unless the daemon is busy and its backlog full.
const PEER_DEADLINE: Duration = Duration::from_secs(5);

/// One command with the deadline and the size limit of its answer.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The command's words.
    pub(crate) arguments: Vec<String>,
    /// Deadline from asking to the whole answer, with all that others have asked before.
    pub(crate) deadline: Duration,
    /// Limit of the reply without its end marker, in bytes.
    pub(crate) reply_limit: usize,
}

/// A handle to the connection; clones share it. The socket is opened by the first question and again
/// by the first one after it broke, and closed when the last handle is gone.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    activation: Arc<Activation>,
    generation: Arc<AtomicU64>,
    requests: Mutex<Option<mpsc::UnboundedSender<Request>>>,
}

impl Connection {
    /// A connection to the daemon at `socket`. Opens nothing yet and needs no runtime.
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self::with_activation(socket, Activation::default())
    }

    fn with_activation(socket: PathBuf, activation: Activation) -> Self {
        let (activation, generation) = (Arc::new(activation), Arc::default());
        Self { shared: Arc::new(Shared { socket, activation, generation, requests: Mutex::new(None) }) }
    }

    /// The daemon's reply to `question`, without the end marker.
    ///
    /// Dropping the future before the question was written takes it back.
    ///
    /// # Errors
    /// Every [`Error`] but those that a reply's content means. After [`Error::Deadline`] and
    /// [`Error::CutOff`] the command may have run, or may yet run: it is not sent again.
    pub(crate) async fn ask(&self, question: Question) -> Result<Vec<u8>, Error> {
        self.send(&question)?.answer().await
    }

    /// Asks each of `questions` as [`Connection::ask`] does, written one after another without
    /// waiting for answers in between. Answers are in the order of the questions.
    pub(crate) async fn ask_all(&self, questions: Vec<Question>) -> Vec<Result<Vec<u8>, Error>> {
        let sent: Vec<_> = questions.iter().map(|question| self.send(question)).collect();
        let mut answers = Vec::with_capacity(sent.len());
        for waiting in sent {
            answers.push(match waiting {
                Ok(waiting) => waiting.answer().await,
                Err(unsent) => Err(unsent),
            });
        }
        answers
    }

    /// The daemon's process id, by the socket's own knowledge (`SO_PEERCRED`). Opens the connection
    /// if it is closed.
    pub(crate) async fn peer_pid(&self) -> Result<Option<i32>, Error> {
        let (answer, receiver) = oneshot::channel();
        self.hand_over(Request::PeerPid(answer));
        let (deadline, max_wait) = (Instant::now() + PEER_DEADLINE, PEER_DEADLINE);
        Waiting { receiver, deadline, max_wait }.answer().await
    }

    /// Returns a number that grows each time a connection is opened; 0 before the first. Answers
    /// under another number may be from another daemon.
    pub(crate) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    fn send(&self, question: &Question) -> Result<Waiting<Vec<u8>>, Error> {
        let arguments: Vec<&str> = question.arguments.iter().map(String::as_str).collect();
        let mut bytes = encode(&arguments)?;
        bytes.extend_from_slice(END_OF_MESSAGE.as_bytes());
        let (answer, receiver) = oneshot::channel();
        let (max_wait, deadline) = (question.deadline, Instant::now() + question.deadline);
        let reply_limit = question.reply_limit;
        self.hand_over(Request::Ask(Pending {
            bytes,
            max_wait,
            deadline,
            reply_limit,
            answer,
            retried: false,
        }));
        Ok(Waiting { receiver, deadline, max_wait })
    }

    /// Gives `request` to the task that owns the socket, and starts that task where there is none:
    /// the first time, or when the runtime that it ran on has ended.
    fn hand_over(&self, request: Request) {
        let mut requests = self.shared.requests.lock();
        let request = match requests.as_ref() {
            Some(task) => match task.send(request) {
                Ok(()) => return,
                Err(mpsc::error::SendError(request)) => request,
            },
            None => request,
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        let Shared { socket, activation, generation, .. } = &*self.shared;
        let driver = Driver {
            socket: socket.clone(),
            activation: Arc::clone(activation),
            generation: Arc::clone(generation),
            requests: receiver,
            waiting: VecDeque::from([request]),
        };
        tokio::spawn(driver.run());
        *requests = Some(sender);
    }
}

/// The receiver of a question's answer.
struct Waiting<T> {
    receiver: oneshot::Receiver<Result<T, Error>>,
    deadline: Instant,
    max_wait: Duration,
}

impl<T> Waiting<T> {
    async fn answer(self) -> Result<T, Error> {
        match timeout_at(self.deadline, self.receiver).await {
            Ok(Ok(answer)) => answer,
            // The task drops requests that are overdue before they are written.
            Ok(Err(_)) if Instant::now() < self.deadline => {
                Err(Error::CutOff("the task that owns the socket has ended".to_owned()))
            }
            Ok(Err(_)) | Err(_) => Err(Error::Deadline(self.max_wait)),
        }
    }
}
