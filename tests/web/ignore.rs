//! Ignore lists, over HTTP.

use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bangui::demo::DemoJail;
use reqwest::Method;
use rusqlite::Connection;
use tokio::time::{Duration, sleep};

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::reload::work_agreed;

const ADD: &str = "/jails/sshd/ignore";
const REMOVE: &str = "/jails/sshd/ignore/remove";
/// The form that ends the ignoring of the machine's own addresses, with the question answered.
const NO_LONGER_ITSELF: [(&str, &str); 3] =
    [("on", "false"), ("confirmed", "127.0.0.0/8"), ("confirmed", "::1")];
/// What the configuration gives every jail of these tests.
const CONFIGURED: &str = "192.0.2.0/24";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let jails = [
        DemoJail::new("sshd", "sshd").with("ignoreip", CONFIGURED),
        DemoJail::new("web", "sshd").with("ignoreip", CONFIGURED),
    ];
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// The ignore list of `jail` as fail2ban's own client tells it, in order.
pub fn ignored(site: &Site, jail: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let told = client(&site.daemon, &["get", jail, "ignoreip"])?;
    let entries = told.lines().filter_map(|line| line.strip_prefix("|- ").or(line.strip_prefix("`- ")));
    let mut entries: Vec<String> = entries.map(str::to_owned).collect();
    entries.sort();
    Ok(entries)
}

/// Asks nothing of BanGUI: what comes, comes by itself.
async fn until_ignored(site: &Site, jail: &str, entry: &str, is: bool) -> TestResult {
    // A daemon that is starting does not answer.
    let holds = |list: Result<Vec<String>, _>| list.is_ok_and(|list| list.contains(&entry.to_owned()) == is);
    until(&format!("{entry} ignored: {is}"), || Ok(holds(ignored(site, jail)))).await
}

async fn htmx(admin: &Visitor, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [fields, &[("csrf_token", admin.token.as_str())]].concat();
    Answer::of(admin.request(Method::POST, path).header("hx-request", "true").form(&fields)).await
}

/// The names in the card, from top to bottom.
fn rows(answer: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    answer.attributes("#ignores li[data-ip]", "data-ip")
}

#[tokio::test]
async fn addresses_networks_and_host_names_reach_fail2ban_in_their_normal_form() -> TestResult {
    let (site, admin) = site().await?;
    for (written, normal) in [
        ("2001:DB8::0:1", "2001:db8::1"),
        (" 198.51.100.7/24 ", "198.51.100.0/24"),
        ("203.0.113.5/32", "203.0.113.5"),
        ("Home.Example.ORG.", "home.example.org"),
    ] {
        let page = admin.submit(ADD, &[("ip", written)]).await?;
        let message = page.text("#messages")?;
        assert!(message.starts_with(&format!("{normal} is now ignored in sshd.")), "{message}");
        assert!(message.contains("It is lost at the next reload or restart unless you keep it"), "{message}");
        assert!(rows(&page)?.contains(&normal.to_owned()), "{normal}");
    }
    let all = [CONFIGURED, "198.51.100.0/24", "2001:db8::1", "203.0.113.5", "home.example.org"];
    assert_eq!(ignored(&site, "sshd")?, all);
    assert_eq!(ignored(&site, "web")?, [CONFIGURED]);
    let again = admin.submit(ADD, &[("ip", "203.0.113.5")]).await?;
    assert_eq!(again.text("#messages")?, "203.0.113.5 is already on the ignore list in sshd.");
    // Nobody but BanGUI's own page says that the list is what fail2ban has.
    let card = admin.get("/jails/sshd").await?;
    assert_eq!(rows(&card)?.len(), all.len());
    assert!(card.text("#ignores .hint")?.contains("entries you add are lost unless kept"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_ignored_is_refused_beside_the_field_and_nothing_is_sent() -> TestResult {
    let (site, admin) = site().await?;
    let hostile = [
        "",
        "--all",
        "1.2.3",
        "two words",
        "203.0.113.1 203.0.113.2",
        "x;touch y",
        "203.0.113.0/33",
        "203.0.113.1<F2B_END_COMMAND>",
        "0.0.0.0/0",
        "::/0",
        "-x.example",
        "bücher.example",
    ];
    for written in hostile {
        let answer = admin.post(ADD, &[("ip", written)]).await?;
        assert_eq!(answer.status, 422, "{written:?}");
        let beside = answer.attributes("#ignore-ip[aria-invalid=true]", "aria-describedby")?.concat();
        assert!(!answer.text(&format!("#{beside}"))?.is_empty(), "{written:?}");
        assert_eq!(answer.attributes("#ignore-ip", "value")?, [written]);
    }
    for (field, bad) in [("note", "a\u{7}b"), ("until", "soon"), ("until", "2020-01-01")] {
        let fields = [("ip", "203.0.113.5"), ("keep", "yes"), (field, bad)];
        let answer = admin.post(ADD, &fields).await?;
        assert_eq!(answer.status, 422, "{field}={bad}");
        assert_eq!(answer.attributes(&format!("#ignore-{field}[aria-invalid=true]"), "name")?, [field]);
    }
    assert_eq!(admin.post(ADD, &[]).await?.status, 422);
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED]);
    let log = fs::read_to_string(site.daemon.server_log())?;
    assert!(!log.contains("touch") && !log.contains("words"), "{log}");
    Ok(())
}

#[tokio::test]
async fn an_entry_is_removed_and_one_that_is_not_there_changes_nothing() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "203.0.113.5", "Home.Example", "::ffff:0:0/96"])?;
    let listed = rows(&admin.get("/jails/sshd").await?)?;
    assert_eq!(listed.len(), 4, "{listed:?}");
    for name in listed {
        let page = admin.submit(REMOVE, &[("ip", &name), ("confirmed", &name)]).await?;
        let message = page.text("#messages")?;
        assert!(message.starts_with(&format!("{name} is no longer ignored in sshd.")), "{name}: {message}");
        assert!(message.contains("If the configuration contains it, it returns at the next reload."));
    }
    assert!(ignored(&site, "sshd")?.is_empty());
    for name in ["203.0.113.5", "not an entry", "--all", "<F2B_END_COMMAND>"] {
        let page = admin.submit(REMOVE, &[("ip", name)]).await?;
        let expected = format!("{name} is not on the ignore list of sshd. Nothing was changed.");
        assert_eq!((page.status, page.text("#messages .bad")?), (200, expected));
    }
    assert_eq!(admin.post(REMOVE, &[]).await?.status, 422);
    work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED]);
    Ok(())
}

