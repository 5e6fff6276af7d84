//! Finding out if opening the socket would start fail2ban.
//!
//! Since fail2ban 1.1.1 systemd can hold the socket and start fail2ban as soon as something opens
//! it (`fail2ban/server/asyncserver.py`, `LISTEN_FDS`). An open page must not start a fail2ban that
//! was stopped on purpose.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::fail2ban::known_secrets::KnownSecrets;
use crate::fail2ban::process::{Call, Surroundings};
use crate::mutex::Mutex;

/// Exists where systemd runs the system (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";
const SOCKET_UNIT: &str = "fail2ban.socket";
const SERVICE_UNIT: &str = "fail2ban.service";
/// Deadline of systemd's answer.
const DEADLINE: Duration = Duration::from_secs(3);
const MOST_OUTPUT: usize = 64 * 1024;
/// Period for which the answer "it would" is kept: every open page asks again and again while
/// fail2ban is stopped.
const BELIEVED: Duration = Duration::from_secs(2);

/// The state of systemd's answers about the socket. Only "it would" is kept: permission to open the
/// socket is asked for each time.
#[derive(Debug)]
pub(crate) struct Activation {
    booted: PathBuf,
    systemctl: PathBuf,
    would_start: Mutex<Option<Instant>>,
}

impl Default for Activation {
    fn default() -> Self {
        Self::new(BOOTED.into(), "systemctl".into())
    }
}

impl Activation {
    pub(crate) fn new(booted: PathBuf, systemctl: PathBuf) -> Self {
        Self { booted, systemctl, would_start: Mutex::new(None) }
    }

    /// Returns true if opening `socket` would start fail2ban. Where systemd does not tell, the
    /// socket is taken for one that may be opened, as it is almost everywhere.
    pub(crate) async fn would_start(&self, socket: &Path) -> bool {
        let since = *self.would_start.lock();
        if since.is_some_and(|since| since.elapsed() < BELIEVED) {
            return true;
        }
        let Ok(socket) = socket.canonicalize() else { return false };
        let would_start = self.booted.is_dir()
            && match self.units().await {
                Ok(told) => would_start(&told, &socket),
                Err(error) => {
                    tracing::warn!(%error, "systemd does not tell whether opening the socket starts fail2ban");
                    false
                }
            };
        *self.would_start.lock() = would_start.then(Instant::now);
        would_start
    }

    /// Returns true if systemd holds `socket` for fail2ban.
    async fn holds(&self, socket: &Path) -> io::Result<bool> {
        if !self.booted.is_dir() {
            return Ok(false);
        }
        let (socket, told) = (socket.canonicalize()?, self.units().await?);
        Ok(unit(&told, SOCKET_UNIT).is_some_and(|unit| unit.holds(&socket)))
    }

    async fn units(&self) -> io::Result<String> {
        let arguments = ["show", "--property=Id,LoadState,ActiveState,Listen", SOCKET_UNIT, SERVICE_UNIT];
        let call = Call {
            program: self.systemctl.clone(),
            arguments: arguments.map(OsString::from).to_vec(),
            input: Vec::new(),
            deadline: DEADLINE,
            most_output: MOST_OUTPUT,
            surroundings: Surroundings::Own,
            secrets: KnownSecrets::default(),
        };
        let finished = call.run().await.map_err(io::Error::other)?;
        if finished.status.success() {
            Ok(finished.output())
        } else {
            Err(io::Error::other(finished.errors()))
        }
    }
}

/// Returns true if the units that systemd has `told` of listen on `socket` for a fail2ban that does
/// not run. One that is just ending is asked nothing either: systemd would start it again at once.
fn would_start(told: &str, socket: &Path) -> bool {
    let holds = unit(told, SOCKET_UNIT).is_some_and(|unit| unit.holds(socket));
    let state = unit(told, SERVICE_UNIT).and_then(|unit| unit.get("ActiveState"));
    holds && matches!(state, None | Some("inactive" | "failed" | "deactivating"))
}

/// The unit of this name, if there is one.
fn unit<'a>(told: &'a str, id: &str) -> Option<Unit<'a>> {
    let mut units = told.split("\n\n").map(Unit::read);
    units.find(|unit| unit.get("Id") == Some(id) && unit.get("LoadState") == Some("loaded"))
}

/// Returns true if systemd holds `socket` and starts fail2ban when something opens it.
///
/// # Errors
/// systemd does not tell, or there is no such socket.
pub(crate) async fn is_held_by_systemd(socket: &Path) -> io::Result<bool> {
    Activation::default().holds(socket).await
}

/// The properties of one unit, as `systemctl show` writes them.
struct Unit<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Unit<'a> {
    fn read(text: &'a str) -> Self {
        Self(text.lines().filter_map(|line| line.split_once('=')).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// Returns true if it listens on `socket`: `Listen=/run/fail2ban/fail2ban.sock (Stream)`, a
    /// line for each.
    fn holds(&self, socket: &Path) -> bool {
        if self.get("ActiveState") != Some("active") {
            return false;
        }
        let paths = self.0.iter().filter(|(name, _)| *name == "Listen");
        let mut paths = paths.filter_map(|(_, value)| value.strip_suffix(" (Stream)"));
        paths.any(|path| Path::new(path).canonicalize().is_ok_and(|path| path == socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text that systemd 252 writes.
    fn told(socket: &str, socket_state: &str, service_state: &str) -> String {
        format!(
            "Listen={socket} (Stream)\nId=fail2ban.socket\nLoadState=loaded\nActiveState={socket_state}\n\n\
             Id=fail2ban.service\nLoadState=loaded\nActiveState={service_state}\n"
        )
    }

    #[test]
    fn only_a_socket_that_systemd_holds_for_a_stopped_fail2ban_would_start_it() {
        let file = tempfile::NamedTempFile::new().unwrap_or_else(|error| unreachable!("{error}"));
        let (path, own) = (file.path(), file.path().to_string_lossy().into_owned());
        for (socket, service, expected) in [
            ("active", "inactive", true),
            ("active", "failed", true),
            ("active", "deactivating", true),
            ("active", "active", false),
            ("active", "activating", false),
            ("active", "reloading", false),
            ("inactive", "inactive", false),
            ("failed", "failed", false),
        ] {
            assert_eq!(would_start(&told(&own, socket, service), path), expected, "{socket} {service}");
        }
        assert!(!would_start(&told("/etc/hostname", "active", "inactive"), path), "another socket");
        let absent = "Id=fail2ban.socket\nLoadState=not-found\nActiveState=inactive\n\n\
                      Id=fail2ban.service\nLoadState=loaded\nActiveState=inactive\n";
        assert!(!would_start(absent, path));
        assert!(!would_start("", path) && !would_start("=\n\n=", path));
        let gone = told(&own, "active", "active").replace("fail2ban.service", "other.service");
        assert!(would_start(&gone, path), "a service that is not loaded does not run");
    }
}
