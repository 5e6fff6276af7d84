//! Asking ip-api.com: who is on a screen is put into a queue, and one worker sends it in batches.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::budget::Budget;
use super::cache::Cache;
use super::ip_api::{self, BatchError, IpApi};
use crate::domain::place::NetworkProvider;
use crate::storage::StorageError;

/// How long addresses are collected before a batch is sent.
const COLLECT: Duration = Duration::from_millis(150);
/// How many addresses wait at most; those that were wanted first are let go.
const LONGEST_QUEUE: usize = 1000;
/// After this time nobody looks at the page any more that wanted an address.
const FORGOTTEN: Duration = Duration::from_mins(1);

/// How the provider is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    /// It was not asked yet.
    #[default]
    Untried,
    /// It answers.
    Well,
    /// It refuses: too many questions.
    Refusing,
    /// It does not answer, or nonsense. Holds what is wrong, as half a sentence.
    Failing(String),
    /// It answers, and our database does not take it.
    NotKept,
}

/// What is told of ip-api.com.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpApiState {
    /// How it is.
    pub health: Health,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// When it last answered.
    pub last_answer: Option<Timestamp>,
    /// The last trouble, with its time, also when it is over.
    pub last_trouble: Option<(Timestamp, String)>,
    /// How many batches may be sent now.
    pub left: usize,
    /// How long it is waited before the next batch.
    pub waits: Duration,
    /// How many addresses wait for a batch.
    pub queued: usize,
}

#[derive(Debug)]
struct Wanted {
    address: IpAddr,
    /// When a page last wanted it; `None` where somebody asked for it in so many words.
    at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Wanted>,
    in_flight: HashSet<IpAddr>,
    budget: Budget,
    health: Health,
    since: Option<Timestamp>,
    last_answer: Option<Timestamp>,
    last_trouble: Option<(Timestamp, String)>,
}

/// The queue of questions, and who sends them.
#[derive(Debug)]
pub(super) struct Asking {
    client: IpApi,
    inner: Mutex<Inner>,
    wanted: Notify,
    dared: Notify,
}

