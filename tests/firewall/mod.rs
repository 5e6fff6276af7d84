//! Whether the firewall holds what fail2ban holds: real rules of nftables, iptables, ipset and the routing table, in a
//! network of the test's own, and packets from another one.

mod checks;
mod legacy;
mod names;
mod network;
mod packets;
