//! The audit: every action leaves a row that tells who, from where, on what, and how it ended.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bangui::accounts::Accounts;
use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use bangui::storage::Storage;
use bangui::web::routes::ROUTES;
use rusqlite::Connection;

use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor, css};
use crate::support::{TestResult, banned, client, until};
use crate::web::hidden::HIDDEN;
use crate::web::reload::end_of_work;

/// A row as the page shows it, by the names of its cells.
pub type Row = HashMap<String, String>;

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

pub fn rows(page: &Answer) -> Result<Vec<Row>, Box<dyn Error>> {
    assert_eq!(page.status, 200);
    let (line, cell) = (css(".audit tbody tr")?, css("[data-cell]")?);
    let text = |cell: scraper::ElementRef<'_>| {
        cell.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Ok(page
        .page()
        .select(&line)
        .map(|line| {
            let cells = line
                .select(&cell)
                .map(|cell| (cell.attr("data-cell").unwrap_or_default().to_owned(), text(cell)));
            let nothing = ["target", "status", "words"].map(|cell| (cell.to_owned(), String::new()));
            let mut row: Row = nothing.into_iter().chain(cells).collect();
            // What repeats the sentence is behind it.
            let words = row["words"].clone();
            if !words.is_empty() {
                row.entry("outcome".to_owned()).and_modify(|outcome| *outcome = format!("{outcome} {words}"));
            }
            row
        })
        .collect())
}

/// The newest row.
pub async fn newest(admin: &Visitor) -> Result<Row, Box<dyn Error>> {
    rows(&admin.get("/audit?show=all&fold=no").await?)?
        .into_iter()
        .next()
        .ok_or_else(|| "an empty audit".into())
}

async fn number_of_rows(admin: &Visitor, search: &str) -> Result<usize, Box<dyn Error>> {
    Ok(rows(&admin.get(&format!("/audit?show=all&fold=no&per_page=100&q={search}")).await?)?.len())
}

/// What changes nothing for anybody else: how pages look, what was closed, and a question.
const UNRECORDED: [&str; 7] = [
    "/theme",
    "/preferences",
    "/jails/{jail}/filter",
    "/bans/work/dismiss",
    "/bans/networks",
    "/protection",
    "/server/work/dismiss",
];

