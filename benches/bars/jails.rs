//! `/jails` with 100 jails.

use std::time::Instant;

use bangui::demo::DemoJail;

use crate::lists::{self, addresses};
use crate::proxy::Proxy;
use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row};
use crate::wire::Wire;

const JAILS: usize = 100;
/// In each of them.
const BANS: usize = 5;
const PAIRS: usize = 40;

/// The case.
pub fn hundred_jails() -> Res<Vec<Row>> {
    let jails: Vec<DemoJail> =
        (0..JAILS).map(|number| DemoJail::new(&format!("jail-{number:03}"), "sshd")).collect();
    let (_runtime, daemon) = lists::start(&jails)?;
    for (jail, banned) in jails.iter().zip(addresses(JAILS * BANS).chunks(BANS)) {
        lists::fill(daemon.socket(), &jail.name, banned)?;
    }
    let shown = format!("{} bans in {JAILS} jails.", JAILS * BANS);
    let commands = {
        let proxy = Proxy::start(daemon.socket(), None)?;
        let site = Site::start(&proxy.socket(), daemon.config_dir())?;
        let mut browser = site.browser()?;
        browser.get("/jails")?;
        proxy.take();
        browser.get("/jails")?;
        proxy.take()
    };
    if commands.is_empty() {
        return Err("`/jails` asks the daemon nothing, so there is nothing to compare it with".into());
    }
    let requests: Vec<u8> = commands.iter().flat_map(|seen| seen.bytes.iter().copied()).collect();
    let site = Site::start(daemon.socket(), daemon.config_dir())?;
    let mut browser = site.browser()?;
    browser.get("/jails")?;
    let mut wire = Wire::open(daemon.socket())?;
    let (mut views, mut raw, mut ratios) = (Figures::default(), Figures::default(), Figures::default());
    for _ in 0..PAIRS {
        let answer = browser.get("/jails")?;
        let rows = (0..JAILS).filter(|number| answer.has(&format!("data-jail=\"jail-{number:03}\""))).count();
        if rows != JAILS || !answer.has(&shown) {
            return Err(format!("`/jails` has {rows} of the jails, or does not say “{shown}”").into());
        }
        let begin = Instant::now();
        wire.exchange(&requests, commands.len())?;
        let alone = begin.elapsed();
        views.add_time(answer.time);
        raw.add_time(alone);
        ratios.add(answer.time.as_secs_f64() / alone.as_secs_f64());
    }
    site.is_content()?;
    let ratio = ratios.median();
    let measured = format!(
        "{ratio:.2} × ({:.1} ms to {:.1} ms for the same {} commands; medians of {PAIRS} pairs)",
        views.median(),
        raw.median(),
        commands.len()
    );
    let case = "`/jails` with 100 jails, to the same commands pipelined on one raw connection";
    Ok(vec![Row::new(case, "1.5 ×", measured, Some(ratio <= 1.5))])
}
