//! Settings of the server itself, which every reload sends, also that of one jail.

use rusqlite::Connection;
use tokio::time::Duration;

use crate::support::TestResult;

use super::super::table::hand_in_change;
use super::change::Change;
use super::page::press;
use super::place::{Place, go_through};
use super::state::State;

#[tokio::test]
async fn a_setting_of_the_server_that_cannot_be_taken_is_refused_and_no_jail_goes() -> TestResult {
    let thread = |size: &str| {
        let text = format!("[Thread]\nstacksize = {size}\n");
        let name = format!("`fail2ban.local`: `[Thread]` `stacksize = {size}`");
        Change::of(name, &[("fail2ban.d/change.local", &text)]).refused("thread")
    };
    go_through(
        14,
        vec![
            Change::server("dbfile = None").refused("database"),
            Change::server("dbfile = {dir}/other.sqlite3").refused("database"),
            Change::server("dbpurgeage = xyz").refused("dbpurgeage"),
            Change::server("dbpurgeage =").refused("dbpurgeage"),
            Change::server("dbmaxmatches = abc").refused("dbmaxmatches"),
            Change::server("logtarget = {dir}/nowhere/fail2ban.log").refused("logtarget"),
            Change::server("logtarget = {dir}").refused("logtarget"),
            Change::server("logtarget = {dir}/other.log[padding").refused("logtarget"),
            Change::server("syslogsocket = /nowhere\nlogtarget = SYSLOG").refused("logtarget"),
            Change::server("loglevel = basic_format").refused("loglevel"),
            Change::server("loglevel = nonsense").refused("nonsense"),
            Change::server("socket = {dir}/other.sock").refused("socket"),
            thread("5"),
            thread("large"),
        ],
    )
    .await
}

/// A database and a log file that a start opens and a reload does not.
#[tokio::test]
async fn what_only_a_start_opens_is_tried_before_a_restart() -> TestResult {
    let restart = |settings: &str| Change::server(settings).with_button("/server/restart");
    go_through(
        19,
        vec![
            restart("dbfile = {dir}").refused("is a directory"),
            restart("dbfile = /proc/x").refused("dbfile: fail2ban cannot write to /proc/x"),
            restart("dbfile = {dir}/nowhere/deeper/f.sqlite3").refused("dbfile: fail2ban cannot write to"),
            restart("dbfile = {dir}/pipe.log").refused("is not a file"),
            restart("dbfile = {dir}/conf/jail.conf").refused("is not a database"),
            restart("dbfile = {dir}/newer.sqlite3").refused("future version"),
            restart("dbfile = {dir}/empty-table.sqlite3").refused("dbfile: "),
            restart("logtarget = /proc/x").refused("logtarget: fail2ban cannot write to /proc/x"),
            restart("logtarget = {dir}/pipe.log").refused("is a named pipe"),
            restart("syslogsocket = {dir}/more.log\nlogtarget = SYSLOG").refused("is no socket"),
            Change::of(
                "`fail2ban.local`: `[Thread]` `stacksize = 214748364800`",
                &[("fail2ban.d/change.local", "[Thread]\nstacksize = 214748364800\n")],
            )
            .with_button("/server/restart")
            .refused("thread: "),
        ],
    )
    .await
}

#[tokio::test]
async fn a_setting_of_the_server_is_what_the_files_say_now() -> TestResult {
    go_through(
        15,
        vec![
            Change::server("loglevel = NOTICE").brings(&[("server loglevel", "\"NOTICE\"")]),
            Change::taken_out("`loglevel` as before"),
            Change::server("dbpurgeage = 2d").brings(&[("server dbpurgeage", "172800")]),
            Change::server("dbmaxmatches = 5")
                .brings(&[("server dbpurgeage", "86400"), ("server dbmaxmatches", "5")]),
            Change::server("logtarget = {dir}/other.log")
                .brings(&[("server dbmaxmatches", "10"), ("server logtarget", "\"{dir}/other.log\"")]),
        ],
    )
    .await
}

/// Every jail that comes or goes is written to fail2ban's database, which another program may hold.
#[tokio::test]
async fn a_reload_while_the_database_is_locked_loses_no_jail_in_the_end() -> TestResult {
    let place = Place::start().await?;
    let before = State::of(&place.site.daemon)?;
    let database = Connection::open(place.site.daemon.database())?;
    database.busy_timeout(Duration::from_secs(10))?;
    database.execute_batch("BEGIN IMMEDIATE")?;
    let said = press(&place.admin, "/server/reload").await?;
    database.execute_batch("ROLLBACK")?;
    assert!(!said.is_done(), "{said:?}");
    let after = State::of(&place.site.daemon)?;
    for jail in before.jails_that_differ(&after) {
        assert!(said.text.contains(&jail), "{jail}: {said:?}");
        if !after.runs(&jail) {
            let page = place.admin.get("/bans").await?;
            assert!(page.text("[role=alert]")?.contains(&jail), "{jail}: {}", page.text("main")?);
        }
    }
    let again = press(&place.admin, "/server/reload").await?;
    assert!(again.is_done(), "{again:?}");
    before.comes(&place.site.daemon).await?;
    let version = crate::support::client(&place.site.daemon, &["version"])?;
    hand_in_change(
        (14, 99),
        &version,
        "none, but another program holds a lock on fail2ban's database",
        &format!("“{}”, with the jails that are not as they were", said.title),
        "as before, at the latest with the next reload when the lock is gone",
    )
}
