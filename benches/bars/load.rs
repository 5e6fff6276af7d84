//! 200 clients at once for a minute, through the broker, on a real fail2ban: `cargo bench --bench load`.
//!
//! Each has an account and an address of its own, and does again and again what a person does: logs in, looks,
//! searches, bans, unbans, logs out, with a pause as of a person before each. Then all log in at the same
//! moment. Prints the figures, and writes them where `BANGUI_FAULT_TABLE` names a file.

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use bangui::accounts::Accounts;
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use bangui::storage::Storage;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use support::{Process, Res, keep, load_average};

const CLIENTS: u32 = 200;
const TIME: Duration = Duration::from_mins(1);
/// The clients come one after another, over so long.
const ARRIVAL: Duration = Duration::from_secs(10);
/// A person's pause before a click, between half of it and one and a half.
const PAUSE: Duration = Duration::from_secs(2);
const PASSWORD: &str = "a password for the load";
const BEGIN: &str = "<!-- the load: made by the program, not by hand -->";
const END: &str = "<!-- the end of the load -->";

/// One answer: to what, how long it took, whether it was the one that is due.
type Sample = (&'static str, Duration, Option<String>);

/// Somebody behind the web server with HTTPS that this program plays.
struct Person {
    http: Client,
    base: String,
    number: u32,
    cookie: String,
    token: String,
    samples: Vec<Sample>,
}

impl Person {
    fn new(address: SocketAddr, number: u32) -> Res<Self> {
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?;
        let base = format!("http://{address}");
        Ok(Self { http, base, number, cookie: String::new(), token: String::new(), samples: Vec::new() })
    }

    /// An address of its own in 198.18.0.0/15, which is for measurements.
    fn address(&self, network: u8) -> String {
        Ipv4Addr::from(u32::from_be_bytes([198, network, 0, 0]) + self.number + 1).to_string()
    }

    /// Asks, and notes how long the whole answer took. Whether it was the right one.
    async fn ask(&mut self, kind: &'static str, path: &str, form: Option<&[(&str, &str)]>) -> Res<bool> {
        let (method, due) = if form.is_some() { (Method::POST, 303) } else { (Method::GET, 200) };
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header("x-forwarded-for", self.address(18)).header("x-forwarded-proto", "https");
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        if let Some(form) = form {
            request = request.form(&[form, &[("csrf_token", self.token.as_str())]].concat());
        }
        let begin = Instant::now();
        let (status, body) = match self.answer(request).await {
            Ok(answer) => answer,
            Err(error) => (0, error.to_string()),
        };
        let wrong = (status != due).then(|| {
            let title = body.split("<h1>").nth(1).and_then(|rest| rest.split('<').next());
            format!("{status} {}", title.unwrap_or(if status == 0 { &body } else { "" }))
        });
        let right = wrong.is_none();
        self.samples.push((kind, begin.elapsed(), wrong));
        if let Some(rest) = body.split("name=\"csrf_token\" value=\"").nth(1) {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.token);
        }
        Ok(right)
    }

    async fn answer(&mut self, request: reqwest::RequestBuilder) -> Res<(u16, String)> {
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if pair.contains("bangui_session=") {
                pair.clone_into(&mut self.cookie);
            }
        }
        let (status, location) = (response.status().as_u16(), response.headers().get(LOCATION).cloned());
        let to_login = location.is_some_and(|to| to.to_str().is_ok_and(|to| to.starts_with("/login?")));
        let body = response.text().await?;
        Ok(if to_login { (0, "sent back to the login".to_owned()) } else { (status, body) })
    }

    async fn log_in(&mut self) -> Res<bool> {
        let name = format!("person{}", self.number);
        let form = [("username", name.as_str()), ("password", PASSWORD), ("next", "/jails")];
        self.ask("log in", "/login", Some(&form)).await
    }

    /// One round of what a person does.
    async fn round(&mut self, until: Instant) -> Res {
        self.cookie.clear();
        self.ask("login page", "/login", None).await?;
        pause().await;
        while !self.log_in().await? && Instant::now() < until {
            pause().await;
            self.ask("login page", "/login", None).await?;
        }
        let own = self.address(19);
        let search = format!("/jails/sshd?q={own}");
        let looks: [(&str, &str); 3] =
            [("all jails", "/jails"), ("a jail", "/jails/sshd"), ("search", &search)];
        for (kind, path) in looks {
            self.ask(kind, path, None).await?;
            pause().await;
        }
        for (kind, path) in [("ban", "/jails/sshd/ban"), ("unban", "/jails/sshd/unban")] {
            self.ask(kind, path, Some(&[("ip", &own)])).await?;
            pause().await;
        }
        self.ask("log out", "/logout", Some(&[])).await?;
        Ok(())
    }
}

async fn pause() {
    sleep(PAUSE / 2 + PAUSE.mul_f64(rand::random::<f64>())).await;
}

