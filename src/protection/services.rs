//! The programs that listen on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use crate::domain::protection::{Listener, NotLooked};

use super::network;

/// Finds the programs that listen where fail2ban's process `pid` does.
pub(crate) fn listeners(pid: Option<i32>) -> Result<Vec<Listener>, NotLooked> {
    network::check_is_ours(pid)?;
    let unreadable =
        |error: &io::Error| NotLooked::Program { program: "/proc".to_owned(), reason: error.to_string() };
    let sockets = network::listening().map_err(|error| unreadable(&error))?;
    let ports: BTreeMap<u64, u16> = sockets.iter().map(|socket| (socket.inode, socket.port)).collect();
    let mut programs = BTreeMap::<String, BTreeSet<u16>>::new();
    let processes = fs::read_dir("/proc").map_err(|error| unreadable(&error))?;
    for process in processes.filter_map(Result::ok) {
        if !process.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // One may end meanwhile, or be another user's.
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        let own: BTreeSet<u16> =
            links.filter_map(|link| ports.get(&inode(&link.to_string_lossy())?).copied()).collect();
        if own.is_empty() {
            continue;
        }
        if let Ok(name) = fs::read_to_string(process.path().join("comm")) {
            programs.entry(name.trim().to_owned()).or_default().extend(own);
        }
    }
    let listener =
        |(program, ports): (_, BTreeSet<u16>)| Listener { program, ports: ports.into_iter().collect() };
    Ok(programs.into_iter().map(listener).collect())
}

/// Reads `socket:[12345]`.
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}
