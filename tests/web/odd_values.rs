//! A value of fail2ban's that nobody expected costs itself: the rest of each page works, and so does the
//! quick unban.

use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;

use crate::support::TestResult;
use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::Visitor;

/// What one jail after another answers oddly, with `J` for its name; and where its page says that it does
/// not know.
const PLACES: [(&str, &str); 29] = [
    ("status J short", "#figures"),
    ("get J bantime", "[data-setting='bantime']"),
    ("get J findtime", "[data-setting='findtime']"),
    ("get J maxretry", "[data-setting='maxretry']"),
    ("get J bantime.increment", "[data-setting='bantime.increment']"),
    ("get J logencoding", "[data-setting='logencoding']"),
    ("get J datepattern", "[data-setting='datepattern']"),
    ("get J prefregex", "[data-setting='prefregex']"),
    ("get J failregex", "[data-setting='failregex']"),
    ("get J ignoreregex", "[data-setting='ignoreregex']"),
    ("get J maxlines", "[data-setting='maxlines']"),
    ("get J usedns", "[data-setting='usedns']"),
    ("get J maxmatches", "[data-setting='maxmatches']"),
    ("get J ignoreip", "[data-setting='ignoreip']"),
    ("get J ignoreself", "[data-setting='ignoreself']"),
    ("get J ignorecommand", "[data-setting='ignorecommand']"),
    ("get J bantime.factor", "[data-setting='bantime.factor']"),
    ("get J bantime.formula", "[data-setting='bantime.formula']"),
    ("get J bantime.multipliers", "[data-setting='bantime.multipliers']"),
    ("get J bantime.maxtime", "[data-setting='bantime.maxtime']"),
    ("get J bantime.rndtime", "[data-setting='bantime.rndtime']"),
    ("get J bantime.overalljails", "[data-setting='bantime.overalljails']"),
    ("get J actions", "[data-setting='actions']"),
    ("get J actionproperties noop", "[data-setting='properties']"),
    ("get J action noop actionban", "[data-setting='actionban']"),
    ("get J action noop actionunban", "[data-setting='actionunban']"),
    ("get J banned 203.0.113.5", ""),
    ("set J unbanip 203.0.113.5", ""),
    ("get dbfile", ""),
];

/// An object with a state, and what nobody can decode: doubled by DUP, nested too deeply. All are whole.
const ODD: [&[u8]; 3] = [
    b"\x80\x05K\x00\x8c\x03a.b\x8c\x05Thing\x93)\x81}\x8c\x01x\x8c\x01ysb\x86.<F2B_END_COMMAND>",
    b"\x80\x05K\x00N2\x86.<F2B_END_COMMAND>",
    b"\x80\x05]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.<F2B_END_COMMAND>",
];

/// The jail that answers `place` with `odd`.
fn jail(place: usize, odd: usize) -> String {
    format!("odd-{place}-{odd}")
}

fn jails() -> Vec<String> {
    let odd = (0..PLACES.len()).flat_map(|place| (0..ODD.len()).map(move |odd| jail(place, odd)));
    odd.chain(["whole".to_owned()]).collect()
}

/// Answers oddly where the jail says so, and like fail2ban elsewhere.
fn answer(words: &[&str]) -> Reply {
    let odd = words.get(1).and_then(|jail| jail.strip_prefix("odd-")).and_then(|odd| odd.split_once('-'));
    if let Some((place, odd)) = odd
        && let (Ok(place), Ok(odd)) = (place.parse::<usize>(), odd.parse::<usize>())
        && [&words[..1], &["J"], &words[2..]].concat().join(" ") == PLACES[place].0
    {
        return Reply::bytes(ODD[odd]);
    }
    honest(words)
}

