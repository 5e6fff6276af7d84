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

pub use fail2ban::Fail2ban;
pub use http::HttpConfig;
pub use listen::Listen;
pub use live::LiveConfig;

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
    #[arg(
        long,
        value_name = "SOCKET",
        env = "BANGUI_BROKER",
        conflicts_with_all = [
            "fail2ban-socket",
            "fail2ban-config",
            "fail2ban-client",
            "fail2ban-restart-command"
        ]
    )]
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
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        config: Config,
    }

    fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
        let program = Program::try_parse_from([&["bangui"], arguments].concat())?;
        Ok(program.config)
    }

    #[test]
    fn unless_told_it_listens_on_this_machine_alone() -> Result<(), clap::Error> {
        let config = parse(&[])?;
        assert_eq!(config.listen, [Listen::Address(SocketAddr::from(([127, 0, 0, 1], 8580)))]);
        assert_eq!(config.fail2ban.restart_command, None);
        assert_eq!(config.http, HttpConfig::default());
        Ok(())
    }

    #[test]
    fn every_setting_can_be_given() -> Result<(), Box<dyn std::error::Error>> {
        let config = parse(&[
            "--listen=[::]:80,unix:/run/w",
            "--proxy-user=0",
            "--base-path=/b",
            "--forwarded-header=forwarded",
            "--tls-certificate=/c.pem",
            "--tls-key=/k.pem",
            "--listen-group=0",
            "--listen-mode=600",
            "--security-contact=mailto:a@b.example",
            "--database=/d/b",
            "--fail2ban-socket=/run/f2b",
            "--fail2ban-config=/conf",
            "--fail2ban-client=/f2b/bin/fail2ban-client",
            "--fail2ban-restart-command=docker restart 'my fail2ban'",
            "--session-idle=5",
            "--session-absolute=2",
            "--session-remembered=7",
            "--session-remembered-idle=3",
            "--require-second-factor=operator",
            "--audit-keep-days=90",
            "--audit-keep-megabytes=50",
            "--history-days=30",
            "--history-megabytes=20",
            "--host=a.example,[::1]",
            "--host=b.example",
            "--trusted-proxy=192.0.2.1",
            "--trusted-proxy=2001:db8::/32,10.0.0.0/8",
            "--allow-plain-http",
            "--geo-provider=ip-api",
        ])?;
        let restart = ["docker", "restart", "my fail2ban"].map(str::to_owned).to_vec();
        let expected = Config {
            listen: vec![SocketAddr::from(([0_u16; 8], 80)).into(), Listen::Socket("/run/w".into())],
            database: "/d/b".into(),
            session_idle: 5,
            session_absolute: 2,
            session_remembered: 7,
            session_remembered_idle: 3,
            require_second_factor: Some(Role::Operator),
            audit: audit::AuditConfig { audit_keep_days: 90, audit_keep_megabytes: 50 },
            history: history::HistoryConfig { history_days: 30, history_megabytes: 20 },
            http: HttpConfig {
                hosts: vec!["a.example".parse()?, "[::1]".parse()?, "b.example".parse()?],
                trusted_proxies: vec![
                    "192.0.2.1/32".parse()?,
                    "2001:db8::/32".parse()?,
                    "10.0.0.0/8".parse()?,
                ],
                allow_plain_http: true,
                base_path: "/b/".parse()?,
                forwarded_header: http::ForwardedHeader::Forwarded,
                tls_certificate: Some(PathBuf::from("/c.pem")),
                tls_key: Some(PathBuf::from("/k.pem")),
                proxy_users: vec![0],
                listen_group: Some(0),
                listen_mode: 0o600,
                security_contacts: vec!["mailto:a@b.example".to_owned()],
            },
            broker: None,
            geo: geo::Geo { providers: vec![geo::Provider::IpApi], ..geo::Geo::default() },
            fail2ban: Fail2ban {
                socket: "/run/f2b".into(),
                config: "/conf".into(),
                client: "/f2b/bin/fail2ban-client".into(),
                restart_command: Some(restart),
            },
        };
        assert_eq!(config, expected);
        Ok(())
    }

    #[test]
    fn a_host_with_a_port_and_a_proxy_that_is_everybody_are_refused() {
        for argument in ["--host=a:80", "--host=", "--trusted-proxy=0.0.0.0/0", "--trusted-proxy=x"] {
            assert!(parse(&[argument]).is_err(), "{argument}");
        }
    }

    #[test]
    fn behind_a_broker_nothing_of_fail2ban_is_named() -> Result<(), clap::Error> {
        let config = parse(&["--broker=/run/b"])?;
        assert_eq!(config.broker, Some("/run/b".into()));
        for other in [
            "--fail2ban-socket=/s",
            "--fail2ban-config=/c",
            "--fail2ban-client=/f",
            "--fail2ban-restart-command=r",
        ] {
            assert!(parse(&["--broker=/run/b", other]).is_err(), "{other}");
        }
        Ok(())
    }

    #[test]
    fn a_restart_command_without_a_program_or_with_an_open_quote_is_refused() {
        for command in ["", "  ", "''", "'' x", "docker 'restart", "docker \\"] {
            assert!(parse(&["--fail2ban-restart-command", command]).is_err(), "{command:?}");
        }
    }
}
