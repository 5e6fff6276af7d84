//! The one handle to fail2ban. Its operations are in the table of [`super::operations`].

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::config;
use crate::domain::action_failure::{ActionFailure, BanChange, JailFailures};
use crate::domain::address::{Banned, Target};
use crate::domain::ban::Holder;
use crate::domain::broker_change::ChangeRecord;
use crate::domain::daemon_clock::{BanListing, DaemonClock};
use crate::domain::filter_trial::{FilterQuestion, FilterTrial, Untried};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailList, JailName, JailStatus, JailSummaries, JailSummary, Reading};
use crate::domain::jail_detail::{ActionName, JailDetail, RawAction};
use crate::domain::lack::LackingJail;
use crate::domain::lookup::History;
use crate::domain::protection::{JailFilter, JailFirewall, JailLogs, Listener, NotLooked};
use crate::domain::reload::{KeptIgnores, PostCondition, Scope};
use crate::domain::server::{LogFlush, ServerChange, ServerSettings};
use crate::domain::traces::LogTraces;
use crate::fail2ban::Error;
use crate::fail2ban::broker_error::BrokerError;
use crate::fail2ban::client_program::restart::RestartWay;
use crate::fail2ban::database::new_bans::{NewBan, RowId};
use crate::fail2ban::database::recorded::{ReadFrom, Recorded};
use crate::fail2ban::database::written::WrittenBans;
use crate::fail2ban::server_log::old::{LogPart, LogPlace};

use super::client::Client;
use super::operations::{Reply, Request, operations};
use super::planned::Planned;
use super::service::Broker;
use super::tested_configs::Token;

/// A handle to fail2ban, for every caller. Cheap to clone; all clones share one connection.
#[derive(Debug, Clone)]
pub struct Handle {
    transport: Transport,
    outage: watch::Sender<Option<Error>>,
}

#[derive(Debug, Clone)]
enum Transport {
    /// The broker is in this process.
    InProcess(Arc<Broker>),
    /// The broker is in another process.
    Remote(Client),
}

impl Handle {
    /// The handle to the fail2ban that `settings` name, with a broker in this process.
    #[must_use]
    pub fn inside(settings: &config::Fail2ban) -> Self {
        Self::over(Transport::InProcess(Arc::new(Broker::new(settings))))
    }

    /// The handle to the fail2ban of the broker that listens on `socket`.
    #[must_use]
    pub fn outside(socket: PathBuf) -> Self {
        Self::over(Transport::Remote(Client::new(socket)))
    }

    fn over(transport: Transport) -> Self {
        Self { transport, outage: watch::Sender::new(None) }
    }

    /// The handle that `config` asks for.
    #[must_use]
    pub(crate) fn for_config(config: &config::Config) -> Self {
        match &config.broker {
            Some(socket) => Self::outside(socket.clone()),
            None => Self::inside(&config.fail2ban),
        }
    }

    /// The error for a question that had no answer within `max_wait`: who is silent.
    pub(crate) async fn silence(&self, max_wait: Duration) -> Error {
        match &self.transport {
            Transport::Remote(client) if client.is_silent().await => BrokerError::Silent(max_wait).into(),
            _ => Error::Deadline(max_wait),
        }
    }

    /// Returns a number that changes whenever the connection to the daemon was opened anew: earlier
    /// answers may be from another daemon.
    #[must_use]
    pub(crate) fn generation(&self) -> u64 {
        match &self.transport {
            Transport::InProcess(broker) => broker.generation(),
            Transport::Remote(client) => client.generation(),
        }
    }

    /// The names of the jails that run and can be asked about.
    ///
    /// # Errors
    /// The same as for [`Self::jail_list`].
    pub(crate) async fn jail_names(&self) -> Result<Vec<JailName>, Error> {
        Ok(self.jail_list().await?.names)
    }

    /// Watches whether the daemon can be asked: the error that began the outage, `None` while it answers.
    pub(crate) fn outage(&self) -> watch::Receiver<Option<Error>> {
        self.outage.subscribe()
    }

    pub(crate) async fn ask(&self, request: Request) -> Result<Reply, Error> {
        let needs_daemon = request.needs_daemon();
        let answer = match &self.transport {
            Transport::InProcess(broker) => broker.handle(request).await,
            Transport::Remote(client) => client.ask(request).await,
        };
        let outage = match &answer {
            Err(error) if error.is_of_the_connection() => Some(error),
            Ok(_) if needs_daemon => None,
            Ok(_) | Err(_) => return answer,
        };
        self.outage.send_if_modified(|known| {
            let is_change = known.is_some() != outage.is_some();
            if is_change {
                *known = outage.cloned();
            }
            is_change
        });
        answer
    }
}

macro_rules! methods {
    ($(
        $(#[doc = $doc:literal])+
        $Name:ident = $method:ident($($(#[$check:meta])* $argument:ident: $given:ty as $owned:ty),*) -> $answer:ty;
    )*) => {
        impl Handle {
            $(
                $(#[doc = $doc])+
                ///
                /// # Errors
                /// fail2ban or its broker does not answer or refuses; there is no such jail.
                pub async fn $method(&self, $($argument: $given),*) -> Result<$answer, Error> {
                    match self.ask(Request::$Name { $($argument: $argument.to_owned()),* }).await? {
                        Reply::$Name(answer) => Ok(answer),
                        _ => Err(BrokerError::Unreadable("the answer to another request".to_owned()).into()),
                    }
                }
            )*
        }
    };
}

operations!(methods);
