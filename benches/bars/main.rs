//! Every bar of what BanGUI must be: how fast and how light. `cargo bench --bench bars`.
//!
//! Measures the optimised program against real private fail2ban servers, prints a table, and writes it where
//! `BANGUI_BARS_TABLE` names a file. With names of cases, as `cargo bench --bench bars -- later-views`, only those.
//! Ends with an error when an answer is wrong.

mod browser;
mod history;
mod jails;
mod lists;
mod memory;
mod million;
mod new_ban;
mod polls;
mod proxy;
mod site;
mod start;
mod support;
mod table;
mod throughput;
mod unban;
mod views;
mod weight;
mod wire;

use std::cell::OnceCell;
use std::process::Command;
use std::time::Instant;

use lists::Lists;
use support::{Res, keep, load_average};
use table::{Row, markdown};

const BEGIN: &str = "<!-- the bars: made by the program, not by hand -->";
const END: &str = "<!-- the end of the bars -->";

/// What measures a case, given the daemon with many bans, which starts when it is first used.
type Measure = fn(&Needs) -> Res<Vec<Row>>;

const CASES: &[(&str, Measure)] = &[
    ("first-view", |needs| views::first_view(needs.lists()?)),
    ("later-views", |needs| views::later_views(needs.lists()?)),
    ("jails", |_| jails::hundred_jails()),
    ("polls", |needs| polls::fifty_browsers(needs.lists()?)),
    ("new-ban", |needs| new_ban::view_after_one(needs.lists()?)),
    ("unban", |needs| unban::during_a_fetch(needs.lists()?)),
    ("memory", |needs| memory::memory_and_growth(needs.lists()?)),
    ("load", |needs| throughput::load(needs.lists()?)),
    ("weight", |needs| weight::pages(needs.lists()?)),
    ("history", |_| history::pages()),
    ("start", |_| start::start_and_size()),
];

/// What several cases share, made when it is first asked for.
#[derive(Default)]
struct Needs {
    lists: OnceCell<Lists>,
}

impl Needs {
    fn lists(&self) -> Res<&Lists> {
        if let Some(lists) = self.lists.get() {
            return Ok(lists);
        }
        eprintln!("filling the jails");
        let lists = Lists::start()?;
        eprintln!("filled within {:.0} s", lists.filling.as_secs_f64());
        Ok(self.lists.get_or_init(|| lists))
    }
}

/// What the figures were taken on.
fn circumstances(load: &str) -> Res<String> {
    let version = Command::new("fail2ban-client").arg("-V").output()?;
    let version = String::from_utf8(version.stdout)?;
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "{}, fail2ban {}, {cores} cores that BanGUI, fail2ban and the benchmark share; load average before: {load}.",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        version.trim(),
    ))
}

fn main() -> Res {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| !CASES.iter().any(|(case, _)| case == name)) {
        let names: Vec<&str> = CASES.iter().map(|(case, _)| *case).collect();
        return Err(format!("there is no case {unknown}, but {}", names.join(", ")).into());
    }
    let (begin, circumstances, needs) = (Instant::now(), circumstances(&load_average()?)?, Needs::default());
    let mut rows = Vec::new();
    for (name, measure) in
        CASES.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
    {
        eprintln!("{:3.0} s: {name}", begin.elapsed().as_secs_f64());
        let begin = rows.len();
        rows.extend(measure(&needs)?);
        eprintln!("{}", markdown(&rows[begin..])?);
    }
    let text = format!("{circumstances}\n\n{}", markdown(&rows)?);
    println!("{text}");
    if wanted.is_empty() { keep("BANGUI_BARS_TABLE", [BEGIN, END], &text) } else { Ok(()) }
}
