//! The name of one address, asked of this machine's resolver.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dns_lookup::{LookupError, LookupErrorKind};
use strum::{Display, EnumString};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::domain::geo::place::PlaceName;
use crate::mutex::Mutex;

/// Most queries at once: each keeps a thread until the resolver gives up by itself.
const AT_ONCE: usize = 4;
/// Time limit for a name.
const DEADLINE: Duration = Duration::from_secs(5);

/// Reason why there is no name.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameError {
    /// Reverse DNS is not among the providers.
    #[error("reverse DNS is not among the providers")]
    NotConfigured,
    /// The query failed.
    #[error("asked in vain: {0}")]
    Failed(NameFailure),
    /// The same address is already being looked up, for another user or for one who did not wait.
    #[error("it is already being looked up")]
    Busy,
    /// The query failed a short while ago.
    #[error("asked in vain less than five minutes ago: {0}")]
    Recently(NameFailure),
    /// No thread is free to ask.
    #[error("too many names are being looked up now")]
    TooMany,
}

/// Reason why a DNS query failed. Kept in the cache by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum NameFailure {
    /// The address has no name.
    NoName,
    /// The resolver did not answer in time.
    Late,
    /// The resolver failed.
    Failed,
}

/// The resolver.
#[derive(Debug)]
pub(crate) struct Reverse {
    threads: Arc<Semaphore>,
    asked: Arc<Mutex<HashSet<IpAddr>>>,
    resolve: fn(&IpAddr) -> Result<String, LookupError>,
}

/// A running query. Its thread holds it, so that it ends with the query itself: the request that
/// waits for the answer may be cancelled, or time out.
struct Running {
    address: IpAddr,
    asked: Arc<Mutex<HashSet<IpAddr>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.asked.lock().remove(&self.address);
    }
}

impl Reverse {
    pub(crate) fn new() -> Self {
        Self {
            threads: Arc::new(Semaphore::new(AT_ONCE)),
            asked: Arc::default(),
            resolve: dns_lookup::lookup_addr,
        }
    }

    fn begin(&self, address: IpAddr) -> Result<Running, NameError> {
        let mut asked = self.asked.lock();
        if asked.contains(&address) {
            return Err(NameError::Busy);
        }
        let permit = Arc::clone(&self.threads).try_acquire_owned().map_err(|_| NameError::TooMany)?;
        asked.insert(address);
        Ok(Running { address, asked: Arc::clone(&self.asked), _permit: permit })
    }

    /// Asks for the name of `address`, unless it is being asked for already.
    pub(crate) async fn ask(&self, address: IpAddr) -> Result<PlaceName, NameError> {
        let (running, resolve) = (self.begin(address)?, self.resolve);
        let question = tokio::task::spawn_blocking(move || {
            let answer = resolve(&address);
            drop(running);
            answer
        });
        let failure = match timeout(DEADLINE, question).await {
            Err(_) => NameFailure::Late,
            Ok(Err(ended)) => not_asked(address, &ended),
            Ok(Ok(Ok(name))) => return PlaceName::clean(&name).ok_or(NameError::Failed(NameFailure::NoName)),
            Ok(Ok(Err(error))) => match error.kind() {
                LookupErrorKind::NoName | LookupErrorKind::NoData => NameFailure::NoName,
                LookupErrorKind::Again => NameFailure::Late,
                _ => not_asked(address, &error),
            },
        };
        Err(NameError::Failed(failure))
    }
}

fn not_asked(address: IpAddr, cause: &dyn std::fmt::Debug) -> NameFailure {
    tracing::warn!(%address, ?cause, "the DNS could not be asked for a name");
    NameFailure::Failed
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// Held while no question may be answered.
    static HELD: Mutex<()> = Mutex::new(());

    #[expect(clippy::unnecessary_wraps, reason = "it stands for one that may fail")]
    fn slow(_: &IpAddr) -> Result<String, LookupError> {
        drop(HELD.lock());
        Ok("slow.example".to_owned())
    }

    #[tokio::test]
    async fn this_machine_has_its_name() {
        let name = Reverse::new().ask([127, 0, 0, 1].into()).await;
        assert!(name.as_ref().is_ok_and(|name| name.as_str().starts_with("localhost")), "{name:?}");
    }

    #[tokio::test]
    async fn two_who_ask_at_once_make_one_question() {
        let reverse = Reverse::new();
        let address = [127, 0, 0, 1].into();
        let (one, other) = tokio::join!(reverse.ask(address), reverse.ask(address));
        assert!(one.is_ok(), "{one:?}");
        assert_eq!(other, Err(NameError::Busy));
        assert!(reverse.ask(address).await.is_ok(), "and it can be asked again");
    }

    #[tokio::test]
    async fn a_question_ends_with_its_thread_and_not_with_who_waits_for_it() {
        let reverse = Reverse { resolve: slow, ..Reverse::new() };
        let address = |last| IpAddr::from([192, 0, 2, last]);
        let held = HELD.lock();
        for last in 0..4 {
            // Whoever asks goes away as soon as the question runs.
            assert!(reverse.ask(address(last)).now_or_never().is_none(), "it is answered already");
        }
        assert_eq!(
            reverse.ask(address(0)).now_or_never(),
            Some(Err(NameError::Busy)),
            "its thread still asks"
        );
        assert_eq!(reverse.ask(address(4)).now_or_never(), Some(Err(NameError::TooMany)));
        drop(held);
        while reverse.threads.available_permits() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        assert_eq!(reverse.ask(address(0)).await, PlaceName::clean("slow.example").ok_or(NameError::Busy));
    }
}
