//! The start of the web server.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::HttpServer;
use actix_web::web::Data;
use thiserror::Error;

use crate::accounts::{Accounts, AccountsError, Sessions, Setup};
use crate::audit::Audit;
use crate::broker::Handle;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::host::HostName;
use crate::events::Events;
use crate::geo::{Geo, GeoError};
use crate::jail_service::JailService;
use crate::storage::{Storage, StorageError, secrets};
use crate::web::view::messages::audit_rows::audit_row;

use super::app::{Parts, app};
use super::background;
use super::middleware::connection::Connection;
use super::middleware::deadlines::Deadlines;
use super::session::kept_forms::KeptForms;
use super::session::store::SqliteSessionStore;
use super::state::State;

/// The most connections at once, well below the 1024 files that a process may usually open: each needs
/// two.
const MOST_CONNECTIONS: usize = 400;
/// The most threads that answer requests.
const MOST_WORKERS: usize = 4;

/// Reason why the server did not start, or ended.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Our database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The accounts in it.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The providers of places.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Error of the operating system.
        cause: std::io::Error,
    },
    /// The server broke off.
    #[error("the web server ended: {0}")]
    Ended(#[from] std::io::Error),
}

/// A server that has begun to listen.
pub struct Running {
    /// Address that it listens on, with the real port where 0 was asked for.
    pub address: SocketAddr,
    /// The code for the first account, where there is none yet.
    pub setup_code: Option<String>,
    server: actix_web::dev::Server,
}

impl Running {
    /// Serves until the process is told to end (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the server breaks off.
    pub async fn until_the_end(self) -> Result<(), ServeError> {
        Ok(self.server.await?)
    }
}

/// Starts the server, says where it is, and serves until the process is told to end.
///
/// # Errors
/// When our database cannot be opened or the address not be listened on.
pub async fn run(config: Config) -> Result<(), ServeError> {
    let running = start(config).await?;
    tracing::info!("BanGUI listens on http://{}", running.address);
    if let Some(code) = &running.setup_code {
        tracing::info!(
            "There is no account yet. Open http://{}/setup and use the code {code}",
            running.address
        );
    }
    running.until_the_end().await
}

/// Starts the server.
///
/// # Errors
/// When our database cannot be opened or the address not be listened on.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    start_with(config, Clock::default(), Deadlines::default()).await
}

/// Starts the server. Its logins and sessions live by `clock`, its clients have to keep to `deadlines`.
///
/// # Errors
/// As [`start`].
pub async fn start_with(config: Config, clock: Clock, deadlines: Deadlines) -> Result<Running, ServeError> {
    let storage = Storage::open(&config.database)?;
    let state = state(&config, storage.clone(), clock).await?;
    let setup_code = state.setup.as_ref().map(|setup| setup.code().to_string());
    let listen = config.listen;
    let parts = Arc::new(Parts {
        sessions: SqliteSessionStore::new(state.sessions.clone()),
        cookie_key: storage.call(|connection| secrets::cookie_key(connection)).await?,
        state: Data::new(state.clone()),
        config: Data::new(config),
        deadlines: Data::new(deadlines),
        kept_forms: Data::new(KeptForms::new(state.sessions.clock().clone())),
    });
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let server = HttpServer::new(move || app(&parts))
        .workers(workers)
        .max_connections(MOST_CONNECTIONS / workers)
        .keep_alive(deadlines.keep_alive)
        .client_request_timeout(deadlines.head)
        .on_connect(move |stream, kept| Connection::begin(stream, kept, deadlines))
        .bind(listen)
        .map_err(|cause| ServeError::Listen { address: listen, cause })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    background::spawn(state);
    Ok(Running { address, setup_code, server: server.shutdown_timeout(5).run() })
}

/// Builds the state that the handlers share.
async fn state(config: &Config, storage: Storage, clock: Clock) -> Result<State, ServeError> {
    let accounts = Accounts::with_clock(storage.clone(), clock.clone())?
        .reached_as(config.http.hosts.iter().filter_map(HostName::name));
    let audit = Audit::new(storage.clone());
    let events = Events::new(audit.clone(), audit_row);
    Ok(State {
        setup: Setup::begin(&accounts).await?,
        accounts,
        jails: JailService::new(Handle::for_config(config), storage.clone(), events.clone()),
        audit,
        geo: Geo::new(&config.geo, storage.clone(), clock.clone(), &events)?,
        events,
        sessions: Sessions::new(storage, clock, config.session_limits()),
    })
}