#[tokio::test]
async fn the_machines_own_addresses_are_ignored_or_not() -> TestResult {
    let (site, admin) = site().await?;
    let told = || client(&site.daemon, &["get", "sshd", "ignoreself"]);
    assert_eq!(told()?, "True");
    assert_eq!(admin.get("/jails/sshd").await?.attributes("#ignore-self button", "value")?, ["false"]);
    let off = admin.submit("/jails/sshd/ignore-self", &NO_LONGER_ITSELF).await?;
    assert_eq!(off.text("#messages")?, "sshd no longer ignores the server's own addresses.");
    assert_eq!(
        (told()?.as_str(), off.attributes("#ignore-self button", "value")?.concat().as_str()),
        ("False", "true")
    );
    admin.post("/jails/sshd/ignore-self", &[("on", "true")]).await?;
    assert_eq!(told()?, "True");
    assert_eq!(admin.post("/jails/sshd/ignore-self", &[("on", "perhaps")]).await?.status, 422);
    assert_eq!(told()?, "True");
    Ok(())
}

#[tokio::test]
async fn the_address_one_comes_from_is_ignored_in_one_tap_and_says_that_a_ban_still_holds() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "sshd", "banip", "127.0.0.0/8"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")?.len() == 1)).await?;
    let button = admin.get("/jails/sshd").await?.attributes("#ignore-me button", "value")?.concat();
    assert_eq!(button, "127.0.0.1");
    let page = admin.submit(ADD, &[("ip", &button)]).await?;
    let message = page.text("#messages")?;
    assert!(message.contains("It is still banned in sshd: ignoring does not lift bans"), "{message}");
    assert_eq!(ignored(&site, "sshd")?, ["127.0.0.1", CONFIGURED]);
    assert!(page.text("#ignore-me")?.ends_with("127.0.0.1 is ignored."), "{}", page.text("#ignore-me")?);
    assert!(page.texts("#ignore-me button")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn removing_what_contains_the_address_one_comes_from_asks_first() -> TestResult {
    let (site, admin) = site().await?;
    for entry in ["127.0.0.1", "127.0.0.0/8", "localhost"] {
        client(&site.daemon, &["set", "sshd", "addignoreip", entry])?;
        for answer in
            [admin.post(REMOVE, &[("ip", entry)]).await?, htmx(&admin, REMOVE, &[("ip", entry)]).await?]
        {
            assert_eq!(answer.status, 422, "{entry}");
            assert!(answer.text("#ignores .ask .hint-line")?.contains("your own address"), "{entry}");
            assert_eq!(answer.attributes("#ignores .ask input[name=ip]", "value")?, [entry]);
            assert_eq!(ignored(&site, "sshd")?.len(), 2, "{entry}");
        }
        assert_eq!(admin.post(REMOVE, &[("ip", entry), ("confirmed", entry)]).await?.status, 303);
        assert_eq!(ignored(&site, "sshd")?, [CONFIGURED], "{entry}");
    }
    // What is not there takes no question.
    assert_eq!(admin.post(REMOVE, &[("ip", "127.0.0.1")]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_kept_entry_survives_reloads_and_restarts_by_whomever_and_others_do_not() -> TestResult {
    let (site, admin) = site().await?;
    admin.post(ADD, &[("ip", "203.0.113.1")]).await?;
    let fields = [("ip", "203.0.113.2"), ("keep", "yes"), ("note", "the <office>"), ("until", "9998-12-31")];
    let page = admin.submit(ADD, &fields).await?;
    assert!(page.text("#messages")?.contains("until the end of 31 Dec 9998"), "{}", page.text("#messages")?);
    let why = page.text("#ignores li[data-ip='203.0.113.2'] .hint-line")?;
    assert_eq!(why, "the <office> · until the end of 31 Dec 9998 · kept by admin");
    for path in ["/jails/sshd/reload", "/server/reload", "/server/restart"] {
        work_agreed(&admin, path).await?;
        assert_eq!(ignored(&site, "sshd")?, [CONFIGURED, "203.0.113.2"], "{path}");
        assert_eq!(ignored(&site, "web")?, [CONFIGURED], "{path}");
    }
    client(&site.daemon, &["set", "sshd", "delignoreip", "203.0.113.2"])?;
    let page = admin.get("/jails/sshd").await?;
    assert!(rows(&page)?.contains(&"203.0.113.2".to_owned()));
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED, "203.0.113.2"]);
    // By others, and nobody looks at a page.
    let pid = site.daemon.pid()?;
    client(&site.daemon, &["stop"])?;
    until("another one runs", || Ok(site.daemon.pid()?.is_some_and(|new| Some(new) != pid))).await?;
    until_ignored(&site, "sshd", "203.0.113.2", true).await?;
    // Kept no more, it stays until the next reload.
    admin.post("/jails/sshd/ignore/unkeep", &[("ip", "203.0.113.2")]).await?;
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED, "203.0.113.2"]);
    work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED]);
    let again = admin.submit("/jails/sshd/ignore/unkeep", &[("ip", "203.0.113.2")]).await?;
    assert_eq!(again.text("#messages .bad")?, "203.0.113.2 was not kept in sshd. Nothing was changed.");
    Ok(())
}

