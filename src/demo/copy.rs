//! Lays out the directory of a private daemon.

use std::fs;
use std::io;
use std::path::Path;

use super::jail::DemoJail;
use super::paths::Paths;

/// Writes all that the daemon needs before it starts, from the configuration in `shipped`.
pub(crate) fn lay_out(shipped: &Path, paths: &Paths, jails: &[DemoJail]) -> io::Result<()> {
    copy_shipped(shipped, &paths.config_dir)?;
    fs::create_dir_all(paths.config_dir.join("jail.d"))?;
    fs::create_dir_all(&paths.logs)?;
    fs::write(paths.config_dir.join("fail2ban.local"), server_settings(paths))?;
    fs::write(paths.config_dir.join("action.d/record.conf"), recording_action(&paths.action_log))?;
    fs::write(&paths.action_log, "")?;
    fs::write(&paths.server_log, "")?;
    fs::write(paths.config_dir.join("jail.local"), jail_settings(paths, jails))?;
    for jail in jails {
        if !jail.reads_own_log {
            fs::write(paths.log_file(&jail.name), "")?;
        }
        if let Some((path, text)) = jail.own_filter(&paths.config_dir) {
            fs::write(path, text)?;
        }
    }
    Ok(())
}

/// Copies what the package ships, and nothing that this machine's administrator has added.
fn copy_shipped(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        let local = Path::new(&name).extension().is_some_and(|extension| extension == "local");
        if name == "jail.d" || name == "fail2ban.d" || local {
            continue;
        }
        if fs::metadata(entry.path())?.is_dir() {
            copy_shipped(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn server_settings(paths: &Paths) -> String {
    format!(
        "[Definition]\nloglevel = INFO\nlogtarget = {}\nsocket = {}\npidfile = {}\ndbfile = {}\n",
        paths.server_log.display(),
        paths.socket.display(),
        paths.pid_file.display(),
        paths.database.display(),
    )
}

/// `usedns = no`, so that no name is ever looked up because of a sample line. Every action that
/// `jail.conf` could name is the recording one, so that no firewall is touched.
fn jail_settings(paths: &Paths, jails: &[DemoJail]) -> String {
    let mut text = String::from(
        "[DEFAULT]\nbackend = polling\nusedns = no\nbanaction = record\nbanaction_allports = record\n\
         action = record\n\n",
    );
    for jail in jails {
        let log = if jail.reads_own_log { paths.server_log.clone() } else { paths.log_file(&jail.name) };
        text.push_str(&jail.section(&log));
    }
    text
}

fn recording_action(file: &Path) -> String {
    let file = file.display();
    format!(
        "[Definition]\nactionstart =\nactionstop =\nactioncheck =\n\
         actionban = echo \"ban <name> <ip>\" >> {file}\n\
         actionunban = echo \"unban <name> <ip>\" >> {file}\n",
    )
}
