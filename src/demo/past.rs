//! A past for the demonstration: what fail2ban's log would tell of the last 30 days.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::{fs, io};

use jiff::{SignedDuration, Zoned};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use super::jail::DemoJail;
use super::private_daemon::PrivateDaemon;
use super::sample_addresses::any_address;

const DAYS: i64 = 30;
const MOST_AN_HOUR: u32 = 40;
/// Addresses that come back, and the share of bans that are theirs.
const STUBBORN: usize = 40;
const THEIR_SHARE: f64 = 0.15;
/// Bans of an hour by jail, on average over a day.
const RATES: &[(&str, f64)] = &[
    ("sshd", 4.0),
    ("nginx-http-auth", 0.9),
    ("postfix-sasl", 1.6),
    ("apache-wordpress-login-flood", 0.7),
    ("recidive", 0.15),
];
/// The day, counted back from today, on which mail accounts were guessed.
const GUESSING: i64 = 11;

/// Writes a rotated log beside the one of `daemon`: BanGUI reads it as it reads that of any fail2ban.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(daemon: &PrivateDaemon) -> io::Result<()> {
    let now = Zoned::now();
    let stubborn: Vec<IpAddr> = (0..STUBBORN).map(|_| any_address()).collect();
    let mut events: Vec<(Zoned, String)> = Vec::new();
    for hour in 1..DAYS * 24 {
        for (name, rate) in RATES {
            let jail = daemon.jails().iter().find(|jail| jail.name == *name);
            for _ in 0..bans_of_an_hour(name, *rate, &now, hour) {
                ban(&mut events, jail, name, &stubborn, &now, hour);
            }
        }
    }
    events.retain(|(at, _)| *at < now);
    events.sort_by(|a, b| a.0.cmp(&b.0));
    let log = events.iter().fold(String::new(), |mut log, (at, event)| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            log,
            "{} fail2ban.actions        [1]: NOTICE  {event}",
            at.strftime("%Y-%m-%d %H:%M:%S,000")
        );
        log
    });
    fs::write(daemon.directory().join("fail2ban.log.1"), log)
}

/// More by night than by day, more on some days than on others.
fn bans_of_an_hour(name: &str, rate: f64, now: &Zoned, hours_ago: i64) -> usize {
    let then = now.saturating_sub(SignedDuration::from_hours(hours_ago));
    let by_night = 1.0 + 0.5 * (f64::from(then.hour() - 3) / 24.0 * std::f64::consts::TAU).cos();
    let by_day = 0.8 + 0.1 * f64::from(then.day() % 5);
    let guessed = if name == "postfix-sasl" && hours_ago / 24 == GUESSING { 9.0 } else { 1.0 };
    let probability = (rate * by_night * by_day * guessed / f64::from(MOST_AN_HOUR)).min(1.0);
    let mut random = rand::rng();
    (0..MOST_AN_HOUR).filter(|_| random.random_bool(probability)).count()
}

fn ban(
    events: &mut Vec<(Zoned, String)>,
    jail: Option<&DemoJail>,
    name: &str,
    stubborn: &[IpAddr],
    now: &Zoned,
    hours_ago: i64,
) {
    let mut random = rand::rng();
    let seconds = SignedDuration::from_secs(hours_ago * 3600 - random.random_range(0..3600));
    let at = now.saturating_sub(seconds);
    let known = stubborn.choose(&mut random).filter(|_| random.random_bool(THEIR_SHARE));
    let address = known.copied().unwrap_or_else(any_address);
    let length = SignedDuration::from_secs(jail.map_or(600, |jail| jail.ban_time).max(1));
    events.push((at.saturating_add(length), format!("[{name}] Unban {address}")));
    events.push((at, format!("[{name}] Ban {address}")));
}
