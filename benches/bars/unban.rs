//! An unban that is asked for while a whole list of 100,000 bans is being fetched.

use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::lists::{Lists, settle};
use crate::proxy::{Proxy, Seen};
use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row};
use crate::wire::{Wire, raw_fetch};

const RUNS: usize = 5;
/// From the cold first view to the unban; by then its fetch is under way.
const LATER: Duration = Duration::from_millis(200);

/// The case.
pub fn during_a_fetch(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let socket = lists.daemon.socket();
    let raw = raw_fetch(socket, &jail)?;
    let (mut rests, mut answers, mut behind) = (Figures::default(), Figures::default(), Figures::default());
    let (mut lag, mut fetches) = (Figures::default(), 0);
    for address in banned.iter().take(RUNS) {
        let run = run(lists, &jail, banned.len(), &address.to_string())?;
        rests.add_time(run.rest);
        answers.add_time(run.answer);
        behind.add_time(run.answer.saturating_sub(run.rest));
        lag.add(run.answer.saturating_sub(run.rest).as_secs_f64() / raw.as_secs_f64());
        fetches = fetches.max(run.fetches);
    }
    settle();
    let measured = format!(
        "answered {:.0} ms after the end of the fetch that ran ({:.0} ms of it were left, the answer took {:.0} ms; medians of {RUNS}; \
         a whole raw fetch takes {:.0} ms); fetches begun before the answer: {fetches} at most",
        behind.median(),
        rests.median(),
        answers.median(),
        crate::table::ms(raw),
    );
    let case = "an unban asked for while the list of 100,000 bans is fetched";
    let bar = "behind that one fetch alone, and not a tenth of a fetch longer";
    Ok(vec![Row::new(case, bar, measured, Some(fetches <= 1 && lag.median() <= 0.1))])
}

/// What one unban met.
struct Run {
    /// From asking for it to the end of the fetch.
    rest: Duration,
    /// From asking for it to its answer.
    answer: Duration,
    /// How many fetches of whole lists the daemon was sent before the answer.
    fetches: usize,
}

fn run(lists: &Lists, jail: &str, total: usize, address: &str) -> Res<Run> {
    let proxy = Proxy::start(lists.daemon.socket(), None)?;
    let site = Site::start(&proxy.socket(), lists.daemon.config_dir())?;
    let mut browser = site.browser()?;
    let mut other = browser.beside()?;
    let path = format!("/jails/{jail}");
    let page = path.clone();
    let viewing = spawn(move || browser.get(&page).map(|answer| answer.rows().len()));
    sleep(LATER);
    let fetch = |seen: &[Seen]| seen.iter().find(|seen| seen.is_full_fetch()).cloned();
    if fetch(&proxy.seen()).ok_or("the fetch has not begun")?.answered.is_some() {
        return Err("the fetch was over before the unban was asked for".into());
    }
    let begin = Instant::now();
    let answer = other.post(&format!("{path}/unban"), &[("ip", address)])?.time;
    let seen = proxy.seen();
    let ended = fetch(&seen).and_then(|fetch| fetch.answered).ok_or("the fetch did not end")?;
    let fetches = seen.iter().filter(|seen| seen.is_full_fetch()).count();
    if viewing.join().map_err(|_| "the view broke off")?? == 0 {
        return Err("the view has no rows".into());
    }
    let mut wire = Wire::open(lists.daemon.socket())?;
    let (left, _) = wire.counts(jail)?;
    if left != total - 1 {
        return Err(format!("{left} bans are left after one unban of {total}").into());
    }
    if !other.search(&format!("{path}/bans?q={address}"), left)?.rows().is_empty() {
        return Err(format!("{address} is shown after its unban").into());
    }
    wire.ask(&["set", jail, "banip", address])?;
    site.is_content()?;
    Ok(Run { rest: ended.saturating_duration_since(begin), answer, fetches })
}
