//! `kill -9` of BanGUI in the middle of each kind of action: before fail2ban has the command, and while it
//! has answered and BanGUI does not know it yet.

use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use rusqlite::{Connection, OpenFlags};
use tokio::time::{Duration, Instant};

use crate::faults::between::{Between, Harm};
use crate::faults::ledger::Snapshot;
use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture, KEPT, Reaches, daemon};
use crate::support::site::{NAME, PASSWORD};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// The end of a request and of a reply (`fail2ban/protocol.py`, `CSPROTO.END`).
const END: &[u8] = b"<F2B_END_COMMAND>";
const LIST: &str = "198.51.100.9";
const EVERYWHERE: &str = "198.51.100.10";

/// What a person sends, the name of its row in the audit, and the command to fail2ban in which it is killed.
type Action = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

const ACTIONS: [Action; 18] = [
    ("/jails/sshd/ban", &[("ip", "203.0.113.9")], "ban", "set sshd banip"),
    ("/jails/sshd/unban", &[("ip", BANNED)], "unban", "set sshd unbanip"),
    ("/unban", &[("ip", BANNED)], "quick unban", "set sshd unbanip"),
    ("/bans/unban", &[("which", "selected"), ("ban", "sshd/203.0.113.5")], "unban many", "set sshd unbanip"),
    ("/bans/again", &[("ban", "sshd/203.0.113.5"), ("next", "/bans")], "ban again", "set sshd banip"),
    ("/unban-all", &[("word", "UNBAN ALL")], "unban all", "set sshd unbanip"),
    (
        "/jails/sshd/ignore",
        &[("ip", LIST), ("keep", "yes"), ("confirmed", "yes")],
        "ignore",
        "set sshd addignoreip",
    ),
    (
        "/jails/sshd/ignore/remove",
        &[("ip", LIST), ("confirmed", "yes")],
        "remove ignore entry",
        "set sshd delignoreip",
    ),
    ("/ignores", &[("ip", EVERYWHERE), ("confirmed", "yes")], "ignore everywhere", "set sshd addignoreip"),
    ("/jails/sshd/ignore-self", &[("on", "true")], "ignore self", "set sshd ignoreself"),
    ("/jails/sshd/idle", &[("on", "false")], "idle jail", "set sshd idle"),
    (
        "/server/settings",
        &[("loglevel", "DEBUG"), ("dbpurgeage", "172800"), ("dbmaxmatches", "3")],
        "change server settings",
        "set loglevel",
    ),
    ("/server/flush-logs", &[], "flush logs", "flushlogs"),
    ("/jails/sshd/reload", &[], "reload jail", "reload"),
    ("/jails/sshd/restart", &[], "restart jail", "reload"),
    ("/server/reload", &[], "reload all jails", "reload"),
    ("/server/restart", &[], "restart fail2ban", "stop"),
    ("/jails/sshd/stop", &[], "stop jail", "stop sshd"),
];

async fn world() -> Result<(Fixture, Between), Box<dyn Error>> {
    let daemon = daemon().await?;
    let between = Between::start(daemon.socket())?;
    // A configuration that names another socket than the one that is asked would not be loaded.
    let directory = daemon.config_dir().join("fail2ban.d");
    fs::create_dir_all(&directory)?;
    fs::write(
        directory.join("between.local"),
        format!("[Definition]\nsocket = {}\n", between.socket().display()),
    )?;
    let reaches = Reaches::Socket(between.socket().to_owned());
    Ok((Fixture::around(daemon, 0, reaches).await?, between))
}

/// Tells fail2ban something, quicker than its client starts. What came of it is looked at elsewhere.
fn tell(world: &Fixture, words: &[&str]) -> TestResult {
    let mut daemon = UnixStream::connect(world.daemon.socket())?;
    daemon.set_read_timeout(Some(Duration::from_mins(1)))?;
    daemon.write_all(&serde_pickle::to_vec(&words, serde_pickle::SerOptions::new())?)?;
    daemon.write_all(END)?;
    let mut reply = Vec::new();
    while !reply.ends_with(END) {
        let mut part = [0; 1024];
        match daemon.read(&mut part)? {
            0 => return Err(format!("{words:?}: it hung up").into()),
            count => reply.extend_from_slice(&part[..count]),
        }
    }
    Ok(())
}

/// Puts everything as `action` is to find it, after `last`.
async fn prepare(world: &Fixture, last: &str, action: &str) -> TestResult {
    if last == "restart fail2ban" {
        let runs = || Ok(client(&world.daemon, &["status"]).is_ok_and(|told| told.contains("sshd")));
        until("fail2ban is back with its jail", runs).await?;
    }
    let bans = if action == "ban again" { "unbanip" } else { "banip" };
    let ignores = if action == "ignore" { "delignoreip" } else { "addignoreip" };
    tell(world, &["set", "sshd", bans, BANNED])?;
    tell(world, &["set", "sshd", ignores, LIST])?;
    if action.contains("reload") || action.contains("restart") {
        return load_the_files(world).await;
    }
    Ok(())
}

/// Reloads and agrees to whatever that costs: nothing is then to be agreed to the next time.
async fn load_the_files(world: &Fixture) -> TestResult {
    let end = async || {
        let mut picture = world.admin.part("/server/work").await?;
        while !picture.attributes("#work", "hx-get")?.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            picture = world.admin.part("/server/work").await?;
        }
        Ok::<_, Box<dyn Error>>(picture)
    };
    world.admin.post("/server/reload", &[]).await?;
    let plan = end().await?.attributes("#work form input[name=plan]", "value")?.concat();
    if !plan.is_empty() {
        world.admin.post("/server/reload", &[("plan", &plan)]).await?;
        end().await?;
    }
    Ok(())
}

