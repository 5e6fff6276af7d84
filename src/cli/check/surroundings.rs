//! Things that work now and may surprise later: other daemons, sockets that systemd holds, sockets
//! that are mounts.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::broker::Handle;
use crate::config::Config;
use crate::fail2ban;
use crate::fail2ban::mount;
use crate::fail2ban::mount::FileMount;

/// A warning: what it is about, and what to do.
type Warning = (&'static str, String);

/// Everything that is worth a warning.
pub(crate) async fn warnings(handle: &Handle, config: &Config) -> Vec<Warning> {
    let mut warnings = Vec::new();
    // Behind a broker it is the broker's socket, and its machine, that count.
    if config.broker.is_none() {
        let socket = &config.fail2ban.socket;
        warnings.extend(of_mount(socket, mount::file_mount_at(socket)));
        warnings.extend(of_socket_unit(socket).await);
        warnings.extend(of_restart_command(config.fail2ban.restart_command.as_deref()));
    }
    warnings.extend(config.http.proxy_login_warning().map(|text| ("proxy login", text)));
    let own = match handle.process_id().await {
        Ok(own) => own.and_then(|own| u32::try_from(own).ok()),
        // An earlier line has said why.
        Err(_) => None,
    };
    warnings.extend(of_other_daemons(own, &daemons()));
    warnings
}

fn of_restart_command(command: Option<&[String]>) -> Option<Warning> {
    let program = command?.first()?;
    let directories = env::var_os("PATH").unwrap_or_default();
    // A whole path stays what it is.
    let is_there = env::split_paths(&directories).any(|directory| directory.join(program).is_file());
    (!is_there)
        .then(|| ("restart command", format!("there is no program {program} to restart fail2ban with")))
}

fn of_mount(socket: &Path, mount: FileMount) -> Option<Warning> {
    let socket = socket.display();
    let now = match mount {
        FileMount::None => return None,
        FileMount::Present => "It stops working at fail2ban's next start, which creates a new socket",
        FileMount::Removed => "It no longer works, because fail2ban has created a new socket since",
    };
    Some(("socket", format!("{socket} is mounted as a single file. {now}: mount its directory instead")))
}

async fn of_socket_unit(socket: &Path) -> Option<Warning> {
    match fail2ban::is_held_by_systemd(socket).await {
        Ok(true) => Some((
            "fail2ban.socket",
            "systemd starts fail2ban whenever something opens its socket. BanGUI does not open it while \
             fail2ban is stopped; to keep other programs from starting it, stop fail2ban.socket as well"
                .to_owned(),
        )),
        Ok(false) => None,
        Err(error) => {
            tracing::debug!(%error, "not known whether systemd holds the socket");
            None
        }
    }
}

/// `own` is the process behind the socket, where it is known.
fn of_other_daemons(own: Option<u32>, daemons: &[u32]) -> Option<Warning> {
    let others: Vec<String> =
        daemons.iter().filter(|daemon| Some(**daemon) != own).map(ToString::to_string).collect();
    let behind = match own {
        Some(own) => format!("The socket belongs to process {own}"),
        None if others.len() < 2 => return None,
        None => "It is not known which of them the socket belongs to".to_owned(),
    };
    if others.is_empty() {
        return None;
    }
    let (more, processes) =
        if own.is_some() { ("another", "as process") } else { ("more than one", "as processes") };
    Some((
        "other fail2ban",
        format!(
            "{more} fail2ban-server runs on this machine, perhaps in a container, {processes} {}. {behind}: \
             use the configuration of that one, or a reload loads the jails of the other into it",
            others.join(", ")
        ),
    ))
}

/// The processes that run fail2ban-server, as far as this user sees them.
fn daemons() -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut daemons: Vec<u32> = processes
        .filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok())
        // One may end while the list is read.
        .filter(|process| fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| is_daemon(&line)))
        .collect();
    daemons.sort_unstable();
    daemons
}

/// Returns true if the command line is `fail2ban-server …`, directly or behind its interpreter.
fn is_daemon(command_line: &[u8]) -> bool {
    let mut words = command_line.split(|byte| *byte == 0).take(3);
    words.any(|word| Path::new(OsStr::from_bytes(word)).file_name() == Some(OsStr::new("fail2ban-server")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(warning: Option<Warning>) -> String {
        warning.map(|(what, text)| format!("{what}: {text}")).unwrap_or_default()
    }

    #[test]
    fn another_daemon_is_warned_of_and_the_own_is_not() {
        assert_eq!(said(of_other_daemons(Some(7), &[7])), "");
        assert_eq!(said(of_other_daemons(Some(7), &[])), "");
        let one = said(of_other_daemons(Some(7), &[7, 9]));
        assert!(one.contains("another fail2ban-server") && one.contains("as process 9. The socket"), "{one}");
        assert!(one.contains("belongs to process 7"), "{one}");
        assert_eq!(said(of_other_daemons(None, &[9])), "", "it may well be the one");
        assert!(said(of_other_daemons(None, &[7, 9])).contains("as processes 7, 9. It is not known which"));
    }

    #[test]
    fn a_daemon_is_told_by_its_program() {
        assert!(is_daemon(b"/usr/bin/python3\0/usr/bin/fail2ban-server\0-xf\0start\0"));
        assert!(is_daemon(b"/usr/bin/python3\0-s\0/usr/bin/fail2ban-server\0"));
        assert!(is_daemon(b"fail2ban-server\0"));
        assert!(!is_daemon(b"vim\0a\0b\0/usr/bin/fail2ban-server\0"));
        assert!(!is_daemon(b"tail\0-f\0/var/log/fail2ban-server.log\0") && !is_daemon(b""));
    }

    #[test]
    fn a_mounted_socket_is_warned_of() {
        let said = |mount| said(of_mount(Path::new("/run/f.sock"), mount));
        assert_eq!(said(FileMount::None), "");
        assert!(said(FileMount::Present).contains("at fail2ban's next start"));
        assert!(said(FileMount::Removed).contains("no longer works"));
    }
}
