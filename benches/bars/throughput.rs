//! As many looks at a jail with 100,000 bans as BanGUI can answer.

use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::browser::{Browser, shows, unzipped};
use crate::lists::Lists;
use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row, grouped};

/// Connections, each of which asks again as soon as it has its answer.
const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(1);
/// One in so many compressed answers is looked into.
const UNPACKED: usize = 16;
const GZIP: &str = "accept-encoding: gzip\r\n";

/// The case, with answers as they are and with compressed ones.
pub fn load(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let total = banned.len();
    let site = Site::start(lists.daemon.socket(), lists.daemon.config_dir())?;
    let mut browser = site.browser()?;
    let path = format!("/jails/{jail}");
    browser.view(&path, total)?;
    let mut rows = Vec::new();
    for (name, headers) in [("", ""), (", compressed with gzip", GZIP)] {
        run(&browser, &path, headers, total, WARM_UP)?;
        let (begin, times) = (Instant::now(), run(&browser, &path, headers, total, TIME)?);
        let rate = per_second(times.count(), begin.elapsed());
        let measured = format!(
            "{} a second, no errors ({CONNECTIONS} connections for {} s: {:.1} ms in the middle, {:.1} ms at the 99th percentile; \
             daemon, program and load generator share the cores)",
            grouped(rate),
            TIME.as_secs(),
            times.median(),
            times.within(99),
        );
        let case = format!(
            "warm `/jails/{{jail}}` with 100,000 bans{name}, from a load generator on the same machine"
        );
        rows.push(Row::new(case, "3,000 a second, no errors", measured, Some(rate >= 3_000)));
        sleep(WARM_UP);
    }
    site.is_content()?;
    Ok(rows)
}

fn per_second(count: usize, time: Duration) -> usize {
    usize::try_from(count as u128 * 1_000_000 / time.as_micros().max(1)).unwrap_or_default()
}

/// Asks on all connections for `time`. A single wrong answer is an error.
fn run(browser: &Browser, path: &str, headers: &'static str, total: usize, time: Duration) -> Res<Figures> {
    let mut askers = Vec::new();
    for _ in 0..CONNECTIONS {
        let (browser, path) = (browser.beside()?, path.to_owned());
        askers.push(spawn(move || ask(browser, &path, headers, total, time)));
    }
    let mut all = Figures::default();
    for asker in askers {
        all.append(&mut asker.join().map_err(|_| "a connection broke off")??);
    }
    Ok(all)
}

fn ask(mut browser: Browser, path: &str, headers: &str, total: usize, time: Duration) -> Res<Figures> {
    let (begin, mut times) = (Instant::now(), Figures::default());
    while begin.elapsed() < time {
        let answer = browser.get_with(path, headers)?;
        times.add_time(answer.time);
        // To unpack each of them would take the cores from what is measured.
        if answer.header("content-encoding").is_none() || times.count() % UNPACKED == 1 {
            shows(&unzipped(answer)?, total, path)?;
        }
    }
    Ok(times)
}
