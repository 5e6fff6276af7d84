//! A real fail2ban with jails full of addresses.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bangui::demo::{DemoJail, PrivateDaemon};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Runtime;

use crate::support::Res;
use crate::wire::{Wire, request};

/// How many bans the jails have.
pub const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// The jail without any, which stands for one with a million.
pub const MILLION: &str = "million";
/// So many addresses go into one command.
const CHUNK: usize = 500;
/// A ban younger than 10 s is of a list that may yet change by itself.
const SETTLED: Duration = Duration::from_secs(12);
/// For fail2ban to write all bans into its database.
const WRITING: Duration = Duration::from_mins(5);

/// The daemon.
pub struct Lists {
    pub daemon: PrivateDaemon,
    /// What was banned in each jail of [`SIZES`].
    pub banned: Vec<Vec<IpAddr>>,
    /// How long that took.
    pub filling: Duration,
    // Dropped after the daemon, whose tasks it runs.
    _runtime: Runtime,
}

/// The jail with so many bans.
pub fn jail(size: usize) -> String {
    format!("bans-{size}")
}

impl Lists {
    /// Starts the daemon and fills its jails.
    pub fn start() -> Res<Self> {
        let week = |name: &str| DemoJail { ban_time: 7 * 86_400, ..DemoJail::new(name, "sshd") };
        let mut jails: Vec<DemoJail> = SIZES.iter().map(|size| week(&jail(*size))).collect();
        jails.push(week(MILLION));
        let (runtime, daemon) = start(&jails)?;
        let begin = Instant::now();
        let mut banned = Vec::new();
        for size in SIZES {
            let addresses = addresses(size);
            fill(daemon.socket(), &jail(size), &addresses)?;
            banned.push(addresses);
        }
        let filling = begin.elapsed();
        let database = Connection::open_with_flags(daemon.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        database.busy_timeout(WRITING)?;
        let all = i64::try_from(SIZES.iter().sum::<usize>())?;
        while database.query_row("SELECT count(*) FROM bips", (), |row| row.get::<_, i64>(0))? < all {
            if begin.elapsed() > WRITING {
                return Err("fail2ban does not write its database".into());
            }
            sleep(Duration::from_millis(500));
        }
        settle();
        Ok(Self { daemon, banned, filling, _runtime: runtime })
    }

    /// What was banned in the largest jail.
    pub fn largest(&self) -> (String, &[IpAddr]) {
        (jail(SIZES[2]), &self.banned[2])
    }

    pub fn wire(&self) -> Res<Wire> {
        Wire::open(self.daemon.socket())
    }
}

/// Waits until no ban is fresh any more.
pub fn settle() {
    sleep(SETTLED);
}

/// Starts a daemon whose jails do nothing when they ban.
pub fn start(jails: &[DemoJail]) -> Res<(Runtime, PrivateDaemon)> {
    let runtime = Runtime::new()?;
    let daemon = runtime.block_on(PrivateDaemon::start(jails))?;
    let mut wire = Wire::open(daemon.socket())?;
    for jail in jails {
        for command in ["actionban", "actionunban"] {
            wire.ask(&["set", &jail.name, "action", "record", command, ""])?;
        }
    }
    Ok((runtime, daemon))
}

/// Bans `addresses` in `jail`.
pub fn fill(socket: &Path, jail: &str, addresses: &[IpAddr]) -> Res {
    let mut wire = Wire::open(socket)?;
    for chunk in addresses.chunks(CHUNK) {
        let texts: Vec<String> = chunk.iter().map(IpAddr::to_string).collect();
        let words: Vec<&str> =
            ["set", jail, "banip"].into_iter().chain(texts.iter().map(String::as_str)).collect();
        wire.exchange(&request(&words)?, 1)?;
    }
    let (now, _) = wire.counts(jail)?;
    if now == addresses.len() { Ok(()) } else { Err(format!("{now} bans in {jail}").into()) }
}

/// So many addresses, each of them once, of which one in twenty is an IPv6 address; always the same ones.
pub fn addresses(count: usize) -> Vec<IpAddr> {
    let mut random = StdRng::seed_from_u64(count as u64);
    let (mut known, mut addresses) = (HashSet::new(), Vec::with_capacity(count));
    while addresses.len() < count {
        let address = if random.random_ratio(1, 20) {
            // 2000::/3 is what the Internet uses.
            IpAddr::V6(Ipv6Addr::from((random.random::<u128>() >> 3) | (1 << 125)))
        } else {
            IpAddr::V4(Ipv4Addr::from(random.random::<u32>()))
        };
        if is_public(address) && known.insert(address) {
            addresses.push(address);
        }
    }
    addresses
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, ..] = v4.octets();
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || first == 0 || first >= 224)
        }
        IpAddr::V6(_) => true,
    }
}
