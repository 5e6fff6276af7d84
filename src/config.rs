//! Every setting of the server, from the command line or from the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};

use crate::domain::account::Role;
use crate::domain::session::SessionLimits;

pub mod audit;
pub(crate) mod fail2ban;
pub mod geo;
pub mod history;
pub(crate) mod http;
mod lifetimes;
pub mod listen;
pub mod live;
pub mod proxy_login;

pub use fail2ban::Fail2ban;
pub use http::HttpConfig;
pub use listen::Listen;
pub use live::LiveConfig;
pub use proxy_login::ProxyLogin;

use lifetimes::{DEFAULT_REMEMBERED_IDLE_DAYS, Lifetimes};

/// Default address to listen on: this machine only.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8580";
/// Default path of our database.
pub(crate) const DEFAULT_DATABASE: &str = "/var/lib/bangui/bangui.sqlite3";
const DEFAULT_IDLE_MINUTES: u32 = 30;
const DEFAULT_ABSOLUTE_HOURS: u32 = 12;
const DEFAULT_REMEMBERED_DAYS: u32 = 30;

/// The settings of the server.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Config {
    /// Address and port to listen on, over plain HTTP; with HTTPS as `https://[::]:8443`, which needs --tls-certificate
    /// and --tls-key; or a socket for the web server in front, as `unix:/run/bangui-web/web.sock`, which needs
    /// --proxy-user. May be given several times. A socket that systemd passes takes the place of all.
    #[arg(
        long,
        value_name = "[https://]ADDR:PORT|unix:PATH",
        env = "BANGUI_LISTEN",
        value_delimiter = ',',
        default_value = DEFAULT_LISTEN
    )]
    pub listen: Vec<Listen>,
    /// Our own database. Created with its directory when it is missing.
    #[arg(long, value_name = "FILE", env = "BANGUI_DATABASE", default_value = DEFAULT_DATABASE)]
    pub database: PathBuf,
    /// The socket of a `bangui broker`, through which fail2ban is reached; this process then needs no
    /// access to fail2ban.
    #[arg(long, value_name = "SOCKET", env = "BANGUI_BROKER")]
    pub broker: Option<PathBuf>,
    /// The fail2ban to talk to.
    #[command(flatten)]
    pub fail2ban: Fail2ban,
    /// Lifetime of a login without being used, in minutes.
    #[arg(
        long,
        value_name = "MINUTES",
        env = "BANGUI_SESSION_IDLE",
        default_value_t = DEFAULT_IDLE_MINUTES,
        value_parser = value_parser!(u32).range(1..=7 * 24 * 60)
    )]
    pub session_idle: u32,
    /// Lifetime of a login however much it is used, in hours.
    #[arg(
        long,
        value_name = "HOURS",
        env = "BANGUI_SESSION_ABSOLUTE",
        default_value_t = DEFAULT_ABSOLUTE_HOURS,
        value_parser = value_parser!(u32).range(1..=30 * 24)
    )]
    pub session_absolute: u32,
    /// Lifetime of a login on a device that is to be remembered, in days.
    #[arg(
        long,
        value_name = "DAYS",
        env = "BANGUI_SESSION_REMEMBERED",
        default_value_t = DEFAULT_REMEMBERED_DAYS,
        value_parser = value_parser!(u32).range(1..=400)
    )]
    pub session_remembered: u32,
    /// How long a login lasts without being used on a device that is to be remembered, in days.
    #[arg(
        long,
        value_name = "DAYS",
        env = "BANGUI_SESSION_REMEMBERED_IDLE",
        default_value_t = DEFAULT_REMEMBERED_IDLE_DAYS,
        value_parser = value_parser!(u32).range(1..=400)
    )]
    pub session_remembered_idle: u32,
    /// The least role that has to have a second factor: viewer (everybody), operator or administrator.
    /// Administrators can demand it of more on a page, not of fewer.
    #[arg(long, value_name = "ROLE", env = "BANGUI_REQUIRE_SECOND_FACTOR")]
    pub require_second_factor: Option<Role>,
    /// How much of the audit is kept.
    #[command(flatten)]
    pub audit: audit::AuditConfig,
    /// How much of the record of bans is kept.
    #[command(flatten)]
    pub history: history::HistoryConfig,
    /// The settings of HTTP.
    #[command(flatten)]
    pub http: HttpConfig,
    /// The providers of places.
    #[command(flatten)]
    pub geo: geo::Geo,
}

impl Config {
    /// The settings for this database and this fail2ban, with any free port and the defaults of all others.
    #[must_use]
    pub fn new(database: PathBuf, fail2ban: Fail2ban) -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()],
            database,
            broker: None,
            fail2ban,
            session_idle: DEFAULT_IDLE_MINUTES,
            session_absolute: DEFAULT_ABSOLUTE_HOURS,
            session_remembered: DEFAULT_REMEMBERED_DAYS,
            session_remembered_idle: DEFAULT_REMEMBERED_IDLE_DAYS,
            require_second_factor: None,
            audit: audit::AuditConfig::default(),
            history: history::HistoryConfig::default(),
            http: HttpConfig::default(),
            geo: geo::Geo::default(),
        }
    }

    /// The addresses that are listened on.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listen.iter().filter_map(Listen::address)
    }

    /// Checks that the lifetimes of sessions agree.
    ///
    /// # Errors
    /// One of them has no effect.
    pub(crate) fn check_lifetimes(&self) -> Result<(), Lifetimes> {
        let remembered = (self.session_remembered_idle, self.session_remembered);
        lifetimes::check((self.session_idle, self.session_absolute), remembered)
    }

    /// The lifetimes of sessions.
    #[must_use]
    pub(crate) fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            idle: Duration::from_mins(self.session_idle.into()),
            absolute: Duration::from_hours(self.session_absolute.into()),
            remembered: Duration::from_hours(u64::from(self.session_remembered) * 24),
            remembered_idle: Duration::from_hours(u64::from(self.session_remembered_idle) * 24),
        }
    }
}

#[cfg(test)]
mod tests;
