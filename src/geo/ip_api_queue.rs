//! Asking ip-api.com: who is on a screen is put into a queue, and one worker sends it in batches.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::domain::clock::Clock;
use crate::domain::geo::ip_api::BatchError;
use crate::domain::geo::place::NetworkProvider;
use crate::events::{Event, Events, IpApiFault};
use crate::mutex::Mutex;
use crate::storage::StorageError;

use super::cache::{Cache, FAILURE_KEPT};
use super::ip_api::IpApi;
use super::ip_api_health::{Health, IpApiState};
use super::rate_limit::RateLimit;
use super::{ip_api, public};

/// Time for which addresses are collected before a batch is sent.
const COLLECT: Duration = Duration::from_millis(150);
/// Most addresses that may wait. Beyond it the oldest of those that only pages want are dropped.
const LONGEST_QUEUE: usize = 1000;
/// Time after which nobody looks any more at the page that wanted an address.
const FORGOTTEN: Duration = Duration::from_mins(1);

#[derive(Debug)]
struct QueuedAddress {
    address: IpAddr,
    /// Time at which a page last wanted it; `None` where somebody asked for it explicitly.
    at: Option<Instant>,
}

#[derive(Debug)]
struct Inner {
    queue: VecDeque<QueuedAddress>,
    in_flight: Vec<QueuedAddress>,
    rate_limit: RateLimit,
    health: Health,
    /// Both times in seconds since 1970.
    last_answer: Option<i64>,
    last_problem: Option<(i64, Health)>,
}

/// The queue of questions, and who sends them.
#[derive(Debug)]
pub(crate) struct IpApiQueue {
    client: IpApi,
    events: Events,
    inner: Mutex<Inner>,
    wanted: Notify,
    dared: Notify,
}

impl IpApiQueue {
    /// Creates a queue for `client`, which accepts a limited number of batches within each
    /// `window`.
    pub(crate) fn new(client: IpApi, window: Duration, events: Events) -> Self {
        let inner = Mutex::new(Inner::new(window));
        Self { client, events, inner, wanted: Notify::new(), dared: Notify::new() }
    }

    /// Wants `addresses` for a page. Returns how many of them were not wanted before.
    pub(crate) fn enqueue(&self, addresses: &[IpAddr]) -> usize {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        let new = addresses.iter().filter(|address| inner.enqueue(**address, Some(now))).count();
        drop(inner);
        if new > 0 {
            self.wanted.notify_one();
        }
        new
    }

    /// Returns how many more addresses can be queued explicitly.
    pub(crate) fn capacity_left(&self) -> usize {
        let inner = self.inner.lock();
        let waiting = inner.queue.iter().chain(&inner.in_flight).filter(|wanted| wanted.at.is_none()).count();
        LONGEST_QUEUE.saturating_sub(waiting)
    }

    /// Queues `addresses` although no page shows them, and ends the pause after a failure.
    pub(crate) fn enqueue_urgent(&self, addresses: &[IpAddr]) {
        let mut inner = self.inner.lock();
        for address in addresses {
            inner.enqueue(*address, None);
        }
        inner.rate_limit.retry_now(Instant::now());
        drop(inner);
        self.wanted.notify_one();
        self.dared.notify_one();
    }

    /// Returns the present state.
    pub(crate) fn state(&self, clock: &Clock) -> IpApiState {
        let mut inner = self.inner.lock();
        let now = Instant::now();
        IpApiState {
            health: inner.health(now, clock.now()),
            last_answer: inner.last_answer.and_then(timestamp),
            last_problem: inner.last_problem.clone().and_then(|(at, health)| Some((timestamp(at)?, health))),
            left: inner.rate_limit.left(now),
            waits: inner.rate_limit.wait(now),
            queued: inner.queue.len() + inner.in_flight.len(),
        }
    }

    /// Sends batches for ever.
    pub(crate) async fn work(&self, cache: &Cache) {
        loop {
            while self.inner.lock().queue.is_empty() {
                self.wanted.notified().await;
            }
            sleep(COLLECT).await;
            let wait = self.inner.lock().rate_limit.wait(Instant::now());
            if wait.is_zero() {
                self.send(cache).await;
            } else {
                tokio::select! {
                    () = sleep(wait) => {}
                    () = self.dared.notified() => {}
                }
            }
        }
    }

    /// Sends one batch, unless everything was answered meanwhile.
    async fn send(&self, cache: &Cache) {
        let batch = self.inner.lock().take(Instant::now());
        match open(&batch, cache).await {
            Ok(open) if open.is_empty() => {}
            Ok(open) => self.ask(open, cache).await,
            Err(error) => self.not_kept(error, cache).await,
        }
        self.inner.lock().in_flight.clear();
    }

