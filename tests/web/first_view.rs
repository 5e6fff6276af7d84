//! The first view of a long list: out of fail2ban's database where it agrees, and true in any case.

use std::error::Error;
use std::time::Duration;

use bangui::demo::{DemoJail, PrivateDaemon};
use rusqlite::Connection;

use crate::support::between::Between;
use crate::support::site::{Bangui, Site};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const LIST: &str = "get sshd banip";
const BANS: usize = 2_100;

/// What makes the database another one than fail2ban's list.
type Change = fn(&Long) -> TestResult;

/// A daemon with a long list, what listens to all that it is asked, and BanGUI behind that, which was asked for nothing.
struct Long {
    admin: Visitor,
    _bangui: Bangui,
    between: Between,
    daemon: PrivateDaemon,
}

impl Long {
    async fn start() -> Result<Self, Box<dyn Error>> {
        Self::of(daemon(sshd()).await?).await
    }

    async fn of(daemon: PrivateDaemon) -> Result<Self, Box<dyn Error>> {
        let between = Between::start(daemon.socket())?;
        let bangui = Site::bare(between.socket()).await?;
        let admin = Visitor::admin(bangui.address).await?;
        assert_eq!(between.number_of(LIST), 0, "a login reads no list");
        Ok(Self { admin, _bangui: bangui, between, daemon })
    }

    /// The entries that BanGUI's page finds for `search`, in order.
    async fn found(&self, search: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let path = format!("/jails/sshd/bans?sort=ip&per_page=100&q={search}");
        let mut rows = self.admin.get(&path).await?.rows()?;
        rows.sort();
        Ok(rows)
    }

    /// Waits until BanGUI has compared the list with fail2ban's own.
    async fn until_confirmed(&self) -> TestResult {
        until("the list was asked for", || Ok(self.between.number_of(LIST) == 1)).await?;
        // Whoever acts gets fail2ban's own list: as soon as this asks for no other one, it is there.
        self.admin.get("/unban").await?;
        assert_eq!(self.between.number_of(LIST), 1);
        Ok(())
    }

    fn database(&self) -> Result<Connection, Box<dyn Error>> {
        Ok(Connection::open(self.daemon.database())?)
    }
}

fn sshd() -> DemoJail {
    DemoJail { ban_time: 3600, ..DemoJail::new("sshd", "sshd") }
}

/// A daemon whose jail has banned many.
async fn daemon(jail: DemoJail) -> Result<PrivateDaemon, Box<dyn Error>> {
    let daemon = PrivateDaemon::start(&[jail]).await?;
    client(&daemon, &["set", "sshd", "action", "record", "actionban", ""])?;
    client(&daemon, &["set", "sshd", "action", "record", "actionunban", ""])?;
    let nothing = "[Definition]\nactionban =\nactionunban =\n";
    std::fs::write(daemon.config_dir().join("action.d/record.local"), nothing)?;
    let bans: Vec<String> = (0..BANS).map(|n| format!("10.0.{}.{}", n / 100, n % 100)).collect();
    for some in bans.chunks(700) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        client(&daemon, &[&["set", "sshd", "banip"], some.as_slice()].concat())?;
    }
    written(&daemon, BANS).await?;
    Ok(daemon)
}

/// Waits until fail2ban's database has so many bans of the jail.
async fn written(daemon: &PrivateDaemon, number: usize) -> TestResult {
    until("all are written", || {
        let count = "SELECT count(*) FROM bips WHERE jail = 'sshd'";
        Ok(Connection::open(daemon.database())?.query_row(count, (), |row| row.get::<_, usize>(0))? == number)
    })
    .await
}

fn inside(daemon: &PrivateDaemon, prefix: &str) -> Result<Vec<String>, Box<dyn Error>> {
    Ok(banned(daemon, "sshd")?.into_iter().filter(|entry| entry.starts_with(prefix)).collect())
}

#[tokio::test]
async fn a_long_list_is_shown_before_fail2ban_has_sent_it() -> TestResult {
    let long = Long::start().await?;
    let page = long.admin.get("/jails/sshd").await?;
    assert_eq!(long.between.number_of(LIST), 0);
    assert!(page.text("#bans .count")?.contains(" of 2,100 "), "{}", page.text("#bans .count")?);
    assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?);
    long.until_confirmed().await?;
    assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?);
    client(&long.daemon, &["set", "sshd", "banip", "198.51.100.0/24", "2001:db8::1"])?;
    assert_eq!(long.found("198.51.100").await?, ["198.51.100.0/24"]);
    assert_eq!(long.between.number_of(LIST), 1, "later views go on from there");
    Ok(())
}