fn honest(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.1.1"),
        ["status"] => {
            let jails = jails();
            Reply::payload((("Number of jail", jails.len()), ("Jail list", jails.join(", "))))
        }
        ["status", _, "short"] => Reply::payload((
            ("Filter", (("Currently failed", 0), ("Total failed", 0), ("File list", vec!["/var/log/x"]))),
            ("Actions", (("Currently banned", 1), ("Total banned", 41))),
        )),
        ["get", _, "banip", "--with-time"] => {
            Reply::payload(["203.0.113.5 \t2026-11-22 13:47:32 + -1 = 9999-12-31 23:59:59"])
        }
        ["get", _, "banned", _] | ["set", _, "unbanip" | "banip", _] => Reply::payload(1),
        ["get", _, "bantime" | "findtime" | "maxretry" | "maxlines" | "maxmatches"] => Reply::payload(7),
        ["get", _, "failregex" | "ignoreregex" | "ignoreip"] => Reply::payload(["^x$"]),
        ["get", _, "actions"] => Reply::payload(["noop"]),
        // What tells an action of commands from one in Python.
        ["get", _, "action", _, "__module__"] => Reply::payload("fail2ban.server.action"),
        ["get", _, "actionproperties", _] => Reply::payload(["actionban", "actionunban"]),
        ["get", _, "ignoreself"] => Reply::payload(true),
        ["get", _, "logencoding" | "usedns" | "action" | "prefregex", ..] => Reply::payload("yes"),
        ["get", ..] => Reply::payload(()),
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn an_odd_value_of_one_jail_is_said_in_its_place_and_every_page_comes() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    for path in ["/jails", "/bans", "/unban?ip=203.0.113.5", "/lookup?ip=203.0.113.5", "/server"] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200, "{path}: {}", page.text("main")?);
    }
    let whole = admin.get("/jails/whole").await?;
    assert_eq!(whole.texts(".unknown")?, Vec::<String>::new());
    let look = |(place, odd)| {
        let admin = &admin;
        async move {
            let page = admin.get(&format!("/jails/{}", jail(place, odd))).await?;
            let (command, cell) = PLACES[place];
            let what = format!("{command}, answered with {:?}", String::from_utf8_lossy(ODD[odd]));
            assert_eq!((page.status, page.rows()?), (200, vec!["203.0.113.5".to_owned()]), "{what}");
            let said = page.texts(&format!("{cell} .unknown"))?;
            let all = page.texts(".unknown")?.len();
            assert_eq!(said.is_empty(), cell.is_empty(), "{what}");
            let why = if cell.is_empty() { String::new() } else { page.texts(cell)?.concat() };
            assert!(said.is_empty() || why.contains("fail2ban's answer could not be read: "), "{why}");
            // The list of figures has four; whether it ignores itself, and how bans grow, are said twice.
            assert!(all <= said.len() + 1, "{what}: {all} are unknown");
            Ok::<_, Box<dyn std::error::Error>>(())
        }
    };
    let places = (0..PLACES.len()).flat_map(|place| (0..ODD.len()).map(move |odd| (place, odd)));
    try_join_all(places.map(look)).await?;
    Ok(())
}

#[tokio::test]
async fn the_quick_unban_works_whatever_one_jail_answers() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    // The answer to the unban itself is the one that nobody can do without.
    for (place, (command, _)) in
        PLACES.iter().enumerate().filter(|(_, (command, _))| !command.contains("unbanip"))
    {
        for odd in 0..ODD.len() {
            let fields = [("ip", "203.0.113.5"), ("jail", &jail(place, odd))];
            let done = admin.post("/unban", &fields).await?;
            assert_eq!(done.status, 303, "{command}: {}", done.text("main")?);
        }
    }
    let jail = jail(27, 0);
    assert_eq!(PLACES[27].0, "set J unbanip 203.0.113.5");
    let unknown = admin.post("/unban", &[("ip", "203.0.113.5"), ("jail", &jail)]).await?;
    assert_eq!((unknown.status, unknown.text("h1")?.as_str()), (502, "fail2ban's answer could not be read"));
    assert!(unknown.text("main")?.contains("It is not known whether your action was done"));
    Ok(())
}

/// `(0, [10.0.0.0/8, the entries of a file, home.example, 192.0.2.1])`, as 1.1.1 writes it.
const WITH_A_FILE: &[u8] = include_bytes!("../replies/1.1.1/get-ignoreip-file.pickle");

/// What was removed from the list with the file.
static REMOVED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn with_a_file(words: &[&str]) -> Reply {
    match words {
        ["status"] => Reply::payload((("Number of jail", 1), ("Jail list", "sshd"))),
        ["get", _, "ignoreip"] => Reply::bytes(&[WITH_A_FILE, b"<F2B_END_COMMAND>"].concat()),
        ["set", _, "delignoreip", entry] => {
            REMOVED.lock().unwrap_or_else(PoisonError::into_inner).push((*entry).to_owned());
            Reply::bytes(&[WITH_A_FILE, b"<F2B_END_COMMAND>"].concat())
        }
        other => honest(other),
    }
}

#[tokio::test]
async fn the_entries_of_a_file_are_shown_as_such_and_the_others_are_what_they_are() -> TestResult {
    let fake = FakeDaemon::start(with_a_file)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/jails/sshd").await?;
    assert_eq!(page.status, 200, "{}", page.text("main")?);
    let file = "file:/etc/fail2ban/allow.txt";
    assert_eq!(
        page.attributes("#ignores li[data-ip]", "data-ip")?,
        ["192.0.2.1", "10.0.0.0/8", file, "home.example"]
    );
    let said = page.text(&format!("#ignores li[data-ip='{file}']"))?;
    assert!(said.contains("The entries of a file, which cannot be judged here"), "{said}");
    assert!(page.text("[data-setting='ignoreip']")?.contains(file));

    let looked_up = admin.get("/lookup?ip=203.0.113.5").await?.text("dl [data-jail=sshd] dd")?;
    assert!(looked_up.contains("Contains a host name, not looked up: home.example"), "{looked_up}");
    assert!(looked_up.contains(&format!("{file}: The entries of a file")), "{looked_up}");
    let looked_up = admin.get("/lookup?ip=10.1.2.3").await?.text("dl [data-jail=sshd] dd")?;
    assert!(looked_up.starts_with("ignored because of 10.0.0.0/8"), "{looked_up}");

    for entry in ["192.0.2.1", file, "home.example"] {
        assert_eq!(admin.post("/jails/sshd/ignore/remove", &[("ip", entry)]).await?.status, 303, "{entry}");
    }
    let removed = REMOVED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(removed, ["192.0.2.1", "file:///etc/fail2ban/allow.txt", "home.example"]);
    Ok(())
}
