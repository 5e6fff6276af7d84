//! A ban by somebody else in a jail of 100,000, and the next look at the list.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::lists::Lists;
use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row};
use crate::wire::Wire;

/// So many bans.
const BANS: usize = 20;
/// Until a ban that somebody sees counted is also listed; only a broken program takes so long.
const LISTED: Duration = Duration::from_mins(1);

/// The case.
pub fn view_after_one(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, _) = lists.largest();
    let mut wire = lists.wire()?;
    let (before, _) = wire.counts(&jail)?;
    let site = Site::start(lists.daemon.socket(), lists.daemon.config_dir())?;
    let mut browser = site.browser()?;
    browser.view(&format!("/jails/{jail}"), before)?;
    let table = format!("/jails/{jail}/bans");
    let (mut next, mut listed) = (Figures::default(), Figures::default());
    for number in 1..=BANS {
        // In a network for measurements (RFC 2544), so that it was not banned before.
        let address = format!("198.18.0.{number}");
        wire.ask(&["set", &jail, "banip", &address])?;
        let begin = Instant::now();
        next.add_time(browser.view(&table, before + number)?.time);
        let search = format!("{table}?q={address}");
        while !browser.search(&search, before + number)?.rows().contains(&address) {
            if begin.elapsed() > LISTED {
                return Err(format!("{address} is counted and never listed").into());
            }
            sleep(Duration::from_millis(20));
        }
        listed.add_time(begin.elapsed());
    }
    site.is_content()?;
    drop((browser, site));
    let written = until_written(lists, &mut wire, &jail)?;
    for number in 1..=2 * BANS {
        wire.ask(&["set", &jail, "unbanip", &format!("198.18.0.{number}")])?;
    }
    let slowest = next.most();
    let measured = format!(
        "{slowest:.1} ms at most ({:.1} ms in the middle of {} bans; each with the new total). The table lists the address itself {:.0} ms \
         after the ban ({:.0} ms at most). Before that it waits until fail2ban has written the ban, which without BanGUI is {:.1} ms after \
         its answer ({:.1} ms at most)",
        next.median(),
        next.count(),
        listed.median(),
        listed.most(),
        written.median(),
        written.most(),
    );
    let case = "the next view after one new ban in a jail of 100,000, made by somebody else";
    Ok(vec![Row::new(case, "10 ms", measured, Some(slowest <= 10.0))])
}

/// How long after its answer fail2ban itself has each of some more bans in its database.
fn until_written(lists: &Lists, wire: &mut Wire, jail: &str) -> Res<Figures> {
    let database = Connection::open_with_flags(lists.daemon.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut known = database.prepare("SELECT count(*) FROM bips WHERE ip = ?")?;
    let mut written = Figures::default();
    for number in BANS + 1..=2 * BANS {
        let address = format!("198.18.0.{number}");
        wire.ask(&["set", jail, "banip", &address])?;
        let begin = Instant::now();
        while known.query_row([&address], |row| row.get::<_, i64>(0))? == 0 {
            if begin.elapsed() > LISTED {
                return Err(format!("{address} is counted and never written").into());
            }
            sleep(Duration::from_micros(200));
        }
        written.add_time(begin.elapsed());
    }
    Ok(written)
}