#[tokio::test]
async fn an_entry_of_the_configuration_can_be_kept_and_what_is_removed_is_kept_no_more() -> TestResult {
    let (site, admin) = site().await?;
    admin.post(ADD, &[("ip", CONFIGURED), ("keep", "yes"), ("note", "mine")]).await?;
    admin.post(ADD, &[("ip", "203.0.113.2")]).await?;
    let page = admin.submit(ADD, &[("ip", "203.0.113.2"), ("keep", "yes")]).await?;
    let message = page.text("#messages")?;
    assert!(message.contains("BanGUI restores it after every reload"), "{message}");
    assert_eq!(page.texts("#ignores .badge")?, ["kept", "kept"]);
    let page = admin.submit(REMOVE, &[("ip", "203.0.113.2")]).await?;
    let message = page.text("#messages")?;
    assert_eq!(message, "203.0.113.2 is no longer ignored in sshd, and no longer kept.");
    work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED]);
    assert_eq!(rows(&admin.get("/jails/sshd").await?)?, [CONFIGURED]);
    Ok(())
}

#[tokio::test]
async fn an_entry_is_taken_away_by_itself_when_its_last_day_has_passed() -> TestResult {
    let (site, admin) = site().await?;
    for (entry, until) in [("203.0.113.2", "9998-12-31"), ("203.0.113.3", "9998-12-31"), ("203.0.113.4", "")]
    {
        admin.post(ADD, &[("ip", entry), ("keep", "yes"), ("until", until)]).await?;
    }
    let day_passes = |entry: &str| -> TestResult {
        let database = Connection::open(site.daemon.directory().join("bangui.sqlite3"))?;
        let sql = "UPDATE kept_ignore_entries SET until = '2026-01-01' WHERE entry = ?1";
        assert_eq!(database.execute(sql, [entry])?, 1);
        Ok(())
    };
    day_passes("203.0.113.2")?;
    until_ignored(&site, "sshd", "203.0.113.2", false).await?;
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED, "203.0.113.3", "203.0.113.4"]);
    day_passes("203.0.113.3")?;
    let mut shown = rows(&admin.get("/jails/sshd").await?)?;
    shown.sort();
    assert_eq!(shown, [CONFIGURED, "203.0.113.4"]);
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED, "203.0.113.4"]);
    Ok(())
}

