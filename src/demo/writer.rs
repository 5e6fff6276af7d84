//! Keeps adding believable lines to the sample logs, so that bans happen while one watches.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::private_daemon::PrivateDaemon;
use super::sample_addresses::any_address;
use super::sample_lines::Attack;

/// Attackers of each jail that are banned right after the start, so that no table is empty.
const FIRST_BANS: usize = 15;

/// A task that writes until it is dropped: about a line a second, which bans an attacker every five to ten
/// seconds.
#[derive(Debug)]
pub struct Writer {
    task: JoinHandle<()>,
}

/// A log, the attack on the jail that reads it, and the number of failures for a ban.
#[derive(Debug, Clone)]
struct Victim {
    log_file: PathBuf,
    attack: Attack,
    max_retry: u32,
}

/// An attacker who goes on until banned.
#[derive(Debug)]
struct Attacker {
    address: IpAddr,
    victim: Victim,
    left: u32,
}

impl Writer {
    /// Starts to write to the logs of `daemon`'s jails. Must be called on a tokio runtime.
    #[must_use]
    pub fn start(daemon: &PrivateDaemon) -> Self {
        let victims: Vec<Victim> = daemon
            .jails()
            .iter()
            .filter_map(|jail| {
                let log_file = daemon.log_file(&jail.name);
                Attack::on(&jail.name).map(|attack| Victim { log_file, attack, max_retry: jail.max_retry })
            })
            .collect();
        let task = tokio::spawn(async move {
            if let Err(error) = write_for_ever(&victims).await {
                tracing::error!(%error, "the demo cannot write its sample logs");
            }
        });
        Self { task }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn write_for_ever(victims: &[Victim]) -> io::Result<()> {
    for victim in victims {
        first_burst(victim)?;
    }
    let mut attacker = None;
    let mut last_banned = None;
    loop {
        sleep(Duration::from_millis(rand::random_range(600..1_400))).await;
        step(victims, &mut attacker, &mut last_banned)?;
    }
}

fn first_burst(victim: &Victim) -> io::Result<()> {
    for _ in 0..FIRST_BANS {
        let address = any_address();
        for _ in 0..victim.max_retry {
            victim.fail(address)?;
        }
    }
    Ok(())
}

/// Writes one line: mostly of the current attacker, sometimes of one who fails once and gives up.
fn step(victims: &[Victim], attacker: &mut Option<Attacker>, last: &mut Option<IpAddr>) -> io::Result<()> {
    let mut random = rand::rng();
    if random.random_bool(0.3) {
        return victims.choose(&mut random).map_or(Ok(()), |victim| victim.fail(any_address()));
    }
    let current = match attacker.take() {
        Some(current) => Some(current),
        None => victims.choose(&mut random).map(|victim| new_attacker(victim, *last)),
    };
    let Some(mut current) = current else {
        return Ok(());
    };
    current.victim.fail(current.address)?;
    current.left -= 1;
    if current.left == 0 {
        *last = Some(current.address);
    } else {
        *attacker = Some(current);
    }
    Ok(())
}

/// Chooses an attacker; one in four is the last one again, who thus ends up in `recidive`.
fn new_attacker(victim: &Victim, last: Option<IpAddr>) -> Attacker {
    let again = last.filter(|_| rand::rng().random_bool(0.25));
    Attacker {
        address: again.unwrap_or_else(any_address),
        victim: victim.clone(),
        left: victim.max_retry.max(1),
    }
}

impl Victim {
    /// Adds the line of one failure.
    fn fail(&self, address: IpAddr) -> io::Result<()> {
        let line = self.attack.line(address, &Zoned::now());
        let mut file = OpenOptions::new().append(true).open(&self.log_file)?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}