#[tokio::test]
async fn a_list_that_the_database_does_not_have_is_read_from_fail2ban() -> TestResult {
    let wrong: [(&str, Change); 5] = [
        ("a ban that was not written", |long| {
            long.database()?.execute("DELETE FROM bips WHERE ip = '10.0.7.7'", [])?;
            Ok(())
        }),
        ("an old row that looks like a ban", |long| {
            long.database()?.execute(
                "INSERT INTO bips SELECT '10.0.7.200', jail, timeofban, bantime, 1, NULL FROM bips LIMIT 1",
                [],
            )?;
            Ok(())
        }),
        ("another ban time, which moves the ends of all", |long| {
            client(&long.daemon, &["set", "sshd", "bantime", "7200"])?;
            Ok(())
        }),
        ("a row that cannot be read", |long| {
            long.database()?.execute("UPDATE bips SET bantime = 'long' WHERE ip = '10.0.7.7'", [])?;
            Ok(())
        }),
        ("no database", |long| {
            Ok(std::fs::rename(long.daemon.database(), long.daemon.directory().join("elsewhere"))?)
        }),
    ];
    let mut daemon = daemon(sshd()).await?;
    for (what, make) in wrong {
        let long = Long::of(daemon).await?;
        make(&long)?;
        assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?, "{what}");
        assert_eq!(long.between.number_of(LIST), 1, "{what}");
        if what != "no database" {
            // As it was.
            client(&long.daemon, &["set", "sshd", "bantime", "3600"])?;
            let row = "SELECT 'sshd', '10.0.7.7', timeofban, 3600, 1, NULL FROM bans WHERE ip = '10.0.7.7'";
            long.database()?.execute_batch(&format!(
                "DELETE FROM bips WHERE ip IN ('10.0.7.200', '10.0.7.7');
                 INSERT INTO bips(jail, ip, timeofban, bantime, bancount, data) {row}"
            ))?;
        }
        daemon = long.daemon;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_counts_do_not_show_is_put_right_by_itself() -> TestResult {
    let long = Long::start().await?;
    // One is missing there, and one too many makes up for it.
    long.database()?.execute("UPDATE bips SET ip = '10.0.7.200' WHERE ip = '10.0.7.7'", [])?;
    assert!(long.found("10.0.7.").await?.contains(&"10.0.7.200".to_owned()), "the counts agree");
    long.until_confirmed().await?;
    assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?);
    Ok(())
}

#[tokio::test]
async fn who_acts_on_bans_gets_the_list_of_fail2ban() -> TestResult {
    let long = Long::start().await?;
    long.database()?.execute("UPDATE bips SET ip = '10.0.7.200' WHERE ip = '10.0.7.7'", [])?;
    assert!(!long.found("10.0.7.").await?.contains(&"10.0.7.7".to_owned()));
    long.admin.submit("/jails/sshd/unban", &[("ip", "10.0.7.0/24")]).await?;
    assert_eq!(inside(&long.daemon, "10.0.7.")?, [""; 0]);
    assert_eq!(long.found("10.0.7.").await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn who_is_unbanned_while_the_list_is_confirmed_does_not_come_back() -> TestResult {
    let long = Long::start().await?;
    long.between.slow_down(LIST, Duration::from_secs(1));
    assert_eq!(long.found("10.0.7.7").await?.len(), 11);
    until("the list was asked for", || Ok(long.between.number_of(LIST) == 1)).await?;
    long.admin.submit("/jails/sshd/unban", &[("ip", "10.0.7.7")]).await?;
    let left = inside(&long.daemon, "10.0.7.7")?;
    assert_eq!(left.len(), 10);
    assert_eq!(long.found("10.0.7.7").await?, left);
    long.admin.get("/unban").await?;
    assert_eq!(long.found("10.0.7.7").await?, left);
    Ok(())
}

#[tokio::test]
async fn a_restored_list_is_the_one_that_fail2ban_restored() -> TestResult {
    let long = Long::start().await?;
    client(&long.daemon, &["set", "sshd", "unbanip", "10.0.7.7"])?;
    let conf = long.daemon.config_dir().to_string_lossy().into_owned();
    client(&long.daemon, &["-c", &conf, "reload", "--restart", "sshd"])?;
    until("they are restored", || Ok(banned(&long.daemon, "sshd")?.len() == BANS - 1)).await?;
    assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?);
    long.until_confirmed().await?;
    assert_eq!(long.found("10.0.7.").await?, inside(&long.daemon, "10.0.7.")?);
    Ok(())
}
