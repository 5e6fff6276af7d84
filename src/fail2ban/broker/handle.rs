//! The one handle to fail2ban. Its operations are in the table of [`super::operations`].

use std::path::PathBuf;
use std::sync::Arc;

use super::Broker;
use super::client::Client;
use super::operations::{Reply, Request};
use crate::config;
use crate::domain::jail::JailName;
use crate::fail2ban::Error;

/// fail2ban, for whoever asks it something. Cheap to clone; all clones share one connection.
#[derive(Debug, Clone)]
pub struct Handle(Place);

#[derive(Debug, Clone)]
enum Place {
    /// The broker is in this process.
    Inside(Arc<Broker>),
    /// The broker is in another process.
    Outside(Client),
}

impl Handle {
    /// The handle to the fail2ban that `settings` name, with a broker in this process.
    #[must_use]
    pub fn inside(settings: &config::Fail2ban) -> Self {
        Self(Place::Inside(Arc::new(Broker::new(settings))))
    }

    /// The handle to the fail2ban of the broker that listens on `socket`.
    #[must_use]
    pub fn outside(socket: PathBuf) -> Self {
        Self(Place::Outside(Client::new(socket)))
    }

    /// The handle that `config` asks for.
    #[must_use]
    pub fn of(config: &config::Config) -> Self {
        match &config.broker {
            Some(socket) => Self::outside(socket.clone()),
            None => Self::inside(&config.fail2ban),
        }
    }

    /// A number that changes whenever the connection to the daemon was opened anew: what was read
    /// before may be of another daemon.
    #[must_use]
    pub fn generation(&self) -> u64 {
        match &self.0 {
            Place::Inside(broker) => broker.generation(),
            Place::Outside(client) => client.generation(),
        }
    }

    /// The names of the jails that run and can be asked about.
    ///
    /// # Errors
    /// As for [`Self::jail_list`].
    pub async fn jail_names(&self) -> Result<Vec<JailName>, Error> {
        Ok(self.jail_list().await?.names)
    }

    pub(super) async fn ask(&self, request: Request) -> Result<Reply, Error> {
        match &self.0 {
            Place::Inside(broker) => broker.answer(request).await,
            Place::Outside(client) => client.ask(request).await,
        }
    }
}