    async fn ask(&self, batch: Vec<IpAddr>, cache: &Cache) {
        self.inner.lock().rate_limit.spend(Instant::now());
        let (limits, answers) = self.client.ask(&batch).await;
        let now = Instant::now();
        self.inner.lock().rate_limit.set_limits(limits.remaining, limits.seconds, now);
        let (outcomes, error) = match answers {
            Ok(answers) => (answers, None),
            Err(error @ BatchError::TooMany) => {
                self.inner.lock().rate_limit.refuse(limits.seconds, now);
                self.inner.lock().give_back();
                return self.becomes(Health::Refusing, Some(error.into()), &cache.clock).await;
            }
            Err(error) => {
                self.inner.lock().rate_limit.fail(now);
                let why = error.to_string();
                (batch.iter().map(|address| (*address, Err(why.clone()))).collect(), Some(error))
            }
        };
        match (cache.store(NetworkProvider::IpApi, outcomes).await, error) {
            (Err(error), _) => self.not_kept(error, cache).await,
            (Ok(()), Some(error)) => {
                self.becomes(Health::Failing(error.clone()), Some(error.into()), &cache.clock).await;
            }
            (Ok(()), None) => self.becomes(Health::Healthy, None, &cache.clock).await,
        }
    }

    /// Pauses the queue because answers cannot be stored: nothing more is asked for as long as a
    /// failure would be kept, or the same addresses would leave this machine again and again.
    async fn not_kept(&self, error: StorageError, cache: &Cache) {
        self.inner.lock().rate_limit.rest(FAILURE_KEPT, Instant::now());
        self.becomes(Health::StorageFailed, Some(error.into()), &cache.clock).await;
    }

    /// Records the health. Only changes are published.
    async fn becomes(&self, health: Health, cause: Option<IpApiFault>, clock: &Clock) {
        let (is_change, was_bad) = {
            let mut inner = self.inner.lock();
            match cause {
                None => inner.last_answer = Some(clock.now()),
                Some(_) => inner.last_problem = Some((clock.now(), health.clone())),
            }
            let before = std::mem::replace(&mut inner.health, health);
            let is_change = std::mem::discriminant(&before) != std::mem::discriminant(&inner.health);
            (is_change, !matches!(before, Health::Untried | Health::Healthy))
        };
        match cause {
            Some(cause) if is_change => self.events.publish(Event::IpApiLost(cause)).await,
            None if is_change && was_bad => self.events.publish(Event::IpApiBack).await,
            _ => {}
        }
    }
}

impl Inner {
    fn new(window: Duration) -> Self {
        Self {
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            rate_limit: RateLimit::new(window),
            health: Health::Untried,
            last_answer: None,
            last_problem: None,
        }
    }

    /// Returns the present health. A problem counts as over once ip-api.com may be asked again,
    /// like a failure in the cache.
    fn health(&mut self, instant: Instant, now: i64) -> Health {
        let is_over = match self.health {
            Health::Untried | Health::Healthy | Health::Recovered => false,
            Health::Refusing => self.rate_limit.wait(instant).is_zero(),
            Health::Failing(_) | Health::StorageFailed => {
                self.last_problem.as_ref().is_some_and(|(at, _)| now.abs_diff(*at) >= FAILURE_KEPT.as_secs())
            }
        };
        if is_over { Health::Recovered } else { self.health.clone() }
    }

    /// Puts `address` into the queue, unless nobody else may be asked about it. Returns true if it
    /// was neither queued nor being asked for.
    fn enqueue(&mut self, address: IpAddr, at: Option<Instant>) -> bool {
        if !public::is_public(address) {
            return false;
        }
        let mut waiting = self.queue.iter_mut().chain(&mut self.in_flight);
        if let Some(waiting) = waiting.find(|wanted| wanted.address == address) {
            // Who asked in so many words is not forgotten because a page asks as well.
            waiting.at = waiting.at.and(at);
            return false;
        }
        self.queue.push_back(QueuedAddress { address, at });
        self.shorten();
        self.queue.back().is_some_and(|last| last.address == address)
    }

    /// The next batch, which is then in flight.
    fn take(&mut self, now: Instant) -> Vec<IpAddr> {
        self.queue.retain(|wanted| wanted.at.is_none_or(|at| now.duration_since(at) < FORGOTTEN));
        let many = self.queue.len().min(ip_api::MOST);
        self.in_flight = self.queue.drain(..many).collect();
        self.in_flight.iter().map(|wanted| wanted.address).collect()
    }

    /// Puts a refused batch in front again, each wanted as it was.
    fn give_back(&mut self) {
        for wanted in self.in_flight.drain(..).rev() {
            self.queue.push_front(wanted);
        }
        self.shorten();
    }

    /// Lets go who waits beyond [`LONGEST_QUEUE`]. Nobody is let go who was insisted on.
    fn shorten(&mut self) {
        while self.queue.len() > LONGEST_QUEUE {
            let Some(first) = self.queue.iter().position(|wanted| wanted.at.is_some()) else { return };
            self.queue.remove(first);
        }
    }
}

fn timestamp(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

/// Returns the addresses of `batch` that are still to be asked about.
async fn open(batch: &[IpAddr], cache: &Cache) -> Result<Vec<IpAddr>, StorageError> {
    let kept = cache.entries_of(batch.to_vec()).await?;
    let due = |address: &IpAddr| {
        kept.get(address).is_none_or(|entries| cache.is_due(entries, NetworkProvider::IpApi))
    };
    Ok(batch.iter().copied().filter(due).collect())
}

#[cfg(test)]
mod tests;
