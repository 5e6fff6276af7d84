//! The name of one address, asked of this machine's resolver.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dns_lookup::LookupErrorKind;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::domain::place::PlaceName;

/// How many questions run at once: each keeps a thread until the resolver gives up by itself.
const AT_ONCE: usize = 4;
/// How long somebody waits for a name.
const DEADLINE: Duration = Duration::from_secs(5);

/// Why there is no name.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum NameError {
    /// Nobody has been told to ask the DNS.
    #[error("reverse DNS is not among the providers")]
    NotConfigured,
    /// The address has none.
    #[error("the address has no name")]
    NoName,
    /// The resolver did not answer in time.
    #[error("the DNS did not answer in time")]
    Late,
    /// The resolver failed.
    #[error("the DNS could not be asked")]
    Failed(String),
    /// Somebody else asks for the same just now, or too many ask at once.
    #[error("it is being asked already")]
    Busy,
}

/// The resolver.
#[derive(Debug)]
pub(super) struct Reverse {
    threads: Arc<Semaphore>,
    asked: Mutex<HashSet<IpAddr>>,
}

impl Reverse {
    pub(super) fn new() -> Self {
        Self { threads: Arc::new(Semaphore::new(AT_ONCE)), asked: Mutex::default() }
    }

    /// Asks for the name of `address`, unless it is being asked for already.
    pub(super) async fn ask(&self, address: IpAddr) -> Result<PlaceName, NameError> {
        if !self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(address) {
            return Err(NameError::Busy);
        }
        let answer = self.question(address).await;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        answer
    }

    async fn question(&self, address: IpAddr) -> Result<PlaceName, NameError> {
        let permit = Arc::clone(&self.threads).try_acquire_owned().map_err(|_| NameError::Busy)?;
        let question = tokio::task::spawn_blocking(move || {
            let answer = dns_lookup::lookup_addr(&address);
            drop(permit);
            answer
        });
        match timeout(DEADLINE, question).await {
            Err(_) => Err(NameError::Late),
            Ok(Err(ended)) => Err(NameError::Failed(ended.to_string())),
            Ok(Ok(Ok(name))) => PlaceName::clean(&name).ok_or(NameError::NoName),
            Ok(Ok(Err(error))) => match error.kind() {
                LookupErrorKind::NoName | LookupErrorKind::NoData => Err(NameError::NoName),
                LookupErrorKind::Again => Err(NameError::Late),
                other => Err(NameError::Failed(format!("{other:?}: {error:?}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
