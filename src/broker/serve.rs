//! Serving one stream: requests are answered as they become ready, not in their order, so that a slow
//! one holds up no other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::bytes::Bytes;

use crate::fail2ban::Error;

use super::change_log::Peer;
use super::frames;
use super::frames::{Answer, Head, Incoming, NumberedRequest, Outgoing};
use super::kind::{IN_LINE, Kind};
use super::operations::Request;
use super::places::Activity;
use super::service::Broker;
use super::version::FrameError;

/// The most requests under way. More wait in the stream.
pub(crate) const MOST_REQUESTS: u32 = 256;
/// The most ban lists and look-ups in the database under way, each of which may be large.
const MOST_LISTS: usize = 4;
/// The most programs that run, each of which is a Python that reads the whole configuration.
const MOST_PROGRAMS: usize = 3;
/// Deadline of the greeting.
const GREETING: Duration = Duration::from_secs(5);
/// Deadline for the other end to take one answer.
const TAKING: Duration = Duration::from_mins(1);

/// The limits that all streams of one broker share.
#[derive(Debug)]
pub struct Capacity {
    pub(crate) requests: Arc<Semaphore>,
    lists: Semaphore,
    programs: Semaphore,
}

impl Default for Capacity {
    fn default() -> Self {
        let requests = Arc::new(Semaphore::new(MOST_REQUESTS as usize));
        Self { requests, lists: Semaphore::new(MOST_LISTS), programs: Semaphore::new(MOST_PROGRAMS) }
    }
}

impl Capacity {
    /// Returns the semaphore that requests of a costly kind wait for.
    fn line_for(&self, kind: Kind) -> Option<&Semaphore> {
        match kind {
            Kind::List => Some(&self.lists),
            Kind::Reading | Kind::Work => Some(&self.programs),
            Kind::Quick | Kind::Rounds | Kind::Change => None,
        }
    }
}

/// Answers the requests that come by `stream` until the other end closes it. Requests under way
/// then are finished all the same: half a reload would be worse.
///
/// # Errors
/// Fails if something came that is no request, or the other end does not take its answers.
pub async fn serve<S>(
    stream: S,
    peer: Peer,
    broker: Arc<Broker>,
    capacity: Arc<Capacity>,
) -> Result<(), FrameError>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    serve_noting(stream, peer, broker, capacity, Arc::default()).await
}

/// The same as [`serve`], noting in `activity` what is under way.
pub(crate) async fn serve_noting<S>(
    stream: S,
    peer: Peer,
    broker: Arc<Broker>,
    capacity: Arc<Capacity>,
    activity: Arc<Activity>,
) -> Result<(), FrameError>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (mut incoming, mut outgoing) = frames::of_broker(reader, writer);
    timeout(GREETING, frames::greet(&mut incoming, &mut outgoing))
        .await
        .map_err(|_| FrameError::Late("greet"))??;
    // One at a time: a request is under way until its answer is taken.
    let (answers, ready) = mpsc::channel(1);
    let served = Served { peer, broker, capacity, answers, activity };
    let writing = write_all(outgoing, ready);
    tokio::pin!(writing);
    tokio::select! {
        read = read_all(&mut incoming, served) => read?,
        written = &mut writing => return written,
    }
    writing.await
}

/// Context of the requests of one stream.
#[derive(Clone)]
struct Served {
    peer: Peer,
    broker: Arc<Broker>,
    capacity: Arc<Capacity>,
    answers: mpsc::Sender<Bytes>,
    activity: Arc<Activity>,
}

async fn read_all<R: AsyncRead + Unpin>(
    incoming: &mut Incoming<R>,
    served: Served,
) -> Result<(), FrameError> {
    while let Some(frame) = incoming.next().await {
        let NumberedRequest { id, request } = frames::read_request(&frame?)?;
        let Ok(under_way) = Arc::clone(&served.capacity.requests).acquire_owned().await else {
            return Ok(());
        };
        let served = served.clone();
        let activity = Arc::clone(&served.activity);
        activity.begin();
        tokio::spawn(async move {
            match served.answer(id, request).await {
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "an answer could not be written"),
            }
            drop(under_way);
            activity.end();
        });
    }
    Ok(())
}

impl Served {
    async fn answer(self, id: u64, request: Request) -> Result<(), FrameError> {
        let in_line = async {
            match self.capacity.line_for(request.kind()) {
                Some(line) => line.acquire().await.ok(),
                None => None,
            }
        };
        let (answer, _one_of_few) = match timeout(IN_LINE, in_line).await {
            // Requests have deadlines of their own. Nothing is cut off here once it has begun.
            Ok(one_of_few) => (self.broker.handle_of(self.peer, request).await, one_of_few),
            Err(_) => (Err(Error::Deadline(IN_LINE)), None),
        };
        let head = Head { id, generation: self.broker.generation() };
        let frame = encoded(head, answer).await?;
        // A client that has gone needs no answer.
        drop(self.answers.send(frame).await);
        Ok(())
    }
}

/// A list of many bans takes a while to write.
async fn encoded(head: Head, answer: Answer) -> Result<Bytes, FrameError> {
    let writing = tokio::task::spawn_blocking(move || frames::write_answer(&head, &answer));
    writing.await.map_err(|error| FrameError::Unreadable(error.to_string()))?
}

async fn write_all<W: AsyncWrite + Unpin>(
    mut outgoing: Outgoing<W>,
    mut ready: mpsc::Receiver<Bytes>,
) -> Result<(), FrameError> {
    while let Some(frame) = ready.recv().await {
        timeout(TAKING, outgoing.send(frame)).await.map_err(|_| FrameError::Late("take its answer"))??;
        frames::give_back(outgoing.write_buffer_mut());
    }
    Ok(())
}
