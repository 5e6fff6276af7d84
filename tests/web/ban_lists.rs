//! How often fail2ban is asked for a whole list of bans, and that what is shown is true all the same.

use std::error::Error;
use std::time::Duration;

use bangui::demo::{DemoJail, PrivateDaemon};
use futures_util::future::{join, join_all};

use crate::support::between::Between;
use crate::support::site::{Bangui, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

const LIST: &str = "get sshd banip";

/// A daemon, what listens to all that it is asked, and BanGUI behind that.
struct Watched {
    admin: Visitor,
    bangui: Bangui,
    between: Between,
    daemon: PrivateDaemon,
}

impl Watched {
    async fn start(jails: &[DemoJail]) -> Result<Self, Box<dyn Error>> {
        let daemon = PrivateDaemon::start(jails).await?;
        let between = Between::start(daemon.socket())?;
        let bangui = Site::bare(between.socket()).await?;
        Ok(Self { admin: Visitor::admin(bangui.address).await?, bangui, between, daemon })
    }

    /// One jail with these bans, whose list takes fail2ban three seconds from the login on, which reads it.
    async fn slow(jail: DemoJail, bans: &[&str]) -> Result<Self, Box<dyn Error>> {
        let daemon = PrivateDaemon::start(&[jail]).await?;
        client(&daemon, &[&["set", "sshd", "banip"], bans].concat())?;
        until("all are banned", || Ok(banned(&daemon, "sshd")?.len() == bans.len())).await?;
        let between = Between::start(daemon.socket())?;
        between.slow_down(LIST, Duration::from_secs(3));
        let bangui = Site::bare(between.socket()).await?;
        let watched = Self { admin: Visitor::admin(bangui.address).await?, bangui, between, daemon };
        watched.is_true_after(1, "the list is read").await?;
        Ok(watched)
    }

    /// One jail with these bans, each long ago enough that its length is final, and its list read.
    async fn with_bans(jail: DemoJail, bans: &[&str]) -> Result<Self, Box<dyn Error>> {
        let watched = Self::start(&[jail]).await?;
        watched.ban(bans).await?;
        until("no ban is fresh any more", || {
            let list = client(&watched.daemon, &["get", "sshd", "banip", "--with-time"])?;
            let now = jiff::Zoned::now().datetime();
            let since = |line: &str| {
                Some(line.split('\t').nth(1)?.split(" + ").next()?.parse::<jiff::civil::DateTime>())
            };
            let latest = list.lines().filter_map(since).collect::<Result<Vec<_>, _>>()?.into_iter().max();
            Ok(latest.is_some_and(|latest| {
                (now - latest).get_seconds() > 11 || now.duration_since(latest).as_secs() > 11
            }))
        })
        .await?;
        assert_eq!(watched.rows().await?.len(), bans.len());
        assert!(watched.between.number_of(LIST) >= 1);
        watched.between.asked();
        Ok(watched)
    }

    async fn ban(&self, bans: &[&str]) -> TestResult {
        let before = banned(&self.daemon, "sshd")?.len();
        client(&self.daemon, &[&["set", "sshd", "banip"], bans].concat())?;
        until("they are banned", || Ok(banned(&self.daemon, "sshd")?.len() == before + bans.len())).await
    }

    async fn page(&self) -> Result<Answer, Box<dyn Error>> {
        self.admin.get("/jails/sshd").await
    }

    async fn rows(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let mut rows = self.page().await?.rows()?;
        rows.sort();
        Ok(rows)
    }

    /// That the page shows what fail2ban holds, and how often the list was read for that.
    async fn is_true_after(&self, readings: usize, what: &str) -> TestResult {
        let page = self.page().await?;
        let mut rows = page.rows()?;
        rows.sort();
        assert_eq!(rows, banned(&self.daemon, "sshd")?, "{what}");
        let count = page.text("#bans .count")?;
        assert!(rows.is_empty() || count.contains(&format!(" of {} ", rows.len())), "{what}: {count}");
        assert_eq!(self.between.number_of(LIST), readings, "{what}: {:?}", self.between.asked());
        self.between.asked();
        Ok(())
    }
}

fn sshd() -> DemoJail {
    DemoJail::new("sshd", "sshd")
}

#[tokio::test]
async fn what_comes_and_goes_is_shown_without_reading_the_list_again() -> TestResult {
    let watched = Watched::with_bans(sshd(), &["203.0.113.1", "203.0.113.2", "2001:db8::3"]).await?;
    watched.is_true_after(0, "nothing changed").await?;
    watched.admin.submit("/jails/sshd/unban", &[("ip", "203.0.113.2")]).await?;
    watched.is_true_after(0, "an unban from here").await?;
    watched.ban(&["203.0.113.9"]).await?;
    watched.is_true_after(0, "a ban by somebody else").await?;
    watched.ban(&["203.0.113.2", "not-an-address"]).await?;
    watched.is_true_after(0, "a ban of who was here before").await?;
    watched.admin.submit("/jails/sshd/ban", &[("ip", "198.51.100.0/24")]).await?;
    watched.is_true_after(0, "a ban from here").await?;
    watched.admin.submit("/unban", &[("ip", "2001:db8::3")]).await?;
    watched.is_true_after(0, "a quick unban").await?;
    Ok(())
}

#[tokio::test]
async fn a_ban_that_ends_is_gone_without_reading_the_list_again() -> TestResult {
    let ends_soon = DemoJail { ban_time: 14, ..sshd() };
    let watched = Watched::with_bans(ends_soon, &["203.0.113.1"]).await?;
    watched.ban(&["203.0.113.2"]).await?;
    watched.is_true_after(0, "a ban by somebody else").await?;
    until("the first has ended", || Ok(banned(&watched.daemon, "sshd")? == ["203.0.113.2"])).await?;
    watched.is_true_after(0, "the first has ended").await?;
    until("the second has ended", || Ok(banned(&watched.daemon, "sshd")?.is_empty())).await?;
    watched.is_true_after(0, "the second has ended").await
}

#[tokio::test]
async fn what_cannot_be_told_otherwise_is_read() -> TestResult {
    let watched = Watched::with_bans(sshd(), &["203.0.113.1", "203.0.113.2"]).await?;
    client(&watched.daemon, &["set", "sshd", "unbanip", "203.0.113.1"])?;
    watched.is_true_after(1, "an unban by somebody else").await?;
    client(&watched.daemon, &["set", "sshd", "banip", "203.0.113.3"])?;
    client(&watched.daemon, &["set", "sshd", "unbanip", "203.0.113.2"])?;
    until("both is done", || Ok(banned(&watched.daemon, "sshd")? == ["203.0.113.3"])).await?;
    watched.is_true_after(1, "a ban and an unban by somebody else").await?;
    std::fs::rename(watched.daemon.database(), watched.daemon.directory().join("elsewhere"))?;
    watched.ban(&["203.0.113.4"]).await?;
    watched.is_true_after(1, "a ban whose database cannot be read").await
}

#[tokio::test]
async fn a_ban_that_is_counted_and_not_yet_written_is_waited_for() -> TestResult {
    // For as long as a list takes fail2ban, it may take to write a ban.
    let watched = Watched::slow(sshd(), &["203.0.113.1"]).await?;
    watched.ban(&["203.0.113.2"]).await?;
    watched.is_true_after(0, "a ban that the database has, and goes on to have").await?;
    let database = rusqlite::Connection::open(watched.daemon.database())?;
    database.execute_batch("BEGIN IMMEDIATE")?;
    watched.ban(&["203.0.113.3"]).await?;
    watched.between.asked();
    let writing = async {
        until("BanGUI has seen the count", || Ok(watched.between.number_of("status sshd short") > 0)).await?;
        Ok::<_, Box<dyn Error>>(database.execute_batch("COMMIT")?)
    };
    let (page, written) = join(watched.page(), writing).await;
    written?;
    assert_eq!(page?.rows()?, ["203.0.113.3", "203.0.113.2", "203.0.113.1"]);
    assert_eq!(watched.between.number_of(LIST), 0);
    Ok(())
}

#[tokio::test]
async fn a_ban_that_is_counted_and_was_deleted_holds_up_no_unban() -> TestResult {
    // As long as a look may wait for the ban.
    let watched = Watched::slow(sshd(), &["203.0.113.1", "203.0.113.2"]).await?;
    watched.ban(&["203.0.113.3"]).await?;
    client(&watched.daemon, &["set", "sshd", "unbanip", "203.0.113.3"])?;
    watched.between.asked();
    let answer = watched.admin.post("/jails/sshd/unban", &[("ip", "203.0.113.1")]).await?;
    let asked = watched.between.asked();
    let looks = asked.iter().filter(|command| command.starts_with("get dbfile")).count();
    assert_eq!((answer.status, looks), (303, 1), "{asked:?}");
    assert!(!asked.iter().any(|command| command.starts_with(LIST)), "{asked:?}");
    assert_eq!(banned(&watched.daemon, "sshd")?, ["203.0.113.2"]);
    Ok(())
}

#[tokio::test]
async fn in_an_idle_jail_who_was_unbanned_is_gone_and_who_outlived_the_end_is_not() -> TestResult {
    let watched = Watched::slow(DemoJail { ban_time: 20, ..sshd() }, &["203.0.113.1"]).await?;
    client(&watched.daemon, &["set", "sshd", "idle", "on"])?;
    let begun = jiff::Timestamp::now().as_second();
    let seconds = |number| move || Ok(jiff::Timestamp::now().as_second() - begun > number);
    until("the others end later", seconds(9)).await?;
    watched.ban(&["203.0.113.2", "203.0.113.3"]).await?;
    until("the first has ended long ago", seconds(24)).await?;
    assert_eq!(banned(&watched.daemon, "sshd")?.len(), 3, "an idle jail lifts nothing");
    watched.is_true_after(0, "two bans by somebody else").await?;
    client(&watched.daemon, &["set", "sshd", "unbanip", "203.0.113.2"])?;
    watched.is_true_after(1, "an unban by somebody else").await
}

#[tokio::test]
async fn many_who_look_cost_fail2ban_no_more_than_one() -> TestResult {
    let watched = Watched::with_bans(sshd(), &["203.0.113.1"]).await?;
    let poll = || {
        let request = watched.admin.request(reqwest::Method::GET, "/jails/sshd/bans");
        Answer::of(request.header("hx-request", "true").header("x-poll", "1"))
    };
    watched.between.asked();
    let mut one = Vec::new();
    while one.is_empty() {
        poll().await?;
        one = watched.between.asked();
    }
    let begin = std::time::Instant::now();
    for answer in join_all((0..50).map(|_| poll())).await {
        assert_eq!(answer?.rows()?, ["203.0.113.1"]);
    }
    let turns = begin.elapsed().as_secs() / 5 + 1;
    let (many, one) = (watched.between.asked().len() as u64, one.len() as u64);
    assert!(many <= turns * one, "{many} questions in {turns} turns, where one browser has {one} a turn");
    Ok(())
}

#[tokio::test]
async fn who_looks_sees_what_holds_now_however_many_look() -> TestResult {
    let watched = Watched::with_bans(sshd(), &["203.0.113.1"]).await?;
    for number in 2..6 {
        let address = format!("203.0.113.{number}");
        watched.ban(&[&address]).await?;
        for page in join_all((0..20).map(|_| watched.page())).await {
            assert!(page?.rows()?.contains(&address));
        }
    }
    assert_eq!(watched.between.number_of(LIST), 0);
    Ok(())
}

#[tokio::test]
async fn an_unban_waits_for_the_one_list_that_is_being_read_and_for_no_other() -> TestResult {
    let jails = ["sshd", "nginx", "postfix"].map(|name| DemoJail::new(name, "sshd"));
    let watched = Watched::start(&jails).await?;
    for jail in ["sshd", "nginx", "postfix"] {
        client(&watched.daemon, &["set", jail, "banip", "203.0.113.1", "203.0.113.2"])?;
    }
    let (admin, between) = (&watched.admin, &watched.between);
    between.asked();
    // As long as a list of 100,000 bans takes.
    between.slow_down("get sshd banip", Duration::from_secs(1));
    let others = async {
        until("a list is being read", || Ok(between.number_of("get sshd banip") == 1)).await?;
        let looks = join(admin.get("/jails/postfix"), admin.get("/bans"));
        let unban = admin.post("/jails/nginx/unban", &[("ip", "203.0.113.1")]);
        let (looks, unbanned) = join(looks, unban).await;
        assert_eq!(unbanned?.status, 303);
        Ok::<_, Box<dyn Error>>((looks.0?, looks.1?))
    };
    let (looked, others) = join(admin.get("/jails/sshd"), others).await;
    assert_eq!((looked?.rows()?.len(), others?.0.rows()?.len()), (2, 2));
    let asked = between.asked();
    let at = |words: &str| asked.iter().position(|command| command.starts_with(words));
    let unbanned_at = at("set nginx unbanip").ok_or("nothing was unbanned")?;
    let lists = asked.iter().take(unbanned_at).filter(|command| command.contains(" banip")).count();
    assert_eq!(lists, 1, "{:?}", &asked[..=unbanned_at]);
    assert_eq!(admin.get("/jails/nginx").await?.rows()?, ["203.0.113.2"]);
    drop(watched.bangui);
    Ok(())
}
