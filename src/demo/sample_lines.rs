//! Log lines as the attacked programs write them.

use std::net::IpAddr;

use jiff::Zoned;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

/// User names that break-in attempts over SSH really try.
const SSH_USERS: &[&str] = &[
    "root",
    "admin",
    "ubuntu",
    "test",
    "oracle",
    "postgres",
    "git",
    "deploy",
    "pi",
    "user",
    "ftpuser",
    "jenkins",
    "minecraft",
    "hadoop",
    "nagios",
    "steam",
    "mysql",
    "support",
    "guest",
    "es",
];

const WEB_PATHS: &[&str] = &["/admin/", "/private/", "/grafana/", "/status", "/backup/"];

/// A kind of attack, each logged by another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Guesses passwords over SSH; `sshd` logs to syslog.
    Ssh,
    /// Guesses the password of a protected web page; nginx logs an error.
    WebPassword,
    /// Guesses the password of a mailbox; Postfix logs to syslog.
    Mail,
    /// Guesses `WordPress` passwords; Apache logs the request.
    WordPress,
}

impl Attack {
    /// The attack on a jail of [`super::jail::demo_jails`]; `None` for a jail that reads no sample log.
    #[must_use]
    pub fn on(jail: &str) -> Option<Self> {
        match jail {
            "sshd" => Some(Self::Ssh),
            "nginx-http-auth" => Some(Self::WebPassword),
            "postfix-sasl" => Some(Self::Mail),
            "apache-wordpress-login-flood" => Some(Self::WordPress),
            _ => None,
        }
    }

    /// A line about one failure of `address` at `when`, without a line end.
    #[must_use]
    pub fn line(self, address: IpAddr, when: &Zoned) -> String {
        match self {
            Self::Ssh => ssh(address, when),
            Self::WebPassword => web_password(address, when),
            Self::Mail => mail(address, when),
            Self::WordPress => word_press(address, when),
        }
    }
}

fn ssh(address: IpAddr, when: &Zoned) -> String {
    let mut random = rand::rng();
    let user = SSH_USERS.choose(&mut random).copied().unwrap_or("root");
    let invalid = if user == "root" { "" } else { "invalid user " };
    let (process, port) = (random.random_range(1_000..400_000), random.random_range(20_000..65_000));
    let time = when.strftime("%b %e %H:%M:%S");
    format!(
        "{time} web1 sshd[{process}]: Failed password for {invalid}{user} from {address} port {port} ssh2"
    )
}

fn web_password(address: IpAddr, when: &Zoned) -> String {
    let mut random = rand::rng();
    let path = WEB_PATHS.choose(&mut random).copied().unwrap_or("/");
    let connection = random.random_range(100..99_999);
    let time = when.strftime("%Y/%m/%d %H:%M:%S");
    format!(
        "{time} [error] 812#812: *{connection} user \"admin\": password mismatch, client: {address}, \
         server: www.example.org, request: \"GET {path} HTTP/1.1\", host: \"www.example.org\""
    )
}

fn mail(address: IpAddr, when: &Zoned) -> String {
    let process = rand::rng().random_range(1_000..400_000);
    let time = when.strftime("%b %e %H:%M:%S");
    format!(
        "{time} mail1 postfix/smtpd[{process}]: warning: unknown[{address}]: \
         SASL LOGIN authentication failed: UGFzc3dvcmQ6"
    )
}

fn word_press(address: IpAddr, when: &Zoned) -> String {
    let size = rand::rng().random_range(3_000..6_000);
    let time = when.strftime("%d/%b/%Y:%H:%M:%S %z");
    format!("{address} - - [{time}] \"POST /wp-login.php HTTP/1.1\" 200 {size} \"-\" \"Mozilla/5.0\"")
}
