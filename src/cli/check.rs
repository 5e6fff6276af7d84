//! `bangui check`: what can be reached, and what to do about the rest.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::Config;
use crate::fail2ban::{self, Handle};
use crate::storage::Storage;

/// What one check found: a good line, or a bad one with what to do.
type Finding = Result<String, String>;

/// Prints a line for each thing that the server needs. Succeeds only if all is well.
pub(super) async fn run(config: &Config) -> io::Result<ExitCode> {
    let handle = Handle::of(config);
    let (socket, version) = check_daemon(&handle, config).await;
    let findings = [
        ("socket", socket),
        ("fail2ban", version),
        ("fail2ban-client", check_client(&handle).await),
        ("configuration", check_configuration(&handle, config).await),
        ("database", check_database(config)),
    ];
    let mut out = io::stdout().lock();
    for (what, finding) in &findings {
        match finding {
            Ok(text) => writeln!(out, "ok    {what}: {text}")?,
            Err(text) => writeln!(out, "FAIL  {what}: {text}")?,
        }
    }
    let well = findings.iter().all(|(_, finding)| finding.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The socket, and the version of the daemon behind it.
async fn check_daemon(handle: &Handle, config: &Config) -> (Finding, Finding) {
    use fail2ban::Error as E;
    let socket = config.fail2ban.socket.display();
    match handle.version().await {
        Ok(version) => (Ok(format!("{socket} answers")), Ok(format!("version {version}"))),
        Err(
            error @ (E::SocketMissing(_) | E::NotRunning(_) | E::PermissionDenied(_) | E::Connect { .. }),
        ) => (Err(with_advice(&error)), Err("version unknown without the socket".to_owned())),
        Err(error) => (Ok(format!("{socket} is there")), Err(with_advice(&error))),
    }
}

fn with_advice(error: &fail2ban::Error) -> String {
    use fail2ban::Error as E;
    let advice = match error {
        E::SocketMissing(_) => "start fail2ban, or name its socket with --fail2ban-socket",
        E::NotRunning(_) => "fail2ban has died: start it, as with `systemctl start fail2ban`",
        E::PermissionDenied(_) => "run as root, or give this user the right to write the socket",
        E::Deadline(_) => "fail2ban is busy or hangs: look into its log, and restart it if it stays so",
        E::Connect { .. }
        | E::CutOff(_)
        | E::Unreadable(_)
        | E::UnknownJail(_)
        | E::Refused { .. }
        | E::Broker(_)
        | E::UnsafeArgument(_) => "look into fail2ban's log, and whether this is its socket",
    };
    format!("{error}: {advice}")
}

async fn check_client(handle: &Handle) -> Finding {
    match handle.client_version().await {
        Ok(Ok(version)) => Ok(version),
        Err(error) => Err(with_advice(&error)),
        Ok(Err(error)) => Err(format!(
            "{error}: install fail2ban on this machine; without its client nothing can be reloaded"
        )),
    }
}

async fn check_configuration(handle: &Handle, config: &Config) -> Finding {
    let directory = config.fail2ban.config.display();
    match handle.test().await {
        Err(error) => Err(with_advice(&error)),
        Ok(Ok(_)) => Ok(format!("{directory} passes fail2ban's test")),
        Ok(Err(error)) => Err(format!("{directory}: {error}")),
    }
}

fn check_database(config: &Config) -> Finding {
    match Storage::probe(&config.database) {
        Ok(()) => Ok(format!("{} can be used", config.database.display())),
        Err(error) => Err(error.to_string()),
    }
}
