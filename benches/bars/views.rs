//! Views of a jail with 100,000 bans: the first one, and later ones.

use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::lists::Lists;
use crate::site::Site;
use crate::support::Res;
use crate::table::{Figures, Row, grouped};
use crate::wire::raw_fetch;

/// Pairs of a first view and a raw fetch.
const PAIRS: usize = 15;
/// Later views of each kind.
const VIEWS: usize = 200;
/// Runs of fail2ban's own client.
const CLIENT_RUNS: usize = 3;
/// All kinds together.
const ALL: &str = "all";
/// Rows a page unless the URL says otherwise.
const ROWS: usize = 25;

/// First views and raw fetches in milliseconds, and the ratio within each pair.
pub struct First {
    pub views: Figures,
    pub raw: Figures,
    pub ratios: Figures,
}

/// Takes turns: the first view of `jail` by a fresh process, and a raw fetch of its list.
pub fn first(socket: &Path, config: &Path, jail: &str, total: usize, pairs: usize) -> Res<First> {
    let mut first = First { views: Figures::default(), raw: Figures::default(), ratios: Figures::default() };
    for pair in 0..pairs {
        let site = Site::start(socket, config)?;
        let mut browser = site.browser()?;
        let early = if pair % 2 == 0 { None } else { Some(raw_fetch(socket, jail)?) };
        let view = browser.view(&format!("/jails/{jail}"), total)?.time;
        let raw = early.map_or_else(|| raw_fetch(socket, jail), Ok)?;
        site.is_content()?;
        first.views.add_time(view);
        first.raw.add_time(raw);
        first.ratios.add(view.as_secs_f64() / raw.as_secs_f64());
    }
    Ok(first)
}

/// The case of the first view.
pub fn first_view(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let daemon = &lists.daemon;
    let first = first(daemon.socket(), daemon.config_dir(), &jail, banned.len(), PAIRS)?;
    let ratio = first.ratios.median();
    let measured = format!(
        "{ratio:.2} × ({:.0} ms to {:.0} ms raw; {PAIRS} pairs: {:.2} to {:.2} ×)",
        first.views.median(),
        first.raw.median(),
        first.ratios.least(),
        first.ratios.most()
    );
    let case =
        "first view of a jail with 100,000 bans, nothing in memory, to one raw socket fetch of its list";
    Ok(vec![Row::new(case, "0.15 ×", measured, Some(ratio <= 0.15))])
}

/// A kind of later view: what it is, and for each run the path, with the rows that it has to show where they are
/// known beforehand.
type Kind<'a> = (&'static str, Box<dyn Fn(usize) -> (String, Option<Vec<String>>) + 'a>);

/// Every kind of view of a list that is given in the order of `sort=ip`.
fn kinds<'a>(jail: &'a str, sorted: &'a [IpAddr]) -> Vec<Kind<'a>> {
    // Near and far, never the same page twice in a row.
    let number = move |run: usize| run * 7919 % sorted.len().div_ceil(ROWS);
    let page = move |run: usize| texts(sorted.iter().skip(number(run) * ROWS));
    let turned = move |run: usize| texts(sorted.iter().rev().skip(number(run) * ROWS));
    let part = move |run: usize| -> String {
        let address = sorted.get(run * 7919 % sorted.len()).map(IpAddr::to_string);
        address.unwrap_or_default().chars().take(5).collect()
    };
    let path = move |run: usize, query: &str| format!("/jails/{jail}/bans?page={}{query}", number(run) + 1);
    vec![
        // Those banned in the same second may stand in any order.
        ("page", Box::new(move |run| (path(run, ""), None))),
        (
            "search",
            Box::new(move |run| {
                let part = part(run);
                let found = sorted.iter().filter(|address| address.to_string().contains(&part));
                (format!("/jails/{jail}/bans?sort=ip&q={part}"), Some(texts(found)))
            }),
        ),
        (
            "sort",
            Box::new(move |run| match run % 3 {
                0 => (path(run, "&sort=ip"), Some(page(run))),
                1 => (path(run, "&sort=ip&dir=desc"), Some(turned(run))),
                _ => (path(run, "&sort=expires"), None),
            }),
        ),
        (
            "filter",
            Box::new(move |run| {
                (format!("/bans/table?jail={jail}&sort=ip&page={}", number(run) + 1), Some(page(run)))
            }),
        ),
        (
            "country",
            Box::new(move |run| {
                // More than a tenth of all addresses, in any order that is not known here.
                let page = number(run) / 10 + 1;
                let query = match run % 3 {
                    0 => format!("?country=US&page={page}"),
                    1 => format!("?sort=country&page={}", number(run) + 1),
                    _ => format!("?q=united+states&sort=expires&page={page}"),
                };
                (format!("/jails/{jail}/bans{query}"), None)
            }),
        ),
    ]
}

