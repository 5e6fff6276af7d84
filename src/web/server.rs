//! The web server: what its handlers share, and its start.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{Data, FormConfig, PathConfig, PayloadConfig, QueryConfig};
use actix_web::{App, HttpServer, web};
use thiserror::Error;

use crate::accounts::{Accounts, AccountsError, Sessions, Setup};
use crate::audit::Audit;
use crate::broker::Handle;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::geo::{Geo, GeoError};
use crate::jail_service::JailService;
use crate::storage::{Storage, StorageError, secrets};
use crate::web::access::RouteTable;
use crate::web::middleware::authorize;
use crate::web::state::State;
use crate::web::view::messages::work_audit::describe_end;

use super::middleware::connection::Connection;
use super::middleware::deadlines::Deadlines;
use super::middleware::limits::LONGEST_BODY;
use super::middleware::{allowed_hosts, audit, compress, csrf, error_page, etag, limits, security_headers};
use super::problem::error::Error;
use super::routes;
use super::session::cookie::SessionCookie;
use super::session::persistence;
use super::session::store::SqliteSessionStore;

/// The most connections at once, well below the 1024 files that a process may usually open: each needs
/// two.
const MOST_CONNECTIONS: usize = 400;
/// The most threads that answer requests.
const MOST_WORKERS: usize = 4;
/// Between two sweeps of expired sessions.
const SWEEP: Duration = Duration::from_mins(10);
/// Between two comparisons of kept ignore entries with what fail2ban has: so long an entry may be
/// missing after somebody else has restarted fail2ban.
const CARE: Duration = Duration::from_secs(10);

/// Why the server did not start, or ended.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Our database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The accounts in it.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Whoever is to be asked where addresses are.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The server broke off.
    #[error("the web server ended: {0}")]
    Ended(#[from] std::io::Error),
}

/// A server that has begun to listen.
pub struct Running {
    /// Where it listens, with the real port where 0 was asked for.
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
    let accounts = Accounts::with_clock(storage.clone(), clock.clone())?;
    let setup = Setup::begin(&accounts).await?;
    let setup_code = setup.as_ref().map(|setup| setup.code().to_string());
    let jails = JailService::new(Handle::for_config(&config), storage.clone(), describe_end);
    let key = storage.call(|connection| secrets::cookie_key(connection)).await?;
    let geo = Geo::new(&config.geo, storage.clone(), clock.clone())?;
    let audit = Audit::new(storage.clone());
    let sessions = Sessions::new(storage, clock, config.session_limits());
    let asking = Arc::clone(&geo);
    let caring = Arc::clone(&jails);
    let store = SqliteSessionStore::new(sessions.clone());
    let sweeping = sessions.clone();
    let remembered = config.session_limits().remembered;
    let state = Data::new(State { jails, audit, accounts, sessions, setup, geo });
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let listen = config.listen;
    let config = Data::new(config);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(config.clone())
            .app_data(Data::new(deadlines))
            .app_data(RouteTable(routes::ROUTES))
            .app_data(
                FormConfig::default()
                    .limit(LONGEST_BODY)
                    .error_handler(|error, _| Error::BadInput(error.to_string()).into()),
            )
            .app_data(
                QueryConfig::default()
                    .error_handler(|_, _| Error::BadInput("The address is not complete.".to_owned()).into()),
            )
            .app_data(PathConfig::default().error_handler(|_, _| Error::NoPage.into()))
            .app_data(PayloadConfig::new(LONGEST_BODY))
            .configure(routes::configure)
            .default_service(web::to(|| std::future::ready(Err::<&'static str, _>(Error::NoPage))))
            // The last one here is the first that a request meets.
            .wrap(from_fn(csrf::require_token))
            .wrap(from_fn(authorize::authorize))
            .wrap(from_fn(audit::record))
            .wrap(from_fn(authorize::identify))
            .wrap(from_fn(limits::refuse_oversized))
            .wrap(from_fn(error_page::render_errors))
            .wrap(from_fn(etag::not_modified))
            .wrap(from_fn(persistence::note_remembered))
            .wrap(SessionCookie::new(&store, &key, remembered))
            .wrap(from_fn(persistence::expire_with_browser))
            .wrap(from_fn(allowed_hosts::check_host))
            .wrap(from_fn(compress::compress_response))
            .wrap(from_fn(limits::read_request))
            .wrap(from_fn(security_headers::add_headers))
    })
    .workers(workers)
    .max_connections(MOST_CONNECTIONS / workers)
    .keep_alive(deadlines.keep_alive)
    .client_request_timeout(deadlines.head)
    .on_connect(move |stream, kept| Connection::begin(stream, kept, deadlines))
    .bind(listen)
    .map_err(|cause| ServeError::Listen { address: listen, cause })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    tokio::spawn(sweep(sweeping));
    tokio::spawn(care_for_kept_ignores(caring));
    if asking.is_configured() {
        tokio::spawn(asking.work());
    }
    Ok(Running { address, setup_code, server: server.shutdown_timeout(5).run() })
}

async fn sweep(sessions: Sessions) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = sessions.sweep().await {
            tracing::warn!(%error, "expired sessions could not be swept");
        }
    }
}

/// Looks after what fail2ban forgets when it is restarted, by whomever.
async fn care_for_kept_ignores(jails: Arc<JailService>) {
    let mut ticks = tokio::time::interval(CARE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        jails.care_for_kept_ignores().await;
        jails.hold_configuration().await;
    }
}
