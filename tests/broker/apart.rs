//! The web server's user has access to nothing of fail2ban, and everything works all the same.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use bangui::demo::DemoJail;
use bangui::web::access::{Access, Route};
use bangui::web::routes::ROUTES;
use jiff::Zoned;
use tokio::time::{Duration, Instant, sleep};

use crate::broker::pair::Pair;
use crate::broker::people::{WEB, cat, run, said};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, protection, until};

async fn pair() -> Result<(Pair, Visitor), Box<dyn Error>> {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("mail", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    Ok((pair, admin))
}

#[tokio::test]
async fn the_web_servers_user_is_denied_socket_database_and_configuration() -> TestResult {
    let (pair, _) = pair().await?;
    let configuration = pair.daemon.config_dir().join("jail.local");
    for file in [pair.daemon.database(), &configuration] {
        assert!(cat(0, file)?.status.success(), "{} is there", file.display());
        let denied = cat(WEB, file)?;
        assert!(!denied.status.success() && said(&denied).contains("Permission denied"), "{}", said(&denied));
    }
    let socket = pair.daemon.socket().to_string_lossy().into_owned();
    let arguments = ["check", "--database", "/nowhere/at/all", "--fail2ban-socket", &socket];
    let as_root = said(&run(0, &pair.program, &arguments)?);
    assert!(as_root.contains("answers"), "{as_root}");
    let as_web = said(&run(WEB, &pair.program, &arguments)?);
    assert!(as_web.contains(&format!("FAIL  socket: permission denied on {socket}")), "{as_web}");
    Ok(())
}

/// The routes of the table that have to do with fail2ban: accounts and places are the web server's own.
/// Forms that ask, close a result or log out.
const OF_BANGUI_ALONE: [&str; 5] =
    ["/logout", "/bans/networks", "/bans/work/dismiss", "/server/work/dismiss", "/timed-bans/end"];

fn of_fail2ban(method: &str) -> impl Iterator<Item = &'static Route> {
    let own =
        |path: &str| ["/account", "/geo", "/lookup/", "/preferences"].iter().any(|own| path.starts_with(own));
    ROUTES
        .iter()
        .filter(move |route| route.method == method && route.access != Access::Public && !own(route.path))
}

#[tokio::test]
async fn every_page_comes_through_the_broker() -> TestResult {
    let (pair, admin) = pair().await?;
    let mut seen = 0;
    for route in of_fail2ban("GET") {
        let path = route.path.replace("{jail}", "sshd");
        let path = if path == "/lookup" { "/lookup?ip=203.0.113.5".to_owned() } else { path };
        let page = admin.get(&path).await?;
        // Without a form that waits for a proof, that page leads on.
        let leads_on = page.location() == "/jails" || path == "/confirm";
        assert!(page.status == 200 || leads_on, "{path}: {}", page.status);
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
    let jail = admin.get("/jails/sshd").await?;
    assert!(jail.body.contains("sshd.log") && jail.body.contains("Failed"), "{}", jail.body);
    assert!(!pair.web_log()?.contains("WARN"), "{}", pair.web_log()?);
    Ok(())
}

/// Sends forms, and remembers to which routes.
struct Doing<'a> {
    admin: &'a Visitor,
    done: BTreeSet<&'static str>,
}

