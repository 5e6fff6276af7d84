//! Bans one entry of each kind that a log line does not bring about.

use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::time::sleep;

use super::private_daemon::{DemoError, PrivateDaemon};

const LIMIT: Duration = Duration::from_secs(30);

/// Bans a network and a plain text in the first jail of `daemon`, and an address in each jail that
/// bans for ever. (A ban follows its jail's ban time, also when that is changed afterwards:
/// `fail2ban/server/banmanager.py`, `getBanList`. So it takes a jail of its own.)
///
/// # Errors
/// fail2ban-client is missing or the daemon refused.
pub async fn seed(daemon: &PrivateDaemon) -> Result<(), DemoError> {
    if let Some(jail) = daemon.jails().first() {
        ban(daemon, &jail.name, "198.51.100.0/24").await?;
        ban(daemon, &jail.name, "a-host-without-address").await?;
    }
    for jail in daemon.jails().iter().filter(|jail| jail.ban_time < 0) {
        ban(daemon, &jail.name, "192.0.2.66").await?;
    }
    Ok(())
}

async fn ban(daemon: &PrivateDaemon, jail: &str, entry: &str) -> Result<(), DemoError> {
    client(daemon, &["set", jail, "banip", entry]).await?;
    wait_for_ban(daemon, jail, entry).await
}

async fn wait_for_ban(daemon: &PrivateDaemon, jail: &str, entry: &str) -> Result<(), DemoError> {
    let begin = Instant::now();
    while !client(daemon, &["get", jail, "banip"]).await?.split_whitespace().any(|banned| banned == entry) {
        if begin.elapsed() > LIMIT {
            return Err(DemoError::Refused(format!("{entry} was not banned in {jail}")));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn client(daemon: &PrivateDaemon, command: &[&str]) -> Result<String, DemoError> {
    let output = Command::new(daemon.client()).arg("-s").arg(daemon.socket()).args(command).output().await?;
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(words(&output.stdout))
    } else {
        Err(DemoError::Refused(words(&output.stderr)))
    }
}
