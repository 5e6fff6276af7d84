//! Places of addresses beyond their country: providers, asked in the configured order, each filling
//! in what those before it did not know; and the cache of the answers of those on the network.

pub(crate) mod cache;
pub(crate) mod ip_api;
pub(crate) mod ip_api_health;
pub(crate) mod ip_api_queue;
pub(crate) mod mmdb;
pub(crate) mod names;
pub(crate) mod public;
pub(crate) mod rate_limit;
pub(crate) mod reverse;
pub(crate) mod state;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::config;
use crate::config::geo::Provider;
use crate::domain::clock::Clock;
use crate::domain::geo::operators::Operators;
use crate::domain::geo::place::{Known, NetworkProvider, Place, Provenance};
use crate::events::Events;
use crate::storage::Storage;
use crate::storage::geo_cache::Entry;

use cache::{Cache, Kept};
use ip_api::IpApi;
use ip_api_queue::IpApiQueue;
use mmdb::MmdbFile;
use reverse::Reverse;

pub(crate) use ip_api_health::{Health, IpApiState};
pub(crate) use mmdb::FileState;
pub(crate) use mmdb::error::MmdbError;
pub(crate) use reverse::NameError;
pub(crate) use state::{CacheState, GeoProblem, ProviderState, Resolved};

/// Interval between two checks whether a file has changed.
const LOOK_AT_FILES: Duration = Duration::from_secs(3);