#[tokio::test]
async fn every_action_leaves_one_row() -> TestResult {
    let (site, _) = site().await?;
    // Of an account of its own: some actions end other sessions of whoever does them.
    site.add_account("watcher", Role::Administrator).await?;
    let admin = Visitor::logged_in(site.address, "watcher").await?;
    let unrecorded = ROUTES.iter().filter(|route| route.method == "POST" && route.action.is_none());
    assert_eq!(unrecorded.map(|route| route.path).collect::<Vec<_>>(), UNRECORDED);
    for route in ROUTES.iter().filter(|route| route.method == "POST") {
        let Some(action) = route.action else { continue };
        let visitor = Visitor::admin(site.address).await?;
        end_of_work(&admin).await?;
        let before = number_of_rows(&admin, &action.replace(' ', "%20")).await?;
        let path = route.path.replace("{jail}", "sshd").replace("{account}", "999");
        let fields = [
            ("ip", "203.0.113.5"),
            ("username", NAME),
            ("password", "hunter-two"),
            ("code", "guess"),
            ("theme", "dark"),
        ];
        visitor.post(&path, &fields).await?;
        end_of_work(&admin).await?;
        let page = admin
            .get(&format!("/audit?show=all&fold=no&per_page=100&q={}", action.replace(' ', "%20")))
            .await?;
        let rows = rows(&page)?;
        let ended = rows.iter().filter(|row| row["action"] == format!("{action} ended")).count();
        let added = rows.len() - before;
        assert_eq!(added, if ended > 0 { 2 } else { 1 }, "{action}");
        let row = rows.iter().find(|row| row["action"] == action).ok_or("no row")?;
        assert_eq!((row["who"].as_str(), row["from"].as_str()), (NAME, "127.0.0.1"), "{action}");
        assert!(!row["outcome"].contains("outcome unknown"), "{action}: {}", row["outcome"]);
        assert!(!row["what"].starts_with("Action “"), "{action} has no sentence: {}", row["what"]);
        let on = row["target"].split(' ').next() == Some("sshd");
        assert_eq!(on, route.path.contains("{jail}"), "{action}: {}", row["target"]);
        for secret in ["hunter-two", "guess", visitor.token.as_str()] {
            assert!(!page.body.contains(secret), "{action} keeps {secret}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_row_tells_on_what_and_how_it_ended() -> TestResult {
    let (_site, admin) = site().await?;
    for (path, ip, action, target, outcome) in [
        (
            "/jails/sshd/ban",
            "203.0.113.5",
            "ban",
            "sshd 203.0.113.5",
            "done 203.0.113.5 is now banned in sshd.",
        ),
        (
            "/jails/sshd/unban",
            "203.0.113.9",
            "unban",
            "sshd 203.0.113.9",
            "refused 203.0.113.9 was not banned",
        ),
        ("/jails/nope/ban", "203.0.113.5", "ban", "nope 203.0.113.5", "refused There is no such jail"),
        ("/jails/sshd/ban", "nonsense", "ban", "sshd nonsense", "refused "),
        ("/jails/sshd/ban", "127.0.0.1", "ban", "sshd 127.0.0.1", "not confirmed It was asked first"),
        (
            "/unban",
            "203.0.113.5",
            "quick unban",
            "203.0.113.5",
            "done 203.0.113.5 is no longer banned in sshd.",
        ),
        ("/unban", "nonsense", "quick unban", "nonsense", "refused "),
    ] {
        admin.post(path, &[("ip", ip)]).await?;
        let row = newest(&admin).await?;
        assert_eq!((row["action"].as_str(), row["target"].as_str()), (action, target));
        assert!(row["outcome"].starts_with(outcome), "{path} {ip}: {}", row["outcome"]);
    }
    let form = [("ip", "203.0.113.7"), ("csrf_token", admin.token.as_str())];
    let request = admin.request(reqwest::Method::POST, "/jails/sshd/ban");
    Answer::of(request.header("hx-request", "true").form(&form)).await?;
    assert_eq!(newest(&admin).await?["outcome"], "done 203.0.113.7 is now banned in sshd.");
    let request = admin.request(reqwest::Method::POST, "/jails/sshd/unban");
    Answer::of(request.header("x-csrf-token", &admin.token).form(&[("ip", "203.0.113.7")])).await?;
    assert_eq!(newest(&admin).await?["target"], "sshd 203.0.113.7");
    Ok(())
}

#[tokio::test]
async fn what_fail2ban_refuses_or_cannot_be_asked_is_not_called_done() -> TestResult {
    let (site, admin) = site().await?;
    let forged = Visitor::admin(site.address).await?.with_token("forged");
    assert_eq!(forged.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?.status, 403);
    let row = newest(&admin).await?;
    assert!(row["outcome"].starts_with("refused This form has expired"), "{}", row["outcome"]);
    assert_eq!((row["who"].as_str(), row["target"].as_str()), (NAME, "sshd 203.0.113.5"));
    let long = format!("ip={}", "203.0.113.5+".repeat(10_000));
    let request = admin.request(reqwest::Method::POST, "/jails/sshd/ban");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(long);
    let answer = Answer::of(request).await?;
    assert!(answer.status >= 400);
    assert!(newest(&admin).await?["outcome"].starts_with("refused"));
    site.daemon.kill()?;
    let bare = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let admin = Visitor::admin(bare.address).await?;
    assert_eq!(admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?.status, 502);
    assert!(newest(&admin).await?["outcome"].starts_with("failed fail2ban is not running"));
    Ok(())
}

#[tokio::test]
async fn a_question_is_no_refusal_and_what_was_done_is_told_once() -> TestResult {
    let (_site, admin) = site().await?;
    admin.post("/jails/sshd/ban", &[("ip", "127.0.0.1")]).await?;
    let all = admin.get("/audit?show=all").await?;
    assert_eq!(all.attributes(".audit tbody tr", "data-outcome")?.first().map(String::as_str), Some("asked"));
    assert!(rows(&admin.get("/audit?show=refused").await?)?.is_empty());
    assert!(rows(&admin.get("/audit").await?)?.is_empty());
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    let changes = admin.get("/audit").await?;
    assert_eq!(changes.texts("[data-cell=what]")?, ["Banned 203.0.113.5 in sshd"]);
    assert_eq!(changes.texts("[data-cell=outcome]")?.concat().trim(), "done");
    Ok(())
}

#[tokio::test]
async fn what_is_done_to_an_account_names_it() -> TestResult {
    let (site, admin) = site().await?;
    site.add_account("bob", Role::Viewer).await?;
    let account = admin.get("/accounts").await?.attributes("a[href^='/accounts/']", "href")?;
    let bob = account.iter().find(|path| path.trim_start_matches("/accounts/").parse::<i64>().is_ok());
    let bob = bob.ok_or("no link to the account")?;
    for (path, field, sentence) in [
        ("role", ("role", "operator"), "Changed the role of bob to operator"),
        ("disable", ("on", "true"), "Disabled the account bob"),
        ("disable", ("on", "false"), "Enabled the account bob"),
        ("sessions/end", ("", ""), "Ended all sessions of bob"),
        ("reset", ("password", "correct horse battery 9"), "Reset the account bob"),
        ("delete", ("", ""), "Deleted the account bob"),
    ] {
        admin.post(&format!("{bob}/{path}"), &[field]).await?;
        assert_eq!(newest(&admin).await?["what"], sentence);
    }
    Ok(())
}

#[tokio::test]
async fn logins_failed_logins_and_log_outs_are_recorded() -> TestResult {
    let (site, admin) = site().await?;
    let other = Visitor::stranger(site.address).await?;
    other.log_in("somebody", "not the password", "/").await?;
    let row = newest(&admin).await?;
    assert_eq!(
        (row["who"].as_str(), row["target"].as_str(), row["outcome"].as_str()),
        ("nobody", "", "refused Incorrect user name or password. There is no account with this name.")
    );
    let mut other = other;
    assert_eq!(other.log_in(NAME, PASSWORD, "/").await?.status, 303);
    let row = newest(&admin).await?;
    assert_eq!(
        (row["who"].as_str(), row["action"].as_str(), row["outcome"].as_str()),
        (NAME, "log in", "done")
    );
    other.renew_token().await?;
    other.post("/logout", &[]).await?;
    let row = newest(&admin).await?;
    assert_eq!(
        (row["who"].as_str(), row["action"].as_str(), row["outcome"].as_str()),
        (NAME, "log out", "done")
    );
    assert!(other.get("/audit").await?.location().starts_with("/login"));
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_reload_has_a_row_of_its_own() -> TestResult {
    let (site, admin) = site().await?;
    admin.post("/jails/sshd/reload", &[]).await?;
    end_of_work(&admin).await?;
    let all = rows(&admin.get("/audit?show=all&fold=no").await?)?;
    let told: Vec<[&str; 4]> = all
        .iter()
        .take(2)
        .map(|row| ["action", "who", "target", "outcome"].map(|cell| row[cell].as_str()))
        .collect();
    assert!(told.contains(&["reload jail ended", NAME, "sshd", "done 1 jail running."]), "{told:?}");
    assert!(told.contains(&["reload jail", NAME, "sshd", "begun"]), "{told:?}");
    fs::write(site.daemon.config_dir().join("jail.d/more.local"), "[sshd]\nfilter = no-such-filter\n")?;
    admin.post("/server/reload", &[]).await?;
    end_of_work(&admin).await?;
    let ended = rows(&admin.get("/audit?show=all&fold=no&q=reload%20all%20jails%20ended").await?)?;
    let row = ended.first().ok_or("no row")?;
    assert!(row["outcome"].starts_with("refused The configuration has mistakes."), "{}", row["outcome"]);
    Ok(())
}

#[tokio::test]
async fn an_unban_of_all_is_begun_and_its_end_has_a_row_of_its_own() -> TestResult {
    let (site, admin) = site().await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5 203.0.113.6")]).await?;
    admin.post("/unban-all", &[("word", "UNBAN ALL")]).await?;
    until("nothing is banned", || Ok(banned(&site.daemon, "sshd")?.is_empty())).await?;
    let begin = std::time::Instant::now();
    while number_of_rows(&admin, "unban%20all%20ended").await? == 0 {
        assert!(begin.elapsed() < std::time::Duration::from_mins(1), "its end was never recorded");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let rows = rows(&admin.get("/audit?show=all&fold=no&q=unban%20all").await?)?;
    let outcome = |action: &str| {
        let row = rows.iter().find(|row| row["action"] == action);
        row.map(|row| row["outcome"].clone()).unwrap_or_default()
    };
    assert!(outcome("unban all").contains("begun"), "{}", outcome("unban all"));
    assert!(outcome("unban all ended").contains("2 bans lifted."), "{}", outcome("unban all ended"));
    Ok(())
}

#[tokio::test]
async fn the_newest_come_first_and_the_search_finds_them_on_every_page() -> TestResult {
    let (_site, admin) = site().await?;
    for number in 1..=7 {
        admin.post("/jails/sshd/unban", &[("ip", &format!("203.0.113.{number}"))]).await?;
    }
    let page = admin.get("/audit?show=all&fold=no&q=203.0.113.&per_page=3").await?;
    let targets = |page: &Answer| -> Result<Vec<String>, Box<dyn Error>> {
        Ok(rows(page)?.into_iter().map(|mut row| row.remove("target").unwrap_or_default()).collect())
    };
    assert_eq!(targets(&page)?, ["sshd 203.0.113.7", "sshd 203.0.113.6", "sshd 203.0.113.5"]);
    assert!(page.text(".count")?.starts_with("1–3 of 7"), "{}", page.text(".count")?);
    let next = page.attributes(".pages a[rel=next]", "href")?.concat();
    let second = admin.get(&next).await?;
    assert_eq!(targets(&second)?.first().map(String::as_str), Some("sshd 203.0.113.4"));
    let last = admin.get("/audit?show=all&fold=no&q=203.0.113.&per_page=3&page=99").await?;
    assert_eq!(targets(&last)?, ["sshd 203.0.113.1"]);
    assert!(targets(&admin.get("/audit?show=all&fold=no&q=%25").await?)?.is_empty());
    for bad in ["page=0", "page=x", "per_page=101", "per_page=0", &format!("q={}", "x".repeat(101))] {
        assert_eq!(admin.get(&format!("/audit?{bad}")).await?.status, 422, "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn hostile_text_stays_one_row_and_text() -> TestResult {
    let (_site, admin) = site().await?;
    let hides = |c: char| HIDDEN.contains(c);
    for (text, shown) in [
        (
            "x\n2026-11-22 admin unbanned everything\r\n",
            r"username: x\n2026-11-22 admin unbanned everything\r\n",
        ),
        ("<script>alert(1)</script>", "username: <script>alert(1)</script>"),
        ("\u{202e}nimda\u{0}\u{1b}[2J", r"username: \u{202e}nimda\u{0}\u{1b}[2J"),
        ("'); DROP TABLE audit; --", "username: '); DROP TABLE audit; --"),
    ] {
        let before = number_of_rows(&admin, "").await?;
        admin.post("/accounts", &[("username", text)]).await?;
        let page = admin.get("/audit?show=all&fold=no").await?;
        let rows = rows(&page)?;
        assert_eq!((rows.len(), rows[0]["target"].as_str()), (before + 1, shown));
        assert!(!page.body.contains("<script>alert") && !page.body.contains(hides));
    }
    admin.post("/accounts", &[("username", HIDDEN)]).await?;
    let row = newest(&admin).await?;
    assert!(row["target"].starts_with(r"username: \u{ad}\u{34f}\u{61c}\u{115f}"), "{}", row["target"]);
    assert!(!row["target"].contains(hides), "{}", row["target"]);
    admin.post("/jails/a%0Ab%2F<b>/ban", &[("ip", &"9".repeat(5000))]).await?;
    let row = newest(&admin).await?;
    assert!(row["target"].starts_with(r"a\nb/<b> 999"), "{}", row["target"]);
    assert!(row["target"].ends_with("9…") && row["target"].chars().count() < 600);
    Ok(())
}

#[tokio::test]
async fn what_the_audit_cannot_take_is_not_done_but_for_a_quick_unban() -> TestResult {
    let (site, admin) = site().await?;
    for address in ["203.0.113.5", "203.0.113.6", "203.0.113.7"] {
        client(&site.daemon, &["set", "sshd", "banip", address])?;
    }
    client(&site.daemon, &["set", "sshd", "banip", "127.0.0.1"])?;
    let database = Connection::open(site.daemon.directory().join("bangui.sqlite3"))?;
    database.execute_batch("ALTER TABLE audit RENAME TO gone")?;
    for (path, fields) in [
        ("/jails/sshd/ban", [("ip", "203.0.113.9")]),
        ("/jails/sshd/unban", [("ip", "203.0.113.5")]),
        ("/unban-all", [("word", "UNBAN ALL")]),
        ("/jails/sshd/stop", [("confirmed", "yes")]),
        ("/account/sessions/end-others", [("x", "y")]),
        ("/bans/unban", [("one", "sshd/203.0.113.5")]),
    ] {
        let page = admin.post(path, &fields).await?;
        assert_eq!((page.status, page.text("h1")?.as_str()), (503, "Nothing was done"), "{path}");
        assert!(page.text("main")?.contains("cannot record the action in the audit"), "{}", page.body);
    }
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 4);
    let page = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    let message = page.text("#messages .bad")?;
    let later = "database cannot be written: the audit records this as soon as it can";
    assert!(
        message.starts_with("203.0.113.5 is no longer banned in sshd.") && message.contains(later),
        "{message}"
    );
    let form = [("ip", "203.0.113.6"), ("csrf_token", admin.token.as_str())];
    let request = admin.request(reqwest::Method::POST, "/unban").header("hx-request", "true").form(&form);
    assert!(Answer::of(request).await?.body.contains(later));
    // One's own address, by any of the forms that lift it alone.
    let own = [("which", "selected"), ("ban", "sshd/127.0.0.1"), ("confirmed", "yes")];
    let others = [own.as_slice(), &[("ban", "sshd/203.0.113.7")]].concat();
    assert_eq!(admin.post("/bans/unban", &others).await?.status, 503);
    for fields in [own.as_slice(), &[("one", "sshd/127.0.0.1")]] {
        assert_eq!(admin.submit("/bans/unban", fields).await?.status, 200, "{fields:?}");
        until("it is lifted", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.7"])).await?;
        client(&site.daemon, &["set", "sshd", "banip", "127.0.0.1"])?;
        until("it is banned", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    }
    assert_eq!(
        admin.submit("/jails/sshd/unban", &[("ip", "127.0.0.1")]).await?.status,
        200,
        "one's own address"
    );
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    assert_eq!(admin.get("/audit").await?.status, 500);
    database.execute_batch("ALTER TABLE gone RENAME TO audit")?;
    let written = "SELECT count(*) FROM audit WHERE action LIKE '%unban%' AND outcome = 'done'";
    until("what waited is in the audit", || {
        Ok(database.query_row(written, [], |row| row.get::<_, i64>(0))? >= 5)
    })
    .await?;
    let row = newest(&admin).await?;
    assert_eq!((row["who"].as_str(), row["target"].as_str()), (NAME, "sshd 127.0.0.1"));
    Ok(())
}

/// The program itself, with its log in a file. Ends when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_program(directory: &Path, socket: &Path) -> Result<Program, Box<dyn Error>> {
    let log = File::create(directory.join("log"))?;
    let child = Command::new(env!("CARGO_BIN_EXE_bangui"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(directory.join("bangui.sqlite3"))
        .arg("--fail2ban-socket")
        .arg(socket)
        .env("BANGUI_LOG", "debug")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(Program(child))
}

#[tokio::test]
async fn no_text_of_a_request_begins_a_line_of_the_log() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let directory = tempfile::tempdir()?;
    let accounts = Accounts::new(Storage::open(&directory.path().join("bangui.sqlite3"))?)?;
    accounts.add(NAME.parse()?, PASSWORD.parse()?, Role::Administrator).await?;
    let _program = start_program(directory.path(), site.daemon.socket())?;
    let mut address: Option<SocketAddr> = None;
    until("the program listens", || {
        let log = fs::read_to_string(directory.path().join("log"))?;
        address = log
            .split("listens on http://")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        Ok(address.is_some())
    })
    .await?;
    let address = address.ok_or("no address")?;
    let forged = "x\nFORGED \u{1b}[2J login\r\nFORGED again";
    Visitor::stranger(address).await?.log_in(forged, "x", "/").await?;
    let admin = Visitor::admin(address).await?;
    for path in
        ["/jails/sshd/ban", "/jails/sshd/unban", "/unban", "/jails/a%0AFORGED/ban", "/server/settings"]
    {
        admin.post(path, &[("ip", forged), ("jail", forged), ("loglevel", forged)]).await?;
    }
    admin.get(&format!("/jails/x%0AFORGED?q={}", "%0AFORGED")).await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    admin.post("/unban", &[("ip", "203.0.113.5")]).await?;
    let log = fs::read_to_string(directory.path().join("log"))?;
    assert!(log.contains("FORGED"), "nothing hostile reached the log: {log}");
    assert!(!log.lines().any(|line| line.starts_with("FORGED")) && !log.contains('\u{1b}'), "{log}");
    for event in [
        r#"ip_banned jail="sshd" address="203.0.113.5""#,
        r#"ip_unbanned jail="sshd" address="203.0.113.5""#,
        r#"ip_unbanned_all_jails address="203.0.113.5" jails=["sshd"]"#,
    ] {
        assert!(log.contains(event), "no {event} in {log}");
    }
    Ok(())
}
