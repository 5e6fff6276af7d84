//! What the integration tests share.

pub mod as_user;
pub mod authenticator;
pub mod between;
mod client;
pub mod fake_daemon;
pub mod ip_api;
pub mod program;
pub mod second_factor;
pub mod site;
pub mod tls;
pub mod visitor;

use std::error::Error;
use std::time::{Duration, Instant};

use bangui::demo::PrivateDaemon;
use tokio::time::sleep;

pub use client::client;

/// The result of a test.
pub type TestResult = Result<(), Box<dyn Error>>;

/// Far more than a loaded machine needs: only a broken program waits so long.
const LIMIT: Duration = Duration::from_mins(1);

/// Waits until `condition` holds.
pub async fn until(what: &str, mut condition: impl FnMut() -> Result<bool, Box<dyn Error>>) -> TestResult {
    let begin = Instant::now();
    while !condition()? {
        if begin.elapsed() > LIMIT {
            return Err(format!("waited in vain until {what}").into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The bans of `jail`, sorted.
pub fn banned(daemon: &PrivateDaemon, jail: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut banned: Vec<String> =
        client(daemon, &["get", jail, "banip"])?.split_whitespace().map(str::to_owned).collect();
    banned.sort();
    Ok(banned)
}

/// All that makes `jail` protect something, from fail2ban's own client.
pub fn protection(daemon: &PrivateDaemon, jail: &str) -> Result<Vec<String>, Box<dyn Error>> {
    ["failregex", "ignoreregex", "logpath", "ignoreip", "actions", "maxretry", "findtime", "bantime"]
        .iter()
        .map(|what| client(daemon, &["get", jail, what]).map(|answer| format!("{what}: {answer}")))
        .collect()
}

/// The command lines of all processes that name `text`.
pub fn processes_naming(text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        // A process may end while the list is read.
        let Ok(command_line) = std::fs::read(entry?.path().join("cmdline")) else {
            continue;
        };
        let command_line = String::from_utf8_lossy(&command_line).replace('\0', " ");
        if command_line.contains(text) {
            found.push(command_line);
        }
    }
    Ok(found)
}
