//! Asking the DNS for the name of an address.

use std::collections::HashSet;
use std::net::IpAddr;

use super::Geo;
use super::NameError;
use super::reverse::NameFailure;
use crate::domain::geo::place::{NetworkProvider, Place, PlaceName};

impl Geo {
    /// Asks the DNS for the name of `address`, unless that has just failed, and stores the answer.
    /// A failure to store it is no error: it is logged.
    pub(crate) async fn ask_name(&self, address: IpAddr) -> Result<PlaceName, NameError> {
        let address = address.to_canonical();
        let reverse = self.reverse().ok_or(NameError::NotConfigured)?;
        if let Some(why) = self.recent_failure(address).await {
            return Err(NameError::Recently(why));
        }
        let answer = reverse.ask(address).await;
        let outcome = match &answer {
            Ok(name) => Ok(Place { reverse_name: Some(name.clone()), ..Place::default() }),
            Err(NameError::Busy | NameError::TooMany | NameError::Recently(_) | NameError::NotConfigured) => {
                return answer;
            }
            Err(NameError::Failed(failure)) => Err(failure.to_string()),
        };
        if let Err(error) = self.cache.store(NetworkProvider::ReverseDns, vec![(address, outcome)]).await {
            tracing::warn!(%error, "a name could not be kept");
        }
        answer
    }

    async fn recent_failure(&self, address: IpAddr) -> Option<NameFailure> {
        let kept = self.kept(&HashSet::from([address])).await?;
        let failure = self.cache.recent_failure(kept.get(&address)?, NetworkProvider::ReverseDns)?;
        // What was kept by another version says no more than that.
        Some(failure.parse().unwrap_or(NameFailure::Failed))
    }
}
