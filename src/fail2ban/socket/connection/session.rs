//! One open socket: writes questions, hands out replies in the same order, notices its end.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::fail2ban::error::Error;

use super::super::framing::Frames;
use super::request::{Answer, Request, reply};

/// Room for one read; Python's `asynchat`, with which fail2ban answers, writes 64 KiB at a time.
const READ_SIZE: usize = 1 << 16;

/// Reason why a session is over.
pub(crate) enum Ended {
    /// The connection broke. Requests that were not written are still in `waiting`; everyone else
    /// has been told.
    Broken,
    /// Nobody can ask any more.
    NoHandles,
}

/// A question of which at least one byte was written. It is never sent again.
struct InFlight {
    max_wait: Duration,
    reply_limit: usize,
    answer: Answer<Vec<u8>>,
}

enum ConnectionLost {
    /// The daemon ended the connection, or the system did.
    Cut(String),
    /// The daemon has answered nothing for as long as anybody gives it.
    Overdue,
    /// The bytes that came are no reply, so no later reply can be found either.
    OutOfStep(String),
}

pub(crate) struct Session {
    stream: UnixStream,
    frames: Frames,
    asked: VecDeque<InFlight>,
    /// The rest of a question that was written in part.
    unfinished: Vec<u8>,
    /// The time when the daemon last answered, or was first asked after that.
    silent_since: Instant,
    /// The longest silence that is allowed: as long as the most patient question allows. A question
    /// behind a slow one is answered late without the daemon hanging, and one that may take its
    /// time is not lost because a quick one came before it.
    max_wait: Duration,
    /// Nothing can be written any more; answers may still come.
    write_failure: Option<String>,
}

impl Session {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            frames: Frames::default(),
            asked: VecDeque::new(),
            unfinished: Vec::new(),
            silent_since: Instant::now(),
            max_wait: Duration::ZERO,
            write_failure: None,
        }
    }

    /// Asks the requests in `waiting` and those that come by `requests` until the connection
    /// breaks. Reads also while nobody asks, so that a daemon that has gone is noticed before the
    /// next question.
    pub(crate) async fn serve(
        mut self,
        waiting: &mut VecDeque<Request>,
        requests: &mut UnboundedReceiver<Request>,
    ) -> Ended {
        loop {
            self.settle_front(waiting);
            let may_write =
                self.write_failure.is_none() && !(self.unfinished.is_empty() && waiting.is_empty());
            let step = tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => {
                        waiting.push_back(request);
                        Ok(())
                    }
                    None => return Ended::NoHandles,
                },
                ready = self.stream.readable() => match ready {
                    Ok(()) => self.read(),
                    Err(error) => Err(ConnectionLost::Cut(error.to_string())),
                },
                ready = self.stream.writable(), if may_write => match ready {
                    Ok(()) => self.write(waiting),
                    Err(error) => Err(ConnectionLost::Cut(error.to_string())),
                },
                () = sleep_until(self.silent_since + self.max_wait), if !self.asked.is_empty() => {
                    Err(ConnectionLost::Overdue)
                }
            };
            if let Err(broken) = step {
                self.tell_everyone(&broken);
                return Ended::Broken;
            }
        }
    }

    /// Takes from the front of `waiting` the requests that need no writing.
    fn settle_front(&self, waiting: &mut VecDeque<Request>) {
        while let Some(request) = waiting.pop_front() {
            match request {
                Request::PeerPid(answer) => reply(answer, self.peer_pid()),
                question @ Request::Ask(_) if question.is_wanted() => {
                    return waiting.push_front(question);
                }
                unwanted @ Request::Ask(_) => drop(unwanted),
            }
        }
    }

    fn peer_pid(&self) -> Result<Option<i32>, Error> {
        let peer = self.stream.peer_cred();
        peer.map(|peer| peer.pid()).map_err(|error| Error::CutOff(error.to_string()))
    }

    fn read(&mut self) -> Result<(), ConnectionLost> {
        let buffer = self.frames.buffer();
        buffer.reserve(READ_SIZE);
        match self.stream.try_read_buf(buffer) {
            Ok(0) => Err(ConnectionLost::Cut("fail2ban closed it".to_owned())),
            Ok(_) => self.hand_out(),
            Err(error) if is_temporary(&error) => Ok(()),
            Err(error) => Err(ConnectionLost::Cut(error.to_string())),
        }
    }

    fn hand_out(&mut self) -> Result<(), ConnectionLost> {
        let before = self.asked.len();
        while let Some(head) = self.asked.front() {
            match self.frames.next_reply(head.reply_limit) {
                Ok(Some(bytes)) => {
                    if let Some(head) = self.asked.pop_front() {
                        reply(head.answer, Ok(bytes));
                    }
                }
                Ok(None) => {
                    if self.asked.len() < before {
                        self.silent_since = Instant::now();
                        self.max_wait =
                            self.asked.iter().map(|asked| asked.max_wait).max().unwrap_or_default();
                    }
                    return Ok(());
                }
                Err(error) => return Err(ConnectionLost::OutOfStep(error.to_string())),
            }
        }
        match self.write_failure.take() {
            Some(failure) => Err(ConnectionLost::Cut(failure)),
            None if self.frames.is_empty() => Ok(()),
            None => Err(ConnectionLost::OutOfStep("bytes that nobody asked for".to_owned())),
        }
    }

    /// Writes as much as the socket takes.
    fn write(&mut self, waiting: &mut VecDeque<Request>) -> Result<(), ConnectionLost> {
        loop {
            self.settle_front(waiting);
            let bytes = match waiting.front() {
                _ if !self.unfinished.is_empty() => &self.unfinished,
                Some(Request::Ask(question)) => &question.bytes,
                _ => return Ok(()),
            };
            match self.stream.try_write(bytes) {
                Ok(count) if self.unfinished.is_empty() => self.begun(count, waiting.pop_front()),
                Ok(count) => drop(self.unfinished.drain(..count)),
                Err(error) if is_temporary(&error) => return Ok(()),
                Err(error) if self.asked.is_empty() => return Err(ConnectionLost::Cut(error.to_string())),
                Err(error) => {
                    self.write_failure = Some(error.to_string());
                    return Ok(());
                }
            }
        }
    }

    /// Notes that the first `count` bytes of `question` were written.
    fn begun(&mut self, count: usize, question: Option<Request>) {
        if let Some(Request::Ask(mut question)) = question {
            self.unfinished = question.bytes.split_off(count);
            let (max_wait, reply_limit) = (question.max_wait, question.reply_limit);
            if self.asked.is_empty() {
                self.silent_since = Instant::now();
                self.max_wait = Duration::ZERO;
            }
            self.max_wait = self.max_wait.max(max_wait);
            self.asked.push_back(InFlight { max_wait, reply_limit, answer: question.answer });
        }
    }

    fn tell_everyone(self, broken: &ConnectionLost) {
        if let ConnectionLost::OutOfStep(reason) = broken {
            tracing::warn!(reason, "fail2ban's answer is unreadable; closing the connection");
        }
        let max_wait = self.max_wait;
        for (place, asked) in self.asked.into_iter().enumerate() {
            let error = match broken {
                ConnectionLost::Cut(reason) => Error::CutOff(reason.clone()),
                ConnectionLost::Overdue => Error::Deadline(max_wait),
                ConnectionLost::OutOfStep(reason) if place == 0 => Error::Unreadable(reason.clone()),
                ConnectionLost::OutOfStep(_) => {
                    Error::CutOff("the answer before this one was unreadable".to_owned())
                }
            };
            reply(asked.answer, Err(error));
        }
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
