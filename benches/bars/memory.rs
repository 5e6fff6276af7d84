//! Memory, and how everything grows with the number of bans.

use std::net::IpAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::lists::{Lists, MILLION, SIZES, jail};
use crate::million;
use crate::site::Site;
use crate::support::Res;
use crate::table::{Row, grouped};
use crate::views;

/// Pairs of a first view and a raw fetch.
const PAIRS: usize = 3;
/// Later views of each kind.
const VIEWS: usize = 40;
/// For what is left over from a start or a fetch to be given back.
const REST: Duration = Duration::from_secs(3);

/// The cases of memory, and those of growth.
pub fn memory_and_growth(lists: &Lists) -> Res<Vec<Row>> {
    let mut rows = idle(lists)?;
    let (mut growth, mut held) = (Vec::new(), Vec::new());
    for (size, banned) in SIZES.iter().zip(&lists.banned) {
        let (line, memory) = grow(lists, lists.daemon.socket(), &jail(*size), banned)?;
        growth.push(Row::new(format!("growth: {} bans", grouped(*size)), "", line, None));
        held.push(memory);
    }
    let (fake, banned) = million::daemon(lists)?;
    let (line, memory) = grow(lists, &fake.socket(), MILLION, &banned)?;
    let made_up = "a fake daemon sends the list at once, in the bytes of a real one";
    growth.push(Row::new(format!("growth: 1,000,000 bans ({made_up})"), "", line, None));
    held.push(memory);
    for (what, bar, memory) in [("100,000 bans", 40.0, held[2]), ("1,000,000 bans (made up)", 150.0, held[3])]
    {
        rows.push(row(&format!("with {what} in memory, after views"), bar, memory));
    }
    rows.extend(growth);
    Ok(rows)
}

fn row(what: &str, bar: f64, (now, most): (f64, f64)) -> Row {
    let measured = format!("{now:.1} MB ({most:.1} MB at most)");
    Row::new(format!("memory (resident) {what}"), &format!("{bar:.0} MB"), measured, Some(now <= bar))
}

fn idle(lists: &Lists) -> Res<Vec<Row>> {
    let site = Site::start(lists.daemon.socket(), lists.daemon.config_dir())?;
    sleep(REST);
    let started = site.memory()?;
    site.browser()?;
    sleep(REST);
    Ok(vec![row("idle, after the start", 12.0, started), row("idle, after a login", 12.0, site.memory()?)])
}

/// What the first view, later views and the memory are with these bans, in words, and the memory now and at most.
fn grow(lists: &Lists, socket: &Path, jail: &str, banned: &[IpAddr]) -> Res<(String, (f64, f64))> {
    let config = lists.daemon.config_dir();
    let first = views::first(socket, config, jail, banned.len(), PAIRS)?;
    let site = Site::start(socket, config)?;
    let mut browser = site.browser()?;
    browser.view(&format!("/jails/{jail}"), banned.len())?;
    let later = views::later(&mut browser, jail, banned, VIEWS)?;
    let (_, later) = later.last().ok_or("no views")?;
    sleep(REST);
    browser.view(&format!("/jails/{jail}/bans?page=2"), banned.len())?;
    let memory = site.memory()?;
    site.is_content()?;
    let line = format!(
        "first view {:.0} ms ({:.0} ms of it a raw fetch), later views {:.2} and {:.2} ms (50th and 99th), memory {:.1} MB",
        first.views.median(),
        first.raw.median(),
        later.median(),
        later.within(99),
        memory.0,
    );
    Ok((line, memory))
}
