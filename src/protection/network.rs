//! The network that fail2ban runs in, and who listens there. Rules of another network say nothing about it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::domain::protection::NotLooked;

/// States of a socket that waits for others, in hexadecimal digits (`include/net/tcp_states.h` of Linux): LISTEN,
/// and for UDP one that is not connected.
const TCP_LISTENS: &str = "0A";
const UDP_LISTENS: &str = "07";

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Socket {
    pub(crate) port: u16,
    pub(crate) inode: u64,
}

/// Checks that the process `pid` of fail2ban is in the network of this process.
pub(crate) fn check_is_ours(pid: Option<i32>) -> Result<(), NotLooked> {
    let pid = pid.filter(|pid| *pid > 0).ok_or(NotLooked::UnknownNetwork)?;
    match (network_of("self"), network_of(&pid.to_string())) {
        (Ok(ours), Ok(theirs)) if ours == theirs => Ok(()),
        (Ok(_), Ok(_)) => Err(NotLooked::OtherNetwork),
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!(%error, pid, "the network of fail2ban's process is not known");
            Err(NotLooked::UnknownNetwork)
        }
    }
}

fn network_of(process: &str) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/net"))
}

/// The sockets that listen in the network of this process.
///
/// # Errors
/// The system does not list them.
pub(crate) fn listening() -> io::Result<BTreeSet<Socket>> {
    let mut sockets = BTreeSet::new();
    for (file, state) in
        [("tcp", TCP_LISTENS), ("tcp6", TCP_LISTENS), ("udp", UDP_LISTENS), ("udp6", UDP_LISTENS)]
    {
        match fs::read_to_string(format!("/proc/self/net/{file}")) {
            Ok(listing) => sockets.extend(listing.lines().skip(1).filter_map(|line| socket(line, state))),
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound && file.ends_with('6') => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sockets)
}

/// Reads `0: 00000000:0016 00000000:0000 0A … inode`.
fn socket(line: &str, state: &str) -> Option<Socket> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (_, port) = words.get(1)?.rsplit_once(':')?;
    let inode = words.get(9)?.parse().ok()?;
    (*words.get(3)? == state).then_some(Socket { port: u16::from_str_radix(port, 16).ok()?, inode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_listens_is_seen() -> io::Result<()> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        assert!(listening()?.iter().any(|socket| socket.port == port));
        drop(listener);
        assert!(!listening()?.iter().any(|socket| socket.port == port));
        Ok(())
    }

    #[test]
    fn this_process_is_in_its_own_network() {
        assert_eq!(check_is_ours(i32::try_from(std::process::id()).ok()), Ok(()));
        assert_eq!(check_is_ours(None), Err(NotLooked::UnknownNetwork));
    }
}
