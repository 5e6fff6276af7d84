//! A running BanGUI, in this process, on a real fail2ban of its own.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;

use bangui::accounts::Accounts;
use bangui::broker::{Broker, Listener, SocketError};
use bangui::config::geo::Geo;
use bangui::config::history::HistoryConfig;
use bangui::config::{Config, Fail2ban, HttpConfig};
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use bangui::domain::base_path::BasePath;
use bangui::domain::clock::Clock;
use bangui::storage::Storage;
use bangui::web;
use bangui::web::Deadlines;
use sha2::Digest;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::TestResult;

/// The account that every site has.
pub const NAME: &str = "admin";
/// Its password.
pub const PASSWORD: &str = "a password for tests";

/// The variable that puts every BanGUI of the tests below a path, as `/bangui`.
const BASE_PATH: &str = "BANGUI_TESTS_BASE_PATH";

/// That path; nothing where there is none.
pub fn below() -> &'static str {
    static BELOW: LazyLock<String> = LazyLock::new(|| std::env::var(BASE_PATH).unwrap_or_default());
    &BELOW
}

/// BanGUI alone. It ends when this is dropped.
pub struct Bangui {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The code for the first account, if there is none.
    pub setup_code: Option<String>,
    /// The clock of its logins.
    pub clock: Clock,
    database: PathBuf,
    /// The path that it is below; nothing where there is none.
    below: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Removed last.
    _directory: Option<TempDir>,
}

/// BanGUI and the fail2ban that it shows, with the account [`NAME`]. Both end when this is dropped.
pub struct Site {
    // Dropped in this order, the client before the server.
    bangui: Bangui,
    /// The fail2ban.
    pub daemon: PrivateDaemon,
    /// The address that BanGUI listens on.
    pub address: SocketAddr,
    /// The clock of its logins.
    pub clock: Clock,
}

impl Site {
    /// Starts both. The daemon is started again when it ends, until it is told to stop.
    pub async fn start(jails: &[DemoJail]) -> Result<Self, Box<dyn Error>> {
        let site = Self::unsupervised(jails).await?;
        site.daemon.supervise();
        Ok(site)
    }

    /// Starts both. Nobody starts the daemon again when it ends.
    pub async fn unsupervised(jails: &[DemoJail]) -> Result<Self, Box<dyn Error>> {
        Self::with_geo(jails, Geo::default()).await
    }

    /// Starts both, with providers of places.
    pub async fn with_geo(jails: &[DemoJail], geo: Geo) -> Result<Self, Box<dyn Error>> {
        Self::in_front_of(PrivateDaemon::start(jails).await?, geo).await
    }

    /// Starts both. The daemon runs in the background, where fail2ban-client restarts it.
    pub async fn in_background(jails: &[DemoJail]) -> Result<Self, Box<dyn Error>> {
        let daemon = PrivateDaemon::start(jails).await?;
        let config_dir = daemon.config_dir().to_string_lossy().into_owned();
        super::client(&daemon, &["-c", &config_dir, "restart"])?;
        Self::restarted_by(None, daemon, Geo::default()).await
    }