async fn all_day(address: SocketAddr) -> Res<Vec<Sample>> {
    let until = Instant::now() + TIME;
    let mut people = JoinSet::new();
    for number in 0..CLIENTS {
        people.spawn(async move {
            sleep(ARRIVAL * number / CLIENTS).await;
            let mut person = Person::new(address, number)?;
            while Instant::now() < until {
                person.round(until).await?;
                pause().await;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(person.samples)
        });
    }
    gather(people).await
}

/// All have the login page, and send it at the same moment.
async fn at_one_moment(address: SocketAddr) -> Res<Vec<Sample>> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(CLIENTS as usize));
    let mut people = JoinSet::new();
    for number in 0..CLIENTS {
        let barrier = std::sync::Arc::clone(&barrier);
        people.spawn(async move {
            let mut person = Person::new(address, number)?;
            person.ask("login page", "/login", None).await?;
            barrier.wait().await;
            person.samples.clear();
            person.log_in().await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(person.samples)
        });
    }
    gather(people).await
}

async fn gather(mut people: JoinSet<Res<Vec<Sample>>>) -> Res<Vec<Sample>> {
    let mut all = Vec::new();
    while let Some(samples) = people.join_next().await {
        all.extend(samples??);
    }
    Ok(all)
}

/// A line for each kind of request, and the wrong answers with how often each came.
fn figures(samples: &[Sample]) -> Res<String> {
    let mut kinds: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for (kind, time, error) in samples {
        kinds.entry(*kind).or_default().push(*time);
        if let Some(error) = error {
            *wrong.entry(error.as_str()).or_default() += 1;
        }
    }
    kinds.insert("all", samples.iter().map(|(_, time, _)| *time).collect());
    let mut text =
        "| request | number | half within | 95 % | 99 % | longest |\n|---|---|---|---|---|---|\n".to_owned();
    for (kind, mut times) in kinds {
        times.sort();
        let part = |of: usize| {
            times.get((times.len() * of / 100).min(times.len() - 1)).map_or(0, Duration::as_millis)
        };
        let number = times.len();
        writeln!(
            text,
            "| {kind} | {number} | {} ms | {} ms | {} ms | {} ms |",
            part(50),
            part(95),
            part(99),
            part(100)
        )?;
    }
    let sum: usize = wrong.values().sum();
    writeln!(text, "\nWrong answers: {sum}.")?;
    for (error, number) in wrong {
        writeln!(text, "- {number} times: {error}")?;
    }
    Ok(text)
}

fn start(daemon: &PrivateDaemon) -> Res<(Process, Process, SocketAddr)> {
    let program = env!("CARGO_BIN_EXE_bangui");
    let directory = daemon.directory();
    let socket = directory.join("broker.sock");
    let mut broker = Command::new(program);
    broker.args(["broker", "--allow-user", "0", "--socket"]).arg(&socket);
    broker.arg("--fail2ban-socket").arg(daemon.socket()).arg("--fail2ban-config").arg(daemon.config_dir());
    let broker = Process::start(broker, &directory.join("broker.log"), "broker listens")?;
    let mut web = Command::new(program);
    web.args(["serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1", "--broker"]).arg(&socket);
    web.arg("--database").arg(directory.join("bangui.sqlite3"));
    let web = Process::start(web, &directory.join("web.log"), "listens on http://")?;
    let address = web.address()?;
    Ok((broker, web, address))
}

#[tokio::main]
async fn main() -> Res {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let accounts = Accounts::new(Storage::open(&daemon.directory().join("bangui.sqlite3"))?)?;
    for number in 0..CLIENTS {
        accounts.add(format!("person{number}").parse()?, PASSWORD.parse()?, Role::Operator).await?;
    }
    let (broker, web, address) = start(&daemon)?;
    let memory = || -> Res<String> {
        Ok(format!(
            "web server {} MiB, broker {} MiB",
            web.status("VmHWM")? / 1024,
            broker.status("VmHWM")? / 1024
        ))
    };
    let (idle, before) = (memory()?, load_average()?);
    let day = figures(&all_day(address).await?)?;
    let (busy, after) = (memory()?, load_average()?);
    let moment = figures(&at_one_moment(address).await?)?;
    let cores = std::thread::available_parallelism()?;
    let text = format!(
        "{CLIENTS} clients for {} s, who come within the first {} s, on {cores} cores that they share with fail2ban and with this \
         program. Load average of the machine before: {before}, after: {after} (others worked on it too where the first is not near 0).\n\n{day}\n\
         Most memory: {idle} before, {busy} after, {} at the end.\n\nThen {CLIENTS} log in at the same moment:\n\n{moment}",
        TIME.as_secs(),
        ARRIVAL.as_secs(),
        memory()?,
    );
    println!("{text}");
    for process in [&web, &broker] {
        for line in
            process.log()?.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).take(5)
        {
            eprintln!("{line}");
        }
    }
    keep("BANGUI_FAULT_TABLE", [BEGIN, END], &text)
}
