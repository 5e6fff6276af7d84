//! The networks around an address that fail2ban's database knows as banned.

use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;

use crate::domain::lookup::NoHistory;
use crate::fail2ban::database_file;

/// Returns those networks around `address` that were banned in any jail, as fail2ban writes them; some may be banned
/// no more. Blocks: not for an async thread.
pub(crate) fn networks(file: &Path, address: IpAddr) -> Result<Vec<IpNet>, NoHistory> {
    database_file::with_database(file, |connection| {
        // Each is one step in the index of `bips`.
        let mut statement = connection.prepare("SELECT 1 FROM bips WHERE ip = ?1")?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let mut known = Vec::new();
        for network in (0..longest).filter_map(|length| IpNet::new(address, length).ok()) {
            let network = network.trunc();
            if statement.exists([network.to_string()])? {
                known.push(network);
            }
        }
        Ok(known)
    })
}