/// Reason why the providers cannot be set up.
#[derive(Debug, Error)]
#[error("no HTTP client can be made for ip-api.com: {0}")]
pub struct GeoError(#[from] reqwest::Error);

/// One provider, ready.
#[derive(Debug)]
enum Source {
    File(Arc<MmdbFile>),
    IpApi(Box<IpApiQueue>),
    ReverseDns(Reverse),
}

/// All providers.
#[derive(Debug)]
pub struct Geo {
    sources: Vec<Source>,
    cache: Cache,
    /// True if the cache could not be read at the last attempt.
    is_cache_down: AtomicBool,
}

/// Result of a look-up: what is known now, and what is being asked for.
#[derive(Debug, Clone, Default)]
pub struct LookupResult {
    /// Data about each address of which anything is known.
    pub known: HashMap<IpAddr, Known>,
    /// The addresses that a provider on the network is still asked for.
    pub pending: HashSet<IpAddr>,
}

impl Geo {
    /// Sets up the providers of `config`, with their cache in `storage`. Reads the files, so it
    /// blocks.
    ///
    /// # Errors
    /// When no HTTP client can be made. A file that cannot be read is reported in its state instead.
    pub(crate) fn new(
        config: &config::geo::Geo,
        storage: Storage,
        clock: Clock,
        events: &Events,
    ) -> Result<Arc<Self>, GeoError> {
        let mut sources = Vec::new();
        for (index, provider) in config.providers.iter().enumerate() {
            // Named twice it has nothing to add the second time.
            if config.providers.iter().take(index).any(|before| before == provider) {
                continue;
            }
            sources.push(match provider {
                Provider::Mmdb(path) => Source::File(Arc::new(MmdbFile::open(path))),
                Provider::IpApi => {
                    let client = IpApi::new(&config.ip_api, ip_api::DEADLINE)?;
                    Source::IpApi(Box::new(IpApiQueue::new(client, config.ip_api_window, events.clone())))
                }
                Provider::ReverseDns => Source::ReverseDns(Reverse::new()),
            });
        }
        let cache = Cache::new(storage, clock, config.good_for());
        Ok(Arc::new(Self { sources, cache, is_cache_down: AtomicBool::new(false) }))
    }

    /// Returns the state of the file at `path`. Reads it, so it blocks.
    #[must_use]
    pub(crate) fn probe(path: &Path) -> FileState {
        MmdbFile::open(path).state()
    }

    /// Asks what is wanted, and looks after the files, for ever.
    pub async fn work(self: Arc<Self>) {
        let asking = async {
            match self.asking() {
                Some(asking) => asking.work(&self.cache).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(asking, self.look_after_files());
    }

    async fn look_after_files(&self) {
        if !self.sources.iter().any(|source| matches!(source, Source::File(_))) {
            return;
        }
        let mut ticks = tokio::time::interval(LOOK_AT_FILES);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for source in &self.sources {
                let Source::File(file) = source else { continue };
                let file = Arc::clone(file);
                if let Err(error) = tokio::task::spawn_blocking(move || file.read_if_changed()).await {
                    tracing::error!(%error, "a geo file could not be looked after");
                }
            }
        }
    }

    /// Returns true if any provider tells places of the addresses in a table.
    #[must_use]
    pub(crate) fn tells_places(&self) -> bool {
        self.sources.iter().any(|source| !matches!(source, Source::ReverseDns(_)))
    }

    /// Returns true if an address's name can be asked for.
    #[must_use]
    pub(crate) fn tells_names(&self) -> bool {
        self.reverse().is_some()
    }

    /// Returns true if there is any provider at all.
    #[must_use]
    pub(crate) fn is_configured(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Returns what is known of `addresses` now. Queues them for a provider on the network that may
    /// know more, and does not wait for it.
    pub async fn look(&self, addresses: &[IpAddr]) -> LookupResult {
        let look = self.recall(addresses).await;
        if let Some(asking) = self.asking() {
            let wanted: Vec<IpAddr> = look.pending.iter().copied().collect();
            self.cache.misses.fetch_add(asking.enqueue(&wanted) as u64, Ordering::Relaxed);
        }
        look
    }

    /// Returns what is known of `addresses` now, and asks nobody for more.
    async fn recall(&self, addresses: &[IpAddr]) -> LookupResult {
        let addresses: HashSet<IpAddr> = addresses.iter().map(IpAddr::to_canonical).collect();
        let Some(kept) = self.kept(&addresses).await else { return self.look_at_files(&addresses) };
        let (mut look, mut hits) = (LookupResult::default(), 0);
        for address in addresses {
            let entries = kept.get(&address).map_or(&[][..], Vec::as_slice);
            let (known, is_due) = self.known(address, entries, &mut hits);
            if is_due {
                look.pending.insert(address);
            }
            if !known.place.is_empty() {
                look.known.insert(address, known);
            }
        }
        self.cache.hits.fetch_add(hits, Ordering::Relaxed);
        look
    }

    /// Returns the operators of the networks of `addresses`, one for each ban, as far as they are known now.
    pub(crate) async fn operators(&self, addresses: &[IpAddr], most: usize) -> Operators {
        let known = self.recall(addresses).await.known;
        let place = |address: &IpAddr| known.get(&address.to_canonical()).map(|known| &known.place);
        Operators::of(addresses.iter().map(place), most)
    }

    /// Looks only into the files, for when the cache cannot be read: an answer asked for now could
    /// not be kept.
    fn look_at_files(&self, addresses: &HashSet<IpAddr>) -> LookupResult {
        let known = addresses.iter().map(|address| (*address, self.known(*address, &[], &mut 0).0));
        LookupResult {
            known: known.filter(|(_, known)| !known.place.is_empty()).collect(),
            pending: HashSet::new(),
        }
    }

    /// Reads the cache entries of `addresses`; `None` where the cache cannot be read.
    async fn kept(&self, addresses: &HashSet<IpAddr>) -> Option<Kept> {
        if !self.sources.iter().any(|source| !matches!(source, Source::File(_))) {
            return Some(Kept::new());
        }
        let kept = self.cache.entries_of(addresses.iter().copied().collect()).await;
        let was_down = self.is_cache_down.swap(kept.is_err(), Ordering::Relaxed);
        match kept {
            Ok(kept) => Some(kept),
            Err(error) => {
                if !was_down {
                    tracing::warn!(%error, "the geo cache cannot be read: only files tell places now");
                }
                None
            }
        }
    }

    /// Merges the data of all providers about `address`, and returns whether ip-api.com is to be
    /// asked for it. Adds to `hits` the answers that came from the cache.
    fn known(&self, address: IpAddr, entries: &[Entry], hits: &mut u64) -> (Known, bool) {
        let (mut known, mut is_due) = (Known::default(), false);
        for source in &self.sources {
            let (told, by) = match source {
                Source::File(file) => (file.look_up(address).map(|place| (None, place)), file.name()),
                Source::IpApi(_) => {
                    let wants = lacks_something(&known.place) && public::is_public(address);
                    is_due = wants && self.cache.is_due(entries, NetworkProvider::IpApi);
                    (kept_answer(entries, NetworkProvider::IpApi), NetworkProvider::IpApi.name().to_owned())
                }
                Source::ReverseDns(_) => (
                    // Nobody asks again for an old name by itself, so it is not shown as if it held.
                    kept_answer(entries, NetworkProvider::ReverseDns)
                        .filter(|(at, _)| at.is_some_and(|at| self.cache.is_good(at.as_second()))),
                    NetworkProvider::ReverseDns.name().to_owned(),
                ),
            };
            let Some((at, place)) = told else { continue };
            if !matches!(source, Source::File(_)) {
                *hits += 1;
            }
            if known.place.fill_in(&place) {
                known.told.push(Provenance { by, at });
            }
        }
        (known, is_due)
    }

    fn asking(&self) -> Option<&IpApiQueue> {
        self.sources.iter().find_map(|source| match source {
            Source::IpApi(asking) => Some(&**asking),
            Source::File(_) | Source::ReverseDns(_) => None,
        })
    }

    fn reverse(&self) -> Option<&Reverse> {
        self.sources.iter().find_map(|source| match source {
            Source::ReverseDns(reverse) => Some(reverse),
            Source::File(_) | Source::IpApi(_) => None,
        })
    }
}

/// Returns true if a field is missing that ip-api.com may know.
fn lacks_something(place: &Place) -> bool {
    place.country.is_none() || place.city.is_none() || place.asn.is_none() || place.organisation.is_none()
}

/// Returns the kept answer of `provider`, with its time.
fn kept_answer(entries: &[Entry], provider: NetworkProvider) -> Option<(Option<Timestamp>, Place)> {
    let entry = entries.iter().find(|entry| entry.provider == provider)?;
    let (at, place) = entry.answer.clone()?;
    Some((Timestamp::from_second(at).ok(), place))
}
