//! The start of the web server.

use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use actix_web::HttpServer;
use actix_web::cookie::Key;
use actix_web::web::Data;
use thiserror::Error;

use crate::accounts::{Accounts, AccountsError, Sessions, Setup};
use crate::audit::Audit;
use crate::broker::socket_file::{Admitted, SocketFile};
use crate::broker::{Handle, SocketError};
use crate::config::{Config, HttpConfig, Listen};
use crate::domain::clock::Clock;
use crate::domain::host::HostName;
use crate::events::Events;
use crate::geo::{Geo, GeoError};
use crate::history::History;
use crate::jail_service::JailService;
use crate::storage::{Storage, StorageError, secrets};
use crate::web::view::messages::audit_rows::audit_row;

use super::app::{Parts, app};
use super::background;
use super::extract::peer;
use super::middleware::connection::Connection;
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
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Error of the operating system.
        cause: std::io::Error,
    },
    /// The socket for the web server in front could not be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
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
    server: actix_web::dev::Server,
    /// The sockets in the file system, which are removed with this.
    sockets: Vec<SocketFile>,
    audit: Audit,
}

impl Running {
    /// Serves until the process is told to end (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the server breaks off.
    pub async fn until_the_end(self) -> Result<(), ServeError> {
        self.server.await?;
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
pub async fn run(config: Config) -> Result<(), ServeError> {
    let running = start(config).await?;
    for address in &running.addresses {
        tracing::info!("BanGUI listens on http://{address}");
    }
    for socket in &running.sockets {
        tracing::info!("BanGUI listens on unix:{}", socket.path().display());
    }
    if let Some(code) = &running.setup_code {
        let url = running.addresses.first().map(|address| format!("http://{address}")).unwrap_or_default();
        tracing::info!("There is no account yet. Open {url}/setup and use the code {code}");
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
    let http = config.http.clone();
    let addresses: Vec<SocketAddr> = config.addresses().collect();
    let sockets = make_sockets(&config)?;
    let cookie_key = storage.call(|connection| secrets::cookie_key(connection)).await?;
    let parts = Arc::new(Parts {
        sessions: SqliteSessionStore::new(state.sessions.clone()),
        device_key: Data::new(DeviceKey(Key::from(&cookie_key))),
        cookie_key,
        state: Data::new(state.clone()),
        config: Data::new(config),
        deadlines: Data::new(deadlines),
        kept_forms: Data::new(KeptForms::new(state.sessions.clock().clone())),
    });
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let connections = Connections::new(http);
    let mut server = HttpServer::new(move || app(&parts))
        .workers(workers)
        .max_connections((connections::MOST + NEW_CONNECTIONS) / workers)
        .keep_alive(deadlines.keep_alive)
        .client_request_timeout(deadlines.head)
        .on_connect(move |stream, kept| {
            peer::note_user(stream, kept);
            Connection::begin(stream, kept, deadlines, &connections);
        });
    for address in addresses {
        server = server.bind(address).map_err(|cause| ServeError::Listen { address, cause })?;
    }
    let addresses = server.addrs();
    let mut files = Vec::new();
    for (file, listener) in sockets {
        server = server.listen_uds(listener)?;
        files.push(file);
    }
    let audit = state.audit.clone();
    background::spawn(state);
    let server = server.shutdown_timeout(5).run();
    Ok(Running { addresses, setup_code, server, sockets: files, audit })
}

/// Makes the sockets in the file system.
fn make_sockets(config: &Config) -> Result<Vec<(SocketFile, UnixListener)>, SocketError> {
    let HttpConfig { listen_group: group, listen_mode: mode, .. } = config.http;
    let paths = config.listen.iter().filter_map(|listen| match listen {
        Listen::Socket(path) => Some(path),
        Listen::Address(_) => None,
    });
    paths.map(|path| SocketFile::bind(path, Admitted { user: None, group, mode })).collect()
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
