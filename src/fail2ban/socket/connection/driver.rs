//! The task that owns the socket: opens it when somebody asks, and again after it broke.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

use crate::fail2ban::error::Error;

use super::activation::Activation;
use super::request::Request;
use super::session::{Ended, Session};

/// Pause between two tries while the daemon's backlog is full; it takes new connections between
/// commands.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// Deadline of one try to open the socket, which does not wait for the daemon.
const OPENING: Duration = Duration::from_secs(1);

pub(crate) struct Driver {
    pub(crate) socket: PathBuf,
    pub(crate) activation: Arc<Activation>,
    pub(crate) generation: Arc<AtomicU64>,
    pub(crate) requests: UnboundedReceiver<Request>,
    /// Requests that were not written to any connection.
    pub(crate) waiting: VecDeque<Request>,
}

impl Driver {
    /// Runs until the last handle is gone.
    pub(crate) async fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                match self.requests.recv().await {
                    Some(request) => self.waiting.push_back(request),
                    None => return,
                }
            }
            match self.open().await {
                Ok(Some(stream)) => {
                    self.generation.fetch_add(1, Ordering::AcqRel);
                    let session = Session::new(stream);
                    match session.serve(&mut self.waiting, &mut self.requests).await {
                        Ended::Broken => self.keep_for_the_next_connection(),
                        Ended::NoHandles => return,
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    for request in self.waiting.drain(..) {
                        request.fail(error.clone());
                    }
                }
            }
        }
    }

    /// Opens the socket; tries again while the daemon is too busy to take the connection and
    /// somebody still waits. Returns nothing when nobody waits any more.
    async fn open(&mut self) -> Result<Option<UnixStream>, Error> {
        loop {
            while let Ok(request) = self.requests.try_recv() {
                self.waiting.push_back(request);
            }
            self.waiting.retain(Request::is_wanted);
            if self.waiting.is_empty() {
                return Ok(None);
            }
            if self.activation.would_start(&self.socket).await {
                return Err(Error::WouldStart(self.socket.clone()));
            }
            match timeout(OPENING, UnixStream::connect(&self.socket)).await {
                Ok(Ok(stream)) => return Ok(Some(stream)),
                Ok(Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Err(Error::from_connect(&self.socket, &error));
                }
                Ok(Err(_)) | Err(_) => sleep(BUSY_PAUSE).await,
            }
        }
    }

    /// Keeps the requests that were not written, to ask them on a new connection, once.
    fn keep_for_the_next_connection(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            match request {
                Request::Ask(question) if question.retried => {
                    let reason = "two connections broke before the question was written";
                    Request::Ask(question).fail(Error::CutOff(reason.to_owned()));
                }
                Request::Ask(mut question) => {
                    question.retried = true;
                    self.waiting.push_back(Request::Ask(question));
                }
                Request::PeerPid(answer) => self.waiting.push_back(Request::PeerPid(answer)),
            }
        }
    }
}
