//! State of the providers and the cache, and what can be done about it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::geo::place::{Attribution, NetworkProvider};
use crate::storage::StorageError;
use crate::storage::geo_cache::{CacheFigures, MOST};

use super::ip_api_health::{Health, IpApiState};
use super::mmdb::FileState;
use super::mmdb::error::MmdbError;
use super::{Geo, Source};

/// State of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderState {
    /// A file.
    File(FileState),
    /// The service ip-api.com.
    IpApi(IpApiState),
    /// The domain name system.
    ReverseDns,
}

/// Problem with a provider of places, or with the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GeoProblem {
    /// A file cannot be used.
    File {
        file: String,
        error: MmdbError,
        /// True if the content of the file from before is in use.
        is_in_use: bool,
    },
    /// A file has a record that cannot be read.
    BadRecord {
        file: String,
        /// The cause, in the words of whoever reads the file.
        cause: String,
    },
    /// ip-api.com is of no use: it is like this.
    IpApi(Health),
    /// Our database cannot be read, so that cached answers are missing.
    CacheDown,
}

/// The cache in numbers, those of this process among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheState {
    /// Figures of the content, or why it cannot be read.
    pub figures: Result<CacheFigures, String>,
    /// Number of answers taken from the cache since the start.
    pub(crate) hits: u64,
    /// Number of answers that were not in the cache since the start.
    pub(crate) misses: u64,
    /// Number of failed queries since the start.
    pub failures: u64,
}

/// Result of resolving the failures again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Resolved {
    /// Number of addresses that are asked for again.
    pub asked: usize,
    /// Number of failures that stay, because the queue is full.
    pub left: usize,
    /// Number of failures that were removed, and are not asked for now.
    pub(crate) forgotten: usize,
}

impl Geo {
    /// Returns the attributions that the licences of the files require where their data is shown.
    #[must_use]
    pub(crate) fn attributions(&self) -> Vec<Attribution> {
        let mut all = Vec::new();
        for source in &self.sources {
            if let Source::File(file) = source
                && let Some(attribution) = file.attribution()
                && !all.contains(&attribution)
            {
                all.push(attribution);
            }
        }
        all
    }

    /// Returns the time for which no provider on the network is asked anything.
    #[must_use]
    pub fn waits(&self) -> Duration {
        self.asking().map_or(Duration::ZERO, |asking| asking.state(&self.cache.clock).waits)
    }

    /// Lists the problems of the providers of places and of the cache.
    #[must_use]
    pub(crate) fn problems(&self) -> Vec<GeoProblem> {
        let problem = |source: &Source| match source {
            Source::File(file) => {
                let FileState { loaded, problem, doubt, .. } = file.state();
                match (problem, doubt) {
                    (Some(error), _) => {
                        Some(GeoProblem::File { file: file.name(), error, is_in_use: loaded.is_some() })
                    }
                    (None, Some(cause)) => Some(GeoProblem::BadRecord { file: file.name(), cause }),
                    (None, None) => None,
                }
            }
            Source::IpApi(asking) => match asking.state(&self.cache.clock).health {
                Health::Untried | Health::Healthy | Health::Recovered => None,
                health => Some(GeoProblem::IpApi(health)),
            },
            Source::ReverseDns(_) => None,
        };
        let cache = self.is_cache_down.load(Ordering::Relaxed).then_some(GeoProblem::CacheDown);
        self.sources.iter().filter_map(problem).chain(cache).collect()
    }

    /// Returns the state of each provider, in the configured order.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderState> {
        let state = |source: &Source| match source {
            Source::File(file) => ProviderState::File(file.state()),
            Source::IpApi(asking) => ProviderState::IpApi(asking.state(&self.cache.clock)),
            Source::ReverseDns(_) => ProviderState::ReverseDns,
        };
        self.sources.iter().map(state).collect()
    }

    /// The cache in numbers.
    pub(crate) async fn cache_state(&self) -> CacheState {
        CacheState {
            figures: self.cache.figures().await.map_err(|error| error.to_string()),
            hits: self.cache.hits.load(Ordering::Relaxed),
            misses: self.cache.misses.load(Ordering::Relaxed),
            failures: self.cache.failures.load(Ordering::Relaxed),
        }
    }

    /// Removes all answers from the network, and returns how many there were.
    pub(crate) async fn empty_cache(&self) -> Result<usize, StorageError> {
        self.cache.empty().await
    }

    /// Asks ip-api.com again about its failures, without the pause after a failure. Failures that
    /// cannot be asked about here are only removed: names, which are asked for on request, and
    /// failures of ip-api.com where it is no longer a provider.
    pub(crate) async fn resolve_failures_again(&self) -> Result<Resolved, StorageError> {
        let all = MOST as usize;
        let names = self.cache.forget_failures(NetworkProvider::ReverseDns, all).await?.0.len();
        let Some(asking) = self.asking() else {
            let places = self.cache.forget_failures(NetworkProvider::IpApi, all).await?.0.len();
            return Ok(Resolved { forgotten: names + places, ..Resolved::default() });
        };
        // Not more than fit into the queue, or what does not would be lost.
        let (places, left) =
            self.cache.forget_failures(NetworkProvider::IpApi, asking.capacity_left()).await?;
        asking.enqueue_urgent(&places);
        Ok(Resolved { asked: places.len(), left, forgotten: names })
    }
}
