//! What a page weighs on the wire, from the server to the browser.

use std::collections::BTreeSet;

use crate::browser::Browser;
use crate::lists::Lists;
use crate::site::Site;
use crate::support::Res;
use crate::table::Row;

/// What every browser accepts.
const COMPRESSED: &str = "accept-encoding: gzip, deflate, br\r\n";
const HTMX: &str = "hx-request: true\r\n";

/// Bytes of bodies, and of bodies with their headers.
#[derive(Clone, Copy, Default)]
struct Weight {
    bodies: usize,
    all: usize,
}

impl Weight {
    fn plus(self, other: Self) -> Self {
        Self { bodies: self.bodies + other.bodies, all: self.all + other.all }
    }

    fn words(self) -> String {
        let kb = |bytes: usize| format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100);
        format!("{} with headers, {} without", kb(self.all), kb(self.bodies))
    }
}

/// The cases.
pub fn pages(lists: &Lists) -> Res<Vec<Row>> {
    let (jail, banned) = lists.largest();
    let site = Site::start(lists.daemon.socket(), lists.daemon.config_dir())?;
    let mut browser = site.browser()?;
    let (path, table) = (format!("/jails/{jail}"), format!("/jails/{jail}/bans"));
    browser.view(&path, banned.len())?;
    browser.view(&table, banned.len())?;
    let (first, later) = visit(&mut browser, &path)?;
    let (first_unban, later_unban) = visit(&mut browser, "/unban")?;
    let part = ask(&mut browser, &format!("{table}?page=2"), HTMX)?;
    let with = "a page's weight, with everything that it includes, first visit";
    let row = |case: String, bar: usize, weight: Weight| {
        Row::new(case, &format!("{} kB", bar / 1000), weight.words(), Some(weight.all <= bar))
    };
    let mut rows = vec![
        row(format!("{with}: ban table (`/jails/{{jail}}`, 25 rows)"), 60_000, first),
        row(format!("{with}: quick unban (`/unban`)"), 30_000, first_unban),
        row("later views: `/jails/{jail}` again".to_owned(), 10_000, later),
        row("later views: `/unban` again".to_owned(), 10_000, later_unban),
        row("later views: another page of the ban table, as htmx fetches it".to_owned(), 10_000, part),
    ];
    let poll = poll(&mut browser, &table)?;
    let case = format!("later views: the table that an open page asks for every 5 s, unchanged ({})", poll.0);
    rows.push(row(case, 10_000, poll.1));
    site.is_content()?;
    Ok(rows)
}

fn ask(browser: &mut Browser, path: &str, headers: &str) -> Res<Weight> {
    let answer = browser.get_with(path, &format!("{COMPRESSED}{headers}"))?;
    Ok(Weight { bodies: answer.weight - answer.head.len(), all: answer.weight })
}

/// What the first visit of a page brings, and what the next one does, when the browser has kept what it may.
fn visit(browser: &mut Browser, path: &str) -> Res<(Weight, Weight)> {
    let page = browser.get(path)?;
    let text = String::from_utf8_lossy(&page.body);
    let mut assets: BTreeSet<String> = text
        .split(['"', '\''])
        .filter(|part| part.starts_with("/assets/") && !part.contains(char::is_whitespace))
        .map(str::to_owned)
        .collect();
    for sheet in assets.iter().filter(|asset| asset.contains(".css")).cloned().collect::<Vec<_>>() {
        let sheet = browser.get(&sheet)?;
        let sheet = String::from_utf8_lossy(&sheet.body);
        let pictures = sheet.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next());
        assets.extend(pictures.map(|picture| format!("/assets/{picture}")));
    }
    if assets.len() < 3 {
        return Err(format!("{path} includes only {assets:?}").into());
    }
    let own = ask(browser, path, "")?;
    let (mut first, mut later) = (own, own);
    for asset in &assets {
        let plain = browser.get(asset)?;
        if plain.has("@import") {
            return Err(format!("{asset} includes something that is not counted").into());
        }
        let weight = ask(browser, asset, "")?;
        first = first.plus(weight);
        if !plain.header("cache-control").is_some_and(|cache| cache.contains("max-age=31536000")) {
            later = later.plus(weight);
        }
    }
    Ok((first, later))
}

/// A look at a table that has not changed, and how that was answered.
fn poll(browser: &mut Browser, table: &str) -> Res<(&'static str, Weight)> {
    let headers = format!("{HTMX}x-poll: 1\r\n{COMPRESSED}");
    let before = browser.get_with(table, &headers)?;
    let known = before.header("etag").map(|etag| format!("{headers}if-none-match: {etag}\r\n"));
    let answer = browser.ask("GET", table, &known.unwrap_or(headers), "")?;
    let weight = Weight { bodies: answer.weight - answer.head.len(), all: answer.weight };
    match answer.status {
        304 => Ok(("304", weight)),
        200 => Ok(("200, sent anew", weight)),
        _ => Err(format!("{table}: {}", answer.head).into()),
    }
}
