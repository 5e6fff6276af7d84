//! Many browsers that have the same list open.

use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::lists::Lists;
use crate::proxy::{Proxy, Seen};
use crate::site::Site;
use crate::support::Res;
use crate::table::Row;

const BROWSERS: u32 = 50;
/// Between two looks of an open page (`templates/bans/one_jail.html`).
const PERIOD: Duration = Duration::from_secs(5);
const LOOKS: u32 = 12;

/// The case: one browser and many of them, each in front of a BanGUI of its own, in the same minute.
pub fn fifty_browsers(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let (one, many) =
        (Polled::start(lists, &jail, banned.len())?, Polled::start(lists, &jail, banned.len())?);
    let (one, many) = std::thread::scope(|scope| {
        let one = scope.spawn(|| one.minute(1));
        let many = scope.spawn(|| many.minute(BROWSERS));
        (one.join(), many.join())
    });
    let broken = |_| "a browser broke off";
    let (one, many) = (one.map_err(broken)??, many.map_err(broken)??);
    let fetches = |seen: &[Seen]| seen.iter().filter(|seen| seen.is_full_fetch()).count();
    // A turn of 5 s may be cut by either end of the time.
    let look = one.len().div_ceil(LOOKS as usize);
    let measured = format!(
        "{} commands in {LOOKS} looks, for one browser {}, which is {look} a look (of them whole lists: {} and {})",
        many.len(),
        one.len(),
        fetches(&many),
        fetches(&one)
    );
    let case = "commands to the daemon while 50 browsers refresh the same list every 5 s";
    Ok(vec![Row::new(
        case,
        "no more than for one, but for one look at the ends of the time",
        measured,
        Some(many.len() <= one.len() + look),
    )])
}

/// A BanGUI behind which all commands are noted, that has the list in memory.
struct Polled {
    proxy: Proxy,
    site: Site,
    path: String,
    total: usize,
}

impl Polled {
    fn start(lists: &Lists, jail: &str, total: usize) -> Res<Self> {
        let proxy = Proxy::start(lists.daemon.socket(), None)?;
        let site = Site::start(&proxy.socket(), lists.daemon.config_dir())?;
        site.browser()?.view(&format!("/jails/{jail}"), total)?;
        Ok(Self { proxy, site, path: format!("/jails/{jail}/bans"), total })
    }

    /// What the daemon is asked while so many browsers look for a minute, evenly one after another.
    fn minute(&self, browsers: u32) -> Res<Vec<Seen>> {
        let mut open = Vec::new();
        for _ in 0..browsers {
            open.push(self.site.browser()?);
        }
        self.proxy.take();
        let begin = Instant::now();
        let looking = (0..browsers).zip(open).map(|(number, mut browser)| {
            let (path, total) = (self.path.clone(), self.total);
            spawn(move || -> Res {
                for look in 0..LOOKS {
                    let due = begin + PERIOD * number / browsers + PERIOD * look;
                    sleep(due.saturating_duration_since(Instant::now()));
                    browser.poll(&path, total)?;
                }
                Ok(())
            })
        });
        for browser in looking.collect::<Vec<_>>() {
            browser.join().map_err(|_| "a browser broke off")??;
        }
        self.site.is_content()?;
        // Until the last look of the first browser, whose last one it is where it is alone.
        let end = begin + PERIOD * (LOOKS - 1) + PERIOD / 10;
        Ok(self.proxy.take().into_iter().filter(|seen| seen.answered.is_some_and(|at| at <= end)).collect())
    }
}
