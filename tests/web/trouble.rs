//! When fail2ban is not there: what each page says, and that it comes back by itself.

use std::error::Error;

use bangui::demo::DemoJail;
use futures_util::future::try_join_all;
use tokio::time::{Duration, Instant, sleep};

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// Every page that shows the daemon.
const PAGES: [&str; 4] = ["/jails", "/jails/sshd?q=x", "/unban", "/server"];
/// Every part of a page that shows the daemon, and where htmx puts it.
const PARTS: [(&str, &str); 2] = [("/jails/table", "section#jails"), ("/jails/sshd/bans", "section#bans")];

/// The page says `title` and what to do, and asks again by itself.
async fn page_says(admin: &Visitor, path: &str, status: u16, title: &str) -> TestResult {
    let page = admin.get(path).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (status, title), "{path}");
    assert!(!page.text(".state p")?.is_empty() && !page.text(".todo")?.is_empty(), "{path}");
    assert_eq!(page.header("retry-after"), "3", "{path}");
    assert_eq!(page.attributes("#state", "hx-get")?, [path]);
    assert_eq!(page.text("#daemon")?, title, "{path}");
    assert_eq!(page.texts("header nav a")?.len(), 10, "{path}: the way to other pages is open");
    assert!(!page.body.contains(".sock") && !page.body.contains("os error"), "{path}: {}", page.body);
    Ok(())
}

/// The part of a page says so as well, in its own place.
async fn part_says(admin: &Visitor, path: &str, target: &str, status: u16, title: &str) -> TestResult {
    let request = admin.request(reqwest::Method::GET, path).header("hx-request", "true");
    let part = Answer::of(request.header("hx-target", target)).await?;
    assert_eq!((part.status, part.text("h1")?.as_str()), (status, title), "{path}");
    assert_eq!(part.attributes("section.state", "hx-get")?, [path]);
    assert_eq!(part.attributes("section.state", "id")?.concat(), target.trim_start_matches("section#"));
    assert!(!part.body.contains("<html"), "{path}");
    Ok(())
}

/// All of them say so, one after another; the picture of the work comes all the same.
async fn all_say(admin: &Visitor, status: u16, title: &str) -> TestResult {
    for path in PAGES {
        page_says(admin, path, status, title).await?;
    }
    for (path, target) in PARTS {
        part_says(admin, path, target, status, title).await?;
    }
    assert_eq!(admin.get("/server/work").await?.status, 200);
    Ok(())
}

/// Asks until every page comes again.
async fn all_come_again(admin: &Visitor) -> TestResult {
    let begin = Instant::now();
    for path in ["/jails", "/jails/sshd", "/unban", "/server", "/jails/table", "/jails/sshd/bans"] {
        while admin.get(path).await?.status != 200 {
            if begin.elapsed() > Duration::from_mins(1) {
                return Err(format!("{path} did not come back").into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok((site, admin))
}

#[tokio::test]
async fn a_missing_socket_is_told_as_not_running_until_it_is_there() -> TestResult {
    let (site, admin) = site().await?;
    site.daemon.stop().await?;
    all_say(&admin, 502, "fail2ban is not running").await?;
    assert_eq!(admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?.status, 502);
    assert_eq!(admin.post("/unban", &[("ip", "203.0.113.5")]).await?.status, 502);
    site.daemon.start_again().await?;
    all_come_again(&admin).await?;
    until("fail2ban has its bans back", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
    assert_eq!(admin.get("/jails/sshd").await?.rows()?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_is_told_as_stopped_until_it_is_back() -> TestResult {
    let (site, admin) = site().await?;
    site.daemon.kill()?;
    all_say(&admin, 502, "fail2ban has stopped").await?;
    site.daemon.start_again().await?;
    all_come_again(&admin).await
}

#[tokio::test]
async fn a_paused_daemon_is_told_as_not_answering_until_it_goes_on() -> TestResult {
    let (site, admin) = site().await?;
    site.daemon.pause()?;
    let title = "fail2ban does not answer";
    // Together, since each waits for the deadline.
    let pages = try_join_all(PAGES.map(|path| page_says(&admin, path, 504, title)));
    let parts = try_join_all(PARTS.map(|(path, target)| part_says(&admin, path, target, 504, title)));
    tokio::try_join!(pages, parts)?;
    site.daemon.resume()?;
    all_come_again(&admin).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn a_page_that_is_waiting_when_the_daemon_is_killed_says_so_and_then_recovers() -> TestResult {
    let (site, admin) = site().await?;
    site.daemon.supervise();
    site.daemon.pause()?;
    let waiting = admin.get("/jails");
    let killed = async {
        // A stranger's page needs no daemon: when it is here, the other has begun to wait.
        Visitor::stranger(site.address).await?;
        Ok::<_, Box<dyn Error>>(site.daemon.kill()?)
    };
    let (page, killed) = tokio::join!(waiting, killed);
    killed?;
    let page = page?;
    assert_eq!(page.status, 502);
    let title = page.text("h1")?;
    let known = ["The connection to fail2ban was lost", "fail2ban has stopped", "fail2ban is not running"];
    assert!(known.contains(&title.as_str()), "{title}");
    all_come_again(&admin).await
}

#[tokio::test]
async fn what_is_no_fail2ban_is_told_as_unreadable() -> TestResult {
    let garbage: [fn(&[&str]) -> Reply; 4] = [
        |_| Reply::bytes(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
        |_| Reply::bytes(b"\x80\x04garbage<F2B_END_COMMAND>"),
        |_| Reply::payload(["a", "list", "as", "version"]),
        // 52 bytes that would fill the memory.
        |_| Reply::bytes(&[b"\x80\x04]".as_slice(), &b"2\x86".repeat(24), b".<F2B_END_COMMAND>"].concat()),
    ];
    for answer in garbage {
        let fake = FakeDaemon::start(answer)?;
        let bangui = Site::bare(fake.socket()).await?;
        let admin = Visitor::admin(bangui.address).await?;
        all_say(&admin, 502, "fail2ban's answer could not be read").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_told_as_such() -> TestResult {
    let fake = FakeDaemon::start(|_| Reply::cut_off())?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    all_say(&admin, 502, "The connection to fail2ban was lost").await
}

#[tokio::test]
async fn the_page_needs_no_daemon_to_log_in_or_out() -> TestResult {
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    assert_eq!(admin.get("/healthz").await?.body.trim(), "BanGUI ok");
    assert_eq!(admin.post("/logout", &[]).await?.status, 303);
    assert_eq!(admin.get("/jails").await?.location(), "/login?next=%2Fjails");
    Ok(())
}
