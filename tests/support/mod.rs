//! What the integration tests share.

pub mod as_user;
pub mod authenticator;
pub mod between;
pub mod fake_daemon;
pub mod ip_api;
pub mod program;
pub mod second_factor;
pub mod site;
pub mod visitor;

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use bangui::demo::PrivateDaemon;
use tokio::time::sleep;

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

/// The output of fail2ban's own client: a view of the daemon that owes nothing to our code.
pub fn client(daemon: &PrivateDaemon, command: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(daemon.client()).arg("-s").arg(daemon.socket()).args(command).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        let said = [text(&output.stdout), text(&output.stderr)].join(" ");
        Err(format!("{command:?}: {}: {said}", output.status).into())
    }
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