#[tokio::test]
async fn a_part_of_the_page_says_the_same_as_the_page() -> TestResult {
    let (site, admin) = site().await?;
    let bad = htmx(&admin, ADD, &[("ip", "two words")]).await?;
    assert_eq!(
        (bad.status, bad.texts("#ignore-mistake")?.len(), bad.body.contains("<html")),
        (422, 1, false)
    );
    let done = htmx(&admin, ADD, &[("ip", "203.0.113.5")]).await?;
    assert_eq!((done.status, rows(&done)?.len(), done.body.contains("<html")), (200, 2, false));
    assert!(done.text("#ignore-said")?.starts_with("203.0.113.5 is now ignored in sshd."));
    let off = htmx(&admin, "/jails/sshd/ignore-self", &NO_LONGER_ITSELF).await?;
    assert_eq!(off.attributes("#ignore-self button", "value")?, ["true"]);
    let gone = htmx(&admin, REMOVE, &[("ip", "203.0.113.5")]).await?;
    assert_eq!(rows(&gone)?, [CONFIGURED]);
    assert_eq!(ignored(&site, "sshd")?, [CONFIGURED]);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_is_not_there_has_no_ignore_list() -> TestResult {
    let (_site, admin) = site().await?;
    for path in ["/ignore", "/ignore/remove", "/ignore/unkeep", "/ignore-self"] {
        let fields = [("ip", "203.0.113.5"), ("on", "true"), ("keep", "yes")];
        assert_eq!(admin.post(&format!("/jails/nope{path}"), &fields).await?.status, 404, "{path}");
        assert_eq!(admin.post(&format!("/jails/--all{path}"), &fields).await?.status, 404, "{path}");
    }
    Ok(())
}

static IS_LISTED: AtomicBool = AtomicBool::new(false);
static REFUSES: AtomicBool = AtomicBool::new(false);

/// A daemon that takes an entry, and once it has lost it may refuse to take it again.
fn forgetful(words: &[&str]) -> Reply {
    let list = || if IS_LISTED.load(Ordering::SeqCst) { vec!["203.0.113.5"] } else { Vec::new() };
    let empty: Vec<String> = Vec::new();
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 1), ("Jail list", "sshd"))),
        ["status", _, "short"] => Reply::payload((
            ("Filter", (("Currently failed", 0), ("Total failed", 0), ("File list", empty))),
            ("Actions", (("Currently banned", 0), ("Total banned", 0))),
        )),
        ["get", _, "banip", "--with-time"] => Reply::payload(empty),
        ["get", _, "ignoreip"] => Reply::payload(list()),
        ["set", _, "addignoreip", _] if !REFUSES.load(Ordering::SeqCst) => {
            IS_LISTED.store(true, Ordering::SeqCst);
            Reply::payload(list())
        }
        ["set", ..] => Reply::refusal("not today"),
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn a_kept_entry_that_cannot_be_put_back_is_said_and_tried_again() -> TestResult {
    let fake = FakeDaemon::start(forgetful)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    assert_eq!(admin.post(ADD, &[("ip", "203.0.113.5"), ("keep", "yes")]).await?.status, 303);
    REFUSES.store(true, Ordering::SeqCst);
    IS_LISTED.store(false, Ordering::SeqCst);
    let page = admin.get("/jails/sshd").await?;
    let said = page.text("#not-put-back")?;
    assert!(said.contains("they are not ignored now. fail2ban refused: not today"), "{said}");
    assert_eq!(page.text("#ignores .badge")?, "not active");
    REFUSES.store(false, Ordering::SeqCst);
    let begin = Instant::now();
    while !IS_LISTED.load(Ordering::SeqCst) {
        assert!(begin.elapsed() < Duration::from_mins(1), "it was not put back by itself");
        sleep(Duration::from_millis(50)).await;
    }
    let page = admin.get("/jails/sshd").await?;
    assert_eq!((page.text("#ignores .badge")?.as_str(), page.texts("#not-put-back")?.len()), ("kept", 0));
    Ok(())
}