impl Doing<'_> {
    /// Sends a form to `route` with `sshd` for its jail; the page that it leads to.
    async fn submit(
        &mut self,
        route: &'static str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, Box<dyn Error>> {
        self.done.insert(route);
        let answer = self.admin.submit(&route.replace("{jail}", "sshd"), fields).await?;
        assert_eq!(answer.status, 200, "{route}: {}", answer.text("main")?);
        Ok(answer)
    }

    /// Tries a filter, which leads to no other page; what it finds.
    async fn try_filter(&mut self) -> Result<String, Box<dyn Error>> {
        self.done.insert("/jails/{jail}/filter");
        let line = "Nov 28 12:00:00 h sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2";
        let answer = self.admin.post("/jails/sshd/filter", &[("lines", "pasted"), ("text", line)]).await?;
        assert_eq!(answer.status, 200, "{}", answer.text("main")?);
        answer.text("#matched")
    }

    /// The same with work that goes on after the answer: agrees to what it costs, and waits for its end.
    async fn work(&mut self, route: &'static str, title: &str) -> TestResult {
        self.begin(route, &[]).await?;
        let mut picture = self.end_of_work().await?;
        let plan = picture.attributes("#work form input[name=plan]", "value")?.concat();
        if !plan.is_empty() {
            self.begin(route, &[("plan", &plan)]).await?;
            picture = self.end_of_work().await?;
        }
        assert!(picture.body.contains(title), "{}", picture.text("#work")?);
        Ok(())
    }

    /// Sends a form that begins work; the page that it leads to may come while fail2ban is away.
    async fn begin(&mut self, route: &'static str, fields: &[(&str, &str)]) -> TestResult {
        self.done.insert(route);
        let answer = self.admin.post(&route.replace("{jail}", "sshd"), fields).await?;
        assert_eq!(answer.status, 303, "{route}: {}", answer.text("main")?);
        Ok(())
    }

    async fn end_of_work(&self) -> Result<Answer, Box<dyn Error>> {
        let begin = Instant::now();
        loop {
            let picture = self.admin.part("/server/work").await?;
            if picture.attributes("[hx-get]", "hx-get")?.is_empty() {
                return Ok(picture);
            }
            if begin.elapsed() > Duration::from_mins(2) {
                return Err(format!("it did not end: {}", picture.text("#work")?).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn every_action_works_through_the_broker() -> TestResult {
    let (pair, admin) = pair().await?;
    do_everything(&pair, &admin).await?;
    let page = admin.get("/audit/broker").await?;
    let alone: Vec<_> = page.attributes("tr[data-explained=false]", "data-operation")?;
    assert!(alone.is_empty(), "not in the audit: {alone:?}\n{}", page.text("main")?);
    let claimed: Vec<_> = page.attributes("tr[data-action]", "data-action")?;
    assert!(claimed.is_empty(), "in the audit alone: {claimed:?}\n{}", page.text("main")?);
    Ok(())
}

/// Does everything once that a page can do with fail2ban.
pub async fn do_everything(pair: &Pair, admin: &Visitor) -> TestResult {
    let mut doing = Doing { admin, done: BTreeSet::new() };
    bans(pair, &mut doing).await?;
    ignore_lists(pair, &mut doing).await?;
    jails(pair, &mut doing).await?;
    server(pair, &mut doing).await?;
    doing.submit("/protection", &[]).await?;
    let missed: Vec<_> = of_fail2ban("POST")
        .map(|route| route.path)
        .filter(|path| !doing.done.contains(path) && !OF_BANGUI_ALONE.contains(path))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
    Ok(())
}

async fn bans(pair: &Pair, doing: &mut Doing<'_>) -> TestResult {
    let becomes = async |expected: &[&str]| {
        until(&format!("sshd holds {expected:?}"), || Ok(banned(&pair.daemon, "sshd")? == expected)).await
    };
    doing.submit("/jails/{jail}/ban", &[("ip", "203.0.113.5 203.0.113.6 203.0.113.7")]).await?;
    becomes(&["203.0.113.5", "203.0.113.6", "203.0.113.7"]).await?;
    doing.submit("/jails/{jail}/unban", &[("ip", "203.0.113.5")]).await?;
    becomes(&["203.0.113.6", "203.0.113.7"]).await?;
    doing.submit("/unban", &[("ip", "203.0.113.6")]).await?;
    becomes(&["203.0.113.7"]).await?;
    doing.submit("/bans/unban", &[("one", "sshd/203.0.113.7")]).await?;
    becomes(&[]).await?;
    doing.submit("/bans/again", &[("ban", "sshd/203.0.113.7"), ("next", "/bans")]).await?;
    becomes(&["203.0.113.7"]).await?;
    // A text that is no address, as only fail2ban itself bans it.
    client(&pair.daemon, &["set", "sshd", "banip", "not-an-ip"])?;
    doing.submit("/unban-all", &[("word", "UNBAN ALL")]).await?;
    becomes(&[]).await
}

async fn ignore_lists(pair: &Pair, doing: &mut Doing<'_>) -> TestResult {
    let list = || client(&pair.daemon, &["get", "sshd", "ignoreip"]);
    let keep = [("ip", "198.51.100.9"), ("keep", "yes"), ("note", "the office"), ("confirmed", "yes")];
    doing.submit("/jails/{jail}/ignore", &keep).await?;
    assert!(list()?.contains("198.51.100.9"));
    client(&pair.daemon, &["set", "sshd", "delignoreip", "198.51.100.9"])?;
    doing.admin.get("/jails/sshd").await?;
    assert!(list()?.contains("198.51.100.9"), "it is kept");
    doing.submit("/jails/{jail}/ignore/unkeep", &[("ip", "198.51.100.9")]).await?;
    doing.submit("/jails/{jail}/ignore/remove", &[("ip", "198.51.100.9"), ("confirmed", "yes")]).await?;
    assert!(!list()?.contains("198.51.100.9"));
    let everywhere = [("ip", "198.51.100.10"), ("confirmed", "yes")];
    doing.submit("/ignores", &everywhere).await?;
    assert!(list()?.contains("198.51.100.10"));
    doing.submit("/ignores/remove", &everywhere).await?;
    assert!(!list()?.contains("198.51.100.10"));
    let confirmed = [("on", "false"), ("confirmed", "127.0.0.0/8"), ("confirmed", "::1")];
    doing.submit("/jails/{jail}/ignore-self", &confirmed).await?;
    assert_eq!(client(&pair.daemon, &["get", "sshd", "ignoreself"])?, "False");
    Ok(())
}

async fn jails(pair: &Pair, doing: &mut Doing<'_>) -> TestResult {
    doing.work("/jails/{jail}/reload", "Reload of sshd done").await?;
    let before = protection(&pair.daemon, "sshd")?;
    let revealed = doing.submit("/jails/{jail}/actions/reveal", &[("action", "record")]).await?;
    assert!(revealed.text("main")?.contains("actionban"), "{}", revealed.text("main")?);
    let tried = doing.try_filter().await?;
    assert!(tried.contains("203.0.113.9"), "{tried}");
    let page = doing.submit("/jails/{jail}/idle", &[("on", "true")]).await?;
    assert!(page.body.contains("idle"), "{}", page.text("main")?);
    doing.submit("/jails/{jail}/stop", &[]).await?;
    assert!(!client(&pair.daemon, &["status"])?.contains("sshd"));
    doing.work("/jails/{jail}/start", "Start of sshd done").await?;
    doing.work("/jails/{jail}/restart", "Restart of sshd done").await?;
    assert_eq!(protection(&pair.daemon, "sshd")?, before);
    Ok(())
}

async fn server(pair: &Pair, doing: &mut Doing<'_>) -> TestResult {
    let settings = [("loglevel", "DEBUG"), ("dbpurgeage", "172800"), ("dbmaxmatches", "3")];
    doing.submit("/server/settings", &settings).await?;
    for (setting, value) in settings {
        assert!(client(&pair.daemon, &["get", setting])?.contains(value), "{setting}");
    }
    doing.submit("/server/flush-logs", &[]).await?;
    doing.work("/server/reload", "Reload of all jails done").await?;
    let before = pair.daemon.pid()?;
    doing.work("/server/restart", "Restart of fail2ban done").await?;
    assert_ne!(pair.daemon.pid()?, before);
    doing.begin("/server/start", &[]).await?; // it runs
    Ok(())
}

#[tokio::test]
async fn a_look_up_tells_through_the_broker_why_an_address_was_banned() -> TestResult {
    let (pair, admin) = pair().await?;
    let time = Zoned::now().strftime("%b %e %H:%M:%S").to_string();
    let line = format!(
        "{time} web1 sshd[4711]: Failed password for invalid user eve from 203.0.113.9 port 22 ssh2\n"
    );
    fs::write(pair.daemon.log_file("sshd"), line.repeat(3))?;
    let begin = Instant::now();
    loop {
        let page = admin.get("/lookup?ip=203.0.113.9").await?;
        if page.text("[aria-labelledby=history]")?.contains("Failed password for invalid user eve") {
            return Ok(());
        }
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("the look-up never told why: {}", page.text("main")?).into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}