    /// Starts both, with settings that `change` changes.
    pub async fn configured(
        jails: &[DemoJail],
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, Box<dyn Error>> {
        let daemon = PrivateDaemon::start(jails).await?;
        let mut config = config(daemon.directory(), daemon.socket().to_owned());
        config.fail2ban.config = daemon.config_dir().to_owned();
        config.fail2ban.client = daemon.client();
        config.fail2ban.restart_command = Some(daemon.restart_command());
        change(&mut config);
        add_account(&config.database, NAME, Role::Administrator).await?;
        let bangui = Bangui::start(config, None).await?;
        daemon.supervise();
        Ok(Self { address: bangui.address, clock: bangui.clock.clone(), bangui, daemon })
    }

    /// Starts BanGUI in front of `daemon`, with providers of places.
    pub async fn in_front_of(daemon: PrivateDaemon, geo: Geo) -> Result<Self, Box<dyn Error>> {
        Self::restarted_by(Some(daemon.restart_command()), daemon, geo).await
    }

    /// Starts BanGUI in front of `daemon`, which it restarts by this command.
    pub async fn restarted_by(
        restart_command: Option<Vec<String>>,
        daemon: PrivateDaemon,
        geo: Geo,
    ) -> Result<Self, Box<dyn Error>> {
        let config = Config {
            geo,
            fail2ban: Fail2ban {
                socket: daemon.socket().to_owned(),
                config: daemon.config_dir().to_owned(),
                client: daemon.client(),
                restart_command,
            },
            ..config(daemon.directory(), daemon.socket().to_owned())
        };
        add_account(&config.database, NAME, Role::Administrator).await?;
        let bangui = Bangui::start(config, None).await?;
        Ok(Self { address: bangui.address, clock: bangui.clock.clone(), bangui, daemon })
    }

    /// Starts BanGUI without a daemon.
    pub async fn without_daemon() -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = config(directory.path(), PathBuf::from("/no/such/directory/fail2ban.sock"));
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI without a daemon, with settings that `change` changes.
    pub async fn without_daemon_configured(
        change: impl FnOnce(&mut Config),
    ) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let mut config = config(directory.path(), directory.path().join("absent.sock"));
        change(&mut config);
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI without a daemon, and with these providers of places.
    pub async fn without_daemon_with_geo(geo: Geo) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("absent.sock");
        let config = Config { geo, ..config(directory.path(), socket) };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI without a daemon, where a second factor is required of this role and those above.
    pub async fn requiring_second_factor(least: Role) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("absent.sock");
        let config = Config { require_second_factor: Some(least), ..config(directory.path(), socket) };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI with any daemon behind `socket`, or none, which nothing is asked but for pages: no ban is recorded.
    pub async fn bare(socket: PathBuf) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = Config { history: no_history(), ..config(directory.path(), socket) };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI with any daemon behind `socket`, and the configuration in `directory`.
    pub async fn of(socket: PathBuf, directory: PathBuf) -> Result<Bangui, Box<dyn Error>> {
        let own = tempfile::tempdir()?;
        let fail2ban = Fail2ban {
            socket: socket.clone(),
            config: directory,
            client: "fail2ban-client".into(),
            restart_command: None,
        };
        let config = Config { fail2ban, history: no_history(), ..config(own.path(), socket) };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(own)).await
    }

    /// Starts BanGUI in front of `daemon`, with its databases in `directory`, where it may find what one before it left.
    pub async fn beside(daemon: &PrivateDaemon, directory: &Path) -> Result<Bangui, Box<dyn Error>> {
        let config = config(directory, daemon.socket().to_owned());
        if !config.database.exists() {
            add_account(&config.database, NAME, Role::Administrator).await?;
        }
        Bangui::start(config, None).await
    }

    /// Starts BanGUI without a daemon and without a record of bans.
    pub async fn without_history() -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = Config {
            history: no_history(),
            ..config(directory.path(), directory.path().join("absent.sock"))
        };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI without a daemon, with its database in `directory` and with providers of places.
    pub async fn bare_with_geo(directory: &Path, geo: Geo) -> Result<Bangui, Box<dyn Error>> {
        let config = Config { geo, ..config(directory, directory.join("absent.sock")) };
        if !config.database.exists() {
            add_account(&config.database, NAME, Role::Administrator).await?;
        }
        Bangui::start(config, None).await
    }

    /// Starts BanGUI without a daemon, with settings of HTTP and deadlines for its clients.
    pub async fn reached(http: HttpConfig, deadlines: Deadlines) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = Config { http, ..config(directory.path(), directory.path().join("absent.sock")) };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start_within(config, deadlines, Some(directory)).await
    }

    /// Starts BanGUI without a daemon, with settings of HTTP and listening on `listen`.
    pub async fn listening(listen: SocketAddr, http: HttpConfig) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = Config {
            listen: vec![listen.into()],
            http,
            ..config(directory.path(), directory.path().join("absent.sock"))
        };
        add_account(&config.database, NAME, Role::Administrator).await?;
        Bangui::start(config, Some(directory)).await
    }

    /// Starts BanGUI without a daemon and without an account.
    pub async fn without_account() -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("absent.sock");
        Bangui::start(config(directory.path(), socket), Some(directory)).await
    }

    /// The same, with settings of HTTP.
    pub async fn without_account_configured(http: HttpConfig) -> Result<Bangui, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let config = Config { http, ..config(directory.path(), directory.path().join("absent.sock")) };
        Bangui::start(config, Some(directory)).await
    }

    /// Adds an account, as `bangui user add` does beside the running server. Its password is [`PASSWORD`].
    pub async fn add_account(&self, name: &str, role: Role) -> Result<(), Box<dyn Error>> {
        self.bangui.add_account(name, role).await
    }

    /// The whole URL of `path`.
    pub fn url(&self, path: &str) -> String {
        self.bangui.url(path)
    }

    /// BanGUI's record of bans.
    pub fn history(&self) -> PathBuf {
        self.bangui.history()
    }
}