/// The rows of one page.
fn texts<'a>(rows: impl Iterator<Item = &'a IpAddr>) -> Vec<String> {
    rows.take(ROWS).map(IpAddr::to_string).collect()
}

/// Takes `views` later views of each kind, each checked row by row. A line for each kind, and for all.
pub fn later(
    browser: &mut Browser,
    jail: &str,
    banned: &[IpAddr],
    views: usize,
) -> Res<Vec<(&'static str, Figures)>> {
    let mut sorted = banned.to_vec();
    // As `sort=ip` does: IPv4 before IPv6.
    sorted.sort();
    let mut all = Figures::default();
    let mut lines = Vec::new();
    for (kind, of) in kinds(jail, &sorted) {
        let mut figures = Figures::default();
        for run in 0..views {
            let (path, due) = of(run);
            let answer = browser.view(&path, banned.len())?;
            let rows = answer.rows();
            if due.as_ref().is_some_and(|due| *due != rows) || (due.is_none() && rows.len() != ROWS) {
                return Err(format!("{path} shows {rows:?} instead of {due:?}").into());
            }
            figures.add_time(answer.time);
            all.add_time(answer.time);
        }
        lines.push((kind, figures));
    }
    lines.push((ALL, all));
    Ok(lines)
}

/// The case of the later views.
pub fn later_views(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let site = Site::start(lists.daemon.socket(), lists.daemon.config_dir())?;
    let mut browser = site.browser()?;
    browser.view(&format!("/jails/{jail}"), banned.len())?;
    let lines = later(&mut browser, &jail, banned, VIEWS)?;
    site.is_content()?;
    let mut client = Figures::default();
    for _ in 0..CLIENT_RUNS {
        client.add_time(client_run(lists, &jail, banned.len())?);
    }
    let mut text = Vec::new();
    let (mut half, mut worst): (f64, f64) = (0.0, 0.0);
    for (kind, figures) in lines.iter().filter(|(kind, _)| *kind != ALL) {
        let (p50, p99) = (figures.median(), figures.within(99));
        (half, worst) = (half.max(p50), worst.max(p99));
        text.push(format!("{kind} {p50:.2} and {p99:.2}"));
    }
    let text = text.join(", ");
    let times = client.median() / half;
    let case = "any later view (page, search, sort, filter, also by country) of 100,000 bans, unchanged";
    Ok(vec![
        Row::new(
            case,
            "5 ms at the 99th percentile of each kind",
            format!("{worst:.2} ms (50th and 99th in ms, {VIEWS} of each: {text})"),
            Some(worst <= 5.0),
        ),
        Row::new(
            "the same, to `fail2ban-client get J banip --with-time`",
            "300 × quicker",
            format!(
                "{times:.0} × (median of the slowest kind {half:.2} ms, of the client {:.0} ms)",
                client.median()
            ),
            Some(times >= 300.0),
        ),
    ])
}

fn client_run(lists: &Lists, jail: &str, total: usize) -> Res<Duration> {
    let begin = Instant::now();
    let output = Command::new("fail2ban-client")
        .arg("-s")
        .arg(lists.daemon.socket())
        .args(["get", jail, "banip", "--with-time"])
        .stderr(Stdio::inherit())
        .output()?;
    let time = begin.elapsed();
    let lines = memchr::memchr_iter(b'\n', &output.stdout).count();
    if output.status.success() && lines == total {
        Ok(time)
    } else {
        Err(format!("fail2ban-client printed {lines} lines instead of {}", grouped(total)).into())
    }
}