/// Kills BanGUI in the middle of each action, and starts it again; the longest time that took.
async fn in_the_middle_of_each(passed: bool) -> Result<Duration, Box<dyn Error>> {
    let (mut world, between) = world().await?;
    world.daemon.supervise();
    let mut longest = Duration::ZERO;
    let mut last = "";
    for (path, fields, action, command) in ACTIONS {
        prepare(&world, last, action).await?;
        world.admin.get("/jails/sshd").await?;
        let before = world.ledger()?;
        between.harms(command, Harm::Held { passed });
        let asked = world.admin.post(path, fields);
        let killed = async {
            until(&format!("{action} is under way"), || Ok(between.holds())).await?;
            world.bangui.kill()
        };
        let (_broken_off, killed) = tokio::join!(asked, killed);
        killed.map_err(|error| format!("{action}: {error}"))?;
        between.is_honest();
        let begin = Instant::now();
        world.start_bangui_again().await?;
        let after = world.ledger()?;
        before.is_whole_in(&after).map_err(|error| format!("{action}: {error}"))?;
        let words = [&*format!("\"{action}\""), &*format!("\"{NAME}\"")];
        assert_eq!(after.audited(&words), before.audited(&words) + 1, "{action}: {after:?}");
        let open = |ledger: &Snapshot| {
            let with = |end| ledger.audited(&[words[0], words[1], end]);
            with("\"open\"") + with("\"begun\"")
        };
        assert_eq!(open(&after), open(&before) + 1, "{action}: nobody knows its end: {after:?}");
        // The same browser; what it is shown is what fail2ban holds.
        let page = world.admin.get("/audit?show=all&fold=no").await?;
        assert_eq!(page.status, 200, "{action}");
        longest = longest.max(begin.elapsed());
        if action != "stop jail" {
            until(&format!("fail2ban ignores what is kept after {action}"), || {
                Ok(client(&world.daemon, &["get", "sshd", "ignoreip"]).is_ok_and(|list| list.contains(KEPT)))
            })
            .await?;
            if ["reload", "stop"].contains(&command) {
                until("fail2ban has its ban back", || Ok(banned(&world.daemon, "sshd")? == [BANNED])).await?;
            }
            let mut shown = world.admin.get("/jails/sshd").await?.rows()?;
            shown.sort();
            assert_eq!(shown, banned(&world.daemon, "sshd")?, "{action}");
        }
        last = action;
    }
    Ok(longest)
}

fn row(place: u32, when: &str, longest: Duration) -> TestResult {
    let actions: Vec<&str> = ACTIONS.iter().map(|(_, _, action, _)| *action).collect();
    hand_in(&Row {
        place: (Part::Kill, place),
        fault: format!("`kill -9` of BanGUI {when} ({})", actions.join(", ")),
        said: "none: the connection ends; the audit has the action, and that its end is not known".to_owned(),
        again: Some(longest),
        kept: "everything; the browser stays logged in; bans as fail2ban-client says".to_owned(),
    })
}

#[tokio::test]
async fn killed_before_fail2ban_has_the_command() -> TestResult {
    let longest = in_the_middle_of_each(false).await?;
    row(1, "in each kind of action, before fail2ban has the command", longest)
}

#[tokio::test]
async fn killed_when_fail2ban_has_done_it_and_nobody_knows() -> TestResult {
    let longest = in_the_middle_of_each(true).await?;
    row(2, "in each kind of action, when fail2ban has done it and BanGUI does not know yet", longest)
}

/// How many actions the audit has begun to record.
fn begun(world: &Fixture) -> Result<i64, Box<dyn Error>> {
    let connection = Connection::open_with_flags(&world.how.database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(connection.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?)
}

#[tokio::test]
async fn killed_while_a_password_is_changed_or_compared() -> TestResult {
    let mut world = Fixture::start().await?;
    let new = "another password for tests";
    let form = [("current_password", PASSWORD), ("password", new), ("next", "/")];
    let mut longest = Duration::ZERO;
    for (path, fields) in
        [("/login", [("username", NAME), ("password", PASSWORD), ("next", "/")]), ("/account/password", form)]
    {
        let person = if path == "/login" {
            Visitor::stranger(world.how_to_reach()).await?
        } else {
            Visitor::admin(world.how_to_reach()).await?
        };
        let (before, rows) = (world.ledger()?, begun(&world)?);
        let asked = person.post(path, &fields);
        let killed = async {
            let limit = Instant::now();
            while begun(&world)? == rows && limit.elapsed() < Duration::from_mins(1) {
                tokio::task::yield_now().await;
            }
            world.bangui.kill()
        };
        let (_broken_off, killed) = tokio::join!(asked, killed);
        killed?;
        let begin = Instant::now();
        world.start_bangui_again().await?;
        assert_eq!(begun(&world)?, rows + 1, "{path}");
        assert_eq!(world.admin.get("/jails").await?.status, 200, "{path}: the other browser stays logged in");
        longest = longest.max(begin.elapsed());
        assert_eq!(before.count("accounts"), world.ledger()?.count("accounts"));
        // One of the two passwords is right, and only one.
        let mut right = 0;
        for password in [PASSWORD, new] {
            let answer = Visitor::stranger(world.how_to_reach()).await?.log_in(NAME, password, "/").await?;
            right += u32::from(answer.status == 303);
        }
        assert_eq!(right, 1, "{path}");
    }
    hand_in(&Row {
        place: (Part::Kill, 3),
        fault:
            "`kill -9` of BanGUI while a password is compared at the login, and while one's own is changed"
                .to_owned(),
        said: "none: the connection ends; the audit has the action, and that its end is not known".to_owned(),
        again: Some(longest),
        kept: "one password is right, the old or the new; other browsers stay logged in".to_owned(),
    })
}