impl Bangui {
    /// Number of sessions that are stored.
    pub fn sessions(&self) -> Result<usize, Box<dyn Error>> {
        let database = rusqlite::Connection::open(&self.database)?;
        Ok(database.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))?)
    }

    /// BanGUI's record of bans.
    pub fn history(&self) -> PathBuf {
        self.database.with_file_name("bangui-history.sqlite3")
    }

    /// BanGUI's own database.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Adds an account, as `bangui user add` does beside the running server. Its password is [`PASSWORD`].
    pub async fn add_account(&self, name: &str, role: Role) -> Result<(), Box<dyn Error>> {
        add_account(&self.database, name, role).await
    }

    /// Stores a recovery code of the first account as they were until 80 bits were too few.
    pub fn store_short_recovery_code(&self, plain: &str) -> TestResult {
        let connection = rusqlite::Connection::open(&self.database)?;
        let hash: [u8; 32] = sha2::Sha256::digest(plain).into();
        connection.execute("INSERT INTO recovery_codes (account_id, code_hash) VALUES (1, ?1)", [hash])?;
        Ok(())
    }

    /// The whole URL of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.address, self.below)
    }

    async fn start(config: Config, directory: Option<TempDir>) -> Result<Self, Box<dyn Error>> {
        Self::start_within(config, Deadlines::default(), directory).await
    }

    async fn start_within(
        mut config: Config,
        deadlines: Deadlines,
        directory: Option<TempDir>,
    ) -> Result<Self, Box<dyn Error>> {
        let (stop, stopped) = oneshot::channel();
        let (started, start) = oneshot::channel();
        if config.http.base_path == BasePath::default() && !below().is_empty() {
            config.http.base_path = below().parse()?;
        }
        let below = config.http.base_path.to_string().trim_end_matches('/').to_owned();
        let (clock, database) = (Clock::default(), config.database.clone());
        let own = clock.clone();
        let thread = std::thread::spawn(move || serve(config, own, deadlines, started, stopped));
        let (address, setup_code) = start.await??;
        Ok(Self {
            address,
            setup_code,
            clock,
            database,
            below,
            stop: Some(stop),
            thread: Some(thread),
            _directory: directory,
        })
    }
}

impl Drop for Bangui {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed by its own thread.
            let _ended = thread.join();
        }
    }
}

type Started = Result<(SocketAddr, Option<String>), String>;

/// If this variable is set, every test runs through a broker on a socket of its own.
const BEHIND_A_BROKER: &str = "BANGUI_TESTS_BEHIND_A_BROKER";

/// Puts a broker between the server and what `config` names.
fn behind_a_broker(config: &mut Config) -> Result<(), SocketError> {
    let socket = config.database.with_file_name("broker.sock");
    let listener = Listener::bind(&socket, rustix::process::geteuid().as_raw())?;
    tokio::spawn(listener.serve(Arc::new(Broker::new(&config.fail2ban)), std::future::pending()));
    config.broker = Some(socket);
    Ok(())
}

/// Serves until `stopped` says so, in a runtime of its own, as the program does.
fn serve(
    mut config: Config,
    clock: Clock,
    deadlines: Deadlines,
    started: oneshot::Sender<Started>,
    stopped: oneshot::Receiver<()>,
) {
    actix_web::rt::System::new().block_on(async {
        if std::env::var_os(BEHIND_A_BROKER).is_some()
            && let Err(error) = behind_a_broker(&mut config)
        {
            return drop(started.send(Err(error.to_string())));
        }
        let running = match web::start_with(config, clock, deadlines).await {
            Ok(running) => running,
            Err(error) => return drop(started.send(Err(error.to_string()))),
        };
        let Some(address) = running.addresses.first() else {
            return drop(started.send(Err("it listens on no address".to_owned())));
        };
        drop(started.send(Ok((*address, running.setup_code.clone()))));
        tokio::select! {
            ended = running.until_the_end() => drop(ended),
            _ = stopped => {}
        }
    });
}

fn config(directory: &Path, socket: PathBuf) -> Config {
    let fail2ban = Fail2ban {
        socket,
        config: directory.join("no-configuration"),
        client: "fail2ban-client".into(),
        restart_command: None,
    };
    Config::new(directory.join("bangui.sqlite3"), fail2ban)
}

fn no_history() -> HistoryConfig {
    HistoryConfig { history_days: 0, ..HistoryConfig::default() }
}

/// Adds an account with the password [`PASSWORD`].
pub async fn add_account(database: &Path, name: &str, role: Role) -> Result<(), Box<dyn Error>> {
    let accounts = Accounts::new(Storage::open(database)?)?;
    accounts.add(name.parse()?, PASSWORD.parse()?, role).await?;
    Ok(())
}