impl Asking {
    pub(super) fn new(client: IpApi) -> Self {
        Self { client, inner: Mutex::default(), wanted: Notify::new(), dared: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wants `addresses` for a page. Returns how many of them were not wanted before.
    pub(super) fn want(&self, addresses: &[IpAddr]) -> usize {
        let now = Instant::now();
        let mut inner = self.lock();
        let new = addresses.iter().filter(|address| inner.want(**address, Some(now))).count();
        drop(inner);
        if new > 0 {
            self.wanted.notify_one();
        }
        new
    }

    /// Wants `addresses` although nobody looks at them, and ends the rest after a failure.
    pub(super) fn insist(&self, addresses: &[IpAddr]) {
        let mut inner = self.lock();
        for address in addresses.iter().take(LONGEST_QUEUE) {
            inner.want(*address, None);
        }
        inner.budget.dare(Instant::now());
        drop(inner);
        self.wanted.notify_one();
        self.dared.notify_one();
    }

    /// How it is.
    pub(super) fn state(&self) -> IpApiState {
        let mut inner = self.lock();
        let now = Instant::now();
        IpApiState {
            health: inner.health.clone(),
            since: inner.since,
            last_answer: inner.last_answer,
            last_trouble: inner.last_trouble.clone(),
            left: inner.budget.left(now),
            waits: inner.budget.wait(now),
            queued: inner.queue.len() + inner.in_flight.len(),
        }
    }

    /// Sends batches for ever.
    pub(super) async fn work(&self, cache: &Cache) {
        loop {
            while self.lock().queue.is_empty() {
                self.wanted.notified().await;
            }
            sleep(COLLECT).await;
            let wait = self.lock().budget.wait(Instant::now());
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
        let batch = self.lock().take(Instant::now());
        match open(&batch, cache).await {
            Ok(open) if open.is_empty() => {}
            Ok(open) => self.ask(open, cache).await,
            Err(error) => self.not_kept(&error),
        }
        self.lock().in_flight.clear();
    }

    async fn ask(&self, batch: Vec<IpAddr>, cache: &Cache) {
        self.lock().budget.spend(Instant::now());
        let (limits, answers) = self.client.ask(&batch).await;
        let now = Instant::now();
        self.lock().budget.tell(limits.remaining, limits.seconds, now);
        let (outcomes, error) = match answers {
            Ok(answers) => (answers, None),
            Err(error @ BatchError::TooMany) => {
                let mut inner = self.lock();
                inner.budget.refuse(limits.seconds, now);
                inner.give_back(&batch, now);
                drop(inner);
                return self.becomes(Health::Refusing, Some(&error));
            }
            Err(error) => {
                self.lock().budget.fail(now);
                let why = error.to_string();
                (batch.iter().map(|address| (*address, Err(why.clone()))).collect(), Some(error))
            }
        };
        match (cache.put(NetworkProvider::IpApi, outcomes).await, error) {
            (Err(error), _) => self.not_kept(&error),
            (Ok(()), Some(error)) => self.becomes(Health::Failing(error.to_string()), Some(&error)),
            (Ok(()), None) => self.becomes(Health::Well, None),
        }
    }

    /// What was told cannot be kept, so nothing more is asked for a while.
    fn not_kept(&self, error: &StorageError) {
        self.lock().budget.fail(Instant::now());
        self.becomes(Health::NotKept, Some(error));
    }

    /// Notes how it is. Only what changes is logged.
    fn becomes(&self, health: Health, error: Option<&dyn std::error::Error>) {
        let now = Timestamp::now();
        let mut inner = self.lock();
        let is_change = std::mem::discriminant(&inner.health) != std::mem::discriminant(&health);
        match error {
            None => inner.last_answer = Some(now),
            Some(error) => inner.last_trouble = Some((now, error.to_string())),
        }
        let was_bad = !matches!(inner.health, Health::Untried | Health::Well);
        if is_change {
            inner.since = Some(now);
        }
        inner.health = health;
        drop(inner);
        match error {
            Some(error) if is_change => {
                let cause = error.source().map(ToString::to_string);
                tracing::warn!(%error, cause, "ip-api.com is no use now: places that are not known yet stay blank");
            }
            None if is_change && was_bad => tracing::info!("ip-api.com answers again"),
            _ => {}
        }
    }
}

impl Inner {
    /// Puts `address` into the queue. True where it was neither there nor being asked for.
    fn want(&mut self, address: IpAddr, at: Option<Instant>) -> bool {
        if self.in_flight.contains(&address) {
            return false;
        }
        if let Some(waiting) = self.queue.iter_mut().find(|wanted| wanted.address == address) {
            // Who asked in so many words is not forgotten because a page asks as well.
            waiting.at = waiting.at.and(at);
            return false;
        }
        if self.queue.len() >= LONGEST_QUEUE {
            self.queue.pop_front();
        }
        self.queue.push_back(Wanted { address, at });
        true
    }

    /// The next batch, which is then in flight.
    fn take(&mut self, now: Instant) -> Vec<IpAddr> {
        self.queue.retain(|wanted| wanted.at.is_none_or(|at| now.duration_since(at) < FORGOTTEN));
        let many = self.queue.len().min(ip_api::MOST);
        let batch: Vec<IpAddr> = self.queue.drain(..many).map(|wanted| wanted.address).collect();
        self.in_flight.extend(&batch);
        batch
    }

    /// Puts a refused batch in front again.
    fn give_back(&mut self, batch: &[IpAddr], now: Instant) {
        for address in batch.iter().rev() {
            self.queue.push_front(Wanted { address: *address, at: Some(now) });
        }
        self.queue.truncate(LONGEST_QUEUE);
    }
}

/// What of `batch` is still to be asked.
async fn open(batch: &[IpAddr], cache: &Cache) -> Result<Vec<IpAddr>, StorageError> {
    let kept = cache.of(batch.to_vec()).await?;
    let due = |address: &IpAddr| {
        kept.get(address).is_none_or(|entries| cache.is_due(entries, NetworkProvider::IpApi))
    };
    Ok(batch.iter().copied().filter(due).collect())
}
