//! The way in which the daemon can be restarted, decided from the facts about its process.

pub(crate) mod facts;

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fail2ban::client_error::{ClientError, NoRestart};
use crate::fail2ban::process::{Call, Surroundings};

use super::{ClientProgram, MOST_OUTPUT, WORK_DEADLINE, failed};

pub use facts::ProcessFacts;

/// A way to restart the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartWay {
    /// The command that the administrator has configured: a program and its arguments.
    Command(
        /// Stays in the process that runs it: a broker sends it to nobody.
        #[serde(skip)]
        Vec<String>,
    ),
    /// systemd runs the daemon.
    Systemd {
        /// The daemon's unit, as `fail2ban.service`.
        unit: String,
    },
    /// `fail2ban-client restart`: the new daemon is started by this program.
    ClientProgram,
    /// Nothing here can restart it.
    None(NoRestart),
}

/// Decides how to restart the daemon with these `facts`, where no command for it is configured.
#[must_use]
pub fn way(facts: &ProcessFacts) -> RestartWay {
    if let Some(unit) = facts.daemon_unit().filter(|unit| unit.starts_with("fail2ban")) {
        return RestartWay::Systemd { unit: unit.to_owned() };
    }
    if facts.pid == 1 {
        return RestartWay::None(NoRestart::InContainer);
    }
    if facts.is_in_foreground() {
        return RestartWay::None(NoRestart::InForeground);
    }
    if facts.is_own_service() {
        return RestartWay::None(NoRestart::OwnUnit);
    }
    RestartWay::ClientProgram
}

/// Restarts the daemon. Its configuration must have passed the test: with a broken one the old
/// daemon would stop and no new one start. The caller checks that the daemon answers again.
///
/// # Errors
/// There is no way, or the way failed.
pub async fn run(way: &RestartWay, client: &ClientProgram) -> Result<(), ClientError> {
    match way {
        RestartWay::None(reason) => Err(ClientError::NoRestart(*reason)),
        RestartWay::ClientProgram => client.restart().await,
        RestartWay::Systemd { unit } => {
            command("systemctl", &["restart".to_owned(), unit.clone()], client).await
        }
        RestartWay::Command(words) => match words.split_first() {
            Some((program, arguments)) => command(program, arguments, client).await,
            None => Err(ClientError::NoRestart(NoRestart::EmptyCommand)),
        },
    }
}

async fn command(program: &str, arguments: &[String], client: &ClientProgram) -> Result<(), ClientError> {
    let call = Call {
        program: PathBuf::from(program),
        arguments: arguments.iter().map(OsString::from).collect(),
        input: Vec::new(),
        deadline: WORK_DEADLINE,
        most_output: MOST_OUTPUT,
        secrets: client.secrets.clone(),
        surroundings: Surroundings::Own,
    };
    let finished = call.run().await?;
    if finished.status.success() { Ok(()) } else { Err(failed(&finished)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "/usr/bin/python3 /usr/bin/fail2ban-server -s /run/f.sock";

    fn facts(pid: u32, cgroup: &str, arguments: &str, own_cgroup: &str, systemd: bool) -> ProcessFacts {
        ProcessFacts {
            pid,
            cgroup: cgroup.to_owned(),
            arguments: arguments.split(' ').map(str::to_owned).collect(),
            own_cgroup: own_cgroup.to_owned(),
            systemd_runs: systemd,
        }
    }

    fn unit(name: &str) -> RestartWay {
        RestartWay::Systemd { unit: name.to_owned() }
    }

    #[test]
    fn systemd_restarts_its_own_unit_also_in_the_foreground() {
        let server = format!("{SERVER} -xf start");
        let v2 = "0::/system.slice/fail2ban.service\n";
        let v1 = "4:memory:/x\n1:name=systemd:/system.slice/fail2ban@a.service\n0::/\n";
        assert_eq!(way(&facts(7, v2, &server, "0::/", true)), unit("fail2ban.service"));
        assert_eq!(way(&facts(7, v1, &server, "0::/", true)), unit("fail2ban@a.service"));
    }

    #[test]
    fn a_unit_of_another_systemd_or_another_name_is_not_restarted() {
        for (cgroup, systemd) in [
            ("0::/system.slice/fail2ban.service", false),
            ("0::/system.slice/docker-ab.scope/system.slice/fail2ban.service", true),
            ("0::/lxc.payload.a/system.slice/fail2ban.service", true),
            ("0::/system.slice/cron.service", true),
            ("0::/", true),
        ] {
            assert_eq!(
                way(&facts(7, cgroup, SERVER, "0::/", systemd)),
                RestartWay::ClientProgram,
                "{cgroup}"
            );
        }
    }

    #[test]
    fn who_runs_in_the_foreground_is_restarted_by_its_supervisor() {
        for arguments in ["-f", "-xf start", "-s /a -f", "-vfs /a"] {
            let server = format!("{SERVER} {arguments}");
            let found = way(&facts(7, "0::/", &server, "0::/", false));
            assert_eq!(found, RestartWay::None(NoRestart::InForeground), "{arguments}");
        }
        for arguments in ["-b", "-s/run/f.sock", "--pidfile f", "-p /run/-f", "-xp f"] {
            let server = format!("{SERVER} {arguments}");
            assert_eq!(
                way(&facts(7, "0::/", &server, "0::/", false)),
                RestartWay::ClientProgram,
                "{arguments}"
            );
        }
        let container = way(&facts(1, "0::/", SERVER, "0::/", false));
        assert_eq!(container, RestartWay::None(NoRestart::InContainer));
    }

    #[test]
    fn no_daemon_is_started_inside_our_own_unit() {
        for own in ["0::/system.slice/bangui.service", "0::/user.slice/user@0.service/app.slice/b.service"] {
            let found = way(&facts(7, "0::/user.slice/a.scope", SERVER, own, true));
            assert_eq!(found, RestartWay::None(NoRestart::OwnUnit), "{own}");
            assert_eq!(way(&facts(7, "0::/", SERVER, own, false)), RestartWay::ClientProgram, "{own}");
        }
    }
}
