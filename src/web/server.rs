//! The start of the web server.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_server::Server;
use actix_web::cookie::Key;
use actix_web::web::Data;
use thiserror::Error;

use crate::accounts::{Accounts, AccountsError, Sessions, Setup};
use crate::audit::Audit;
use crate::broker::Handle;
use crate::broker::socket_file::SocketFile;
use crate::config::http::ListenRefused;
use crate::config::{Config, Listen, LiveConfig};
use crate::domain::clock::Clock;
use crate::domain::host::HostName;
use crate::events::Events;
use crate::geo::{Geo, GeoError};
use crate::history::History;
use crate::jail_service::JailService;
use crate::service_manager;
use crate::storage::{Storage, StorageError, secrets};
use crate::web::view::messages::audit_rows::audit_row;

use super::app::Parts;
use super::background;
use super::listeners::certificate::Certificate;
use super::listeners::{CertificateError, Http, Listeners, ListenersError};
use super::middleware::connections::{self, Connections};
use super::middleware::deadlines::Deadlines;
use super::session::device::DeviceKey;
use super::session::kept_forms::KeptForms;
use super::session::store::SqliteSessionStore;
use super::state::State;

/// Connections beyond [`connections::MOST`]: new ones while those that make room for them are being closed.
const NEW_CONNECTIONS: usize = 32;
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
    /// What was to be listened on.
    #[error(transparent)]
    Listen(#[from] ListenersError),
    /// What was said about TLS.
    #[error(transparent)]
    Tls(#[from] ListenRefused),
    /// The certificate for HTTPS.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The server broke off.
    #[error("the web server ended: {0}")]
    Ended(#[from] std::io::Error),
}

/// A server that has begun to listen.
pub struct Running {
    /// The addresses that it listens on, with the real port where 0 was asked for.
    pub addresses: Vec<SocketAddr>,
    /// The code for the first account, where there is none yet.
    pub setup_code: Option<String>,
    server: actix_server::Server,
    /// Where it listens.
    places: Vec<Listen>,
    /// The sockets in the file system, which are removed with this.
    _sockets: Vec<SocketFile>,
    audit: Audit,
}

impl Running {
    /// Serves until the process is told to end (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the server breaks off.
    pub async fn until_the_end(self) -> Result<(), ServeError> {
        self.server.await?;
        service_manager::stopping();
        if let Err(error) = self.audit.write_waiting().await {
            tracing::error!(%error, "what waits for the audit is in the log alone");
        }
        Ok(())
    }
}

/// Starts the server, says where it is, and serves until the process is told to end.
///
/// # Errors
/// When our database cannot be opened or the address not be listened on.
pub async fn run(config: Arc<LiveConfig>, listeners: Option<Listeners>) -> Result<(), ServeError> {
    let listeners = listeners.map_or_else(|| Listeners::bind(&config.now()), Ok)?;
    let running = start_on(listeners, Arc::clone(&config), Clock::default(), Deadlines::default()).await?;
    for place in &running.places {
        tracing::info!("BanGUI listens on {place}");
    }
    if let Some(code) = &running.setup_code {
        let there = config.now().http.opened_at(&running.places, "/setup");
        let there = there.unwrap_or_else(|| "/setup of the web server in front, over HTTPS,".to_owned());
        tracing::info!("There is no account yet. Open {there} and use the code {code}");
    }
    service_manager::ready();
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
    start_on(Listeners::bind(&config)?, Arc::new(LiveConfig::new(config)), clock, deadlines).await
}

async fn start_on(
    listeners: Listeners,
    live: Arc<LiveConfig>,
    clock: Clock,
    deadlines: Deadlines,
) -> Result<Running, ServeError> {
    let config = live.now();
    let certificate = config
        .http
        .tls_files(&config.listen)
        .map_err(ListenRefused::from)?
        .map(Certificate::read)
        .transpose()?;
    let storage = Storage::open(&config.database)?;
    let state = state(&config, storage.clone(), clock).await?;
    let setup_code = state.setup.as_ref().map(|setup| setup.code().to_string());
    let cookie_key = storage.call(|connection| secrets::cookie_key(connection)).await?;
    let parts = Arc::new(Parts {
        sessions: SqliteSessionStore::new(state.sessions.clone()),
        device_key: Data::new(DeviceKey(Key::from(&cookie_key))),
        cookie_key,
        state: Data::new(state.clone()),
        config: Data::from(Arc::clone(&live)),
        deadlines: Data::new(deadlines),
        kept_forms: Data::new(KeptForms::new(state.sessions.clock().clone())),
    });
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections((connections::MOST + NEW_CONNECTIONS) / workers)
        .shutdown_timeout(5);
    let http = Http {
        parts,
        deadlines,
        connections: Connections::new(Data::from(Arc::clone(&live))),
        end: server.graceful_shutdown_signal(),
    };
    let places = listeners.places();
    let (server, sockets) = listeners.serve(server, &http, certificate.as_ref())?;
    let audit = state.audit.clone();
    background::spawn(state);
    if let Some(certificate) = certificate {
        tokio::spawn(certificate.watch(live));
    }
    Ok(Running {
        addresses: places.iter().filter_map(Listen::address).collect(),
        places,
        setup_code,
        server: server.run(),
        _sockets: sockets,
        audit,
    })
}

/// Builds the state that the handlers share.
async fn state(config: &Config, storage: Storage, clock: Clock) -> Result<State, ServeError> {
    let accounts = Accounts::with_clock(storage.clone(), clock.clone())?
        .reached_as(config.http.hosts.iter().filter_map(HostName::name));
    let audit = Audit::new(storage.clone(), clock.clone(), config.audit.limits());
    let events = Events::new(audit.clone(), audit_row);
    let history = History::open(&config.database, clock.clone(), config.history.limits());
    Ok(State {
        setup: Setup::begin(&accounts).await?,
        accounts,
        jails: JailService::new(Handle::for_config(config), storage.clone(), events.clone(), history.clone()),
        history,
        audit,
        geo: Geo::new(&config.geo, storage.clone(), clock.clone(), &events)?,
        events,
        sessions: Sessions::new(storage, clock, config.session_limits()),
    })
}
