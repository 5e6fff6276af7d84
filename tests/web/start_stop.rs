//! Starting, stopping and restarting one jail, over HTTP.

use std::error::Error;
use std::fs;

use bangui::demo::DemoJail;
use reqwest::Method;

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, protection, until};
use crate::web::reload::end_of_work;

const BANS: [&str; 3] = ["198.51.100.0/24", "2001:db8::5", "203.0.113.5"];

/// `sshd`, with three bans, and `web`.
async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let sshd = DemoJail::new("sshd", "sshd[mode=aggressive]")
        .with("ignoreip", "192.0.2.0/24 2001:db8:9::/48")
        .with("ignoreregex", "^healthcheck from <HOST>");
    let site = Site::start(&[sshd, DemoJail::new("web", "nginx-http-auth")]).await?;
    client(&site.daemon, &[&["set", "sshd", "banip"], BANS.as_slice()].concat())?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")? == BANS)).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

fn runs(site: &Site, jail: &str) -> bool {
    client(&site.daemon, &["status", jail]).is_ok()
}

#[tokio::test]
async fn before_a_jail_is_stopped_the_page_says_what_that_does() -> TestResult {
    let (site, admin) = site().await?;
    let link = admin.get("/jails/sshd").await?.attributes("#actions a.danger", "href")?;
    let page = admin.get(&link.concat()).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (200, "Stop sshd?"));
    let text = page.text("main")?;
    assert!(text.contains("sshd will stop reading its log"), "{text}");
    assert!(
        text.contains("Its 3 bans are lifted immediately. fail2ban keeps them in its database"),
        "{text}"
    );
    assert_eq!(page.attributes("main form", "action")?, ["/jails/sshd/stop"]);
    assert!(runs(&site, "sshd"));
    assert!(admin.get("/jails/web/stop").await?.text("main")?.contains("It has no bans now."));
    Ok(())
}

/// One jail with three bans, and no database.
fn without_database(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 1), ("Jail list", "sshd"))),
        ["status", "sshd", "short"] => {
            let files = ("File list", vec!["/var/log/x"]);
            Reply::payload((
                ("Filter", (("Currently failed", 0), ("Total failed", 0), files)),
                ("Actions", (("Currently banned", 3), ("Total banned", 3))),
            ))
        }
        ["get", "dbfile"] => Reply::payload(()),
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn a_fail2ban_without_a_database_is_said_to_forget_the_bans() -> TestResult {
    let fake = FakeDaemon::start(without_database)?;
    let bangui = Site::bare(fake.socket()).await?;
    let text = Visitor::admin(bangui.address).await?.get("/jails/sshd/stop").await?.text("main")?;
    assert!(text.contains("Its 3 bans are lifted immediately and will not come back"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_stopped_jail_stays_in_the_list_and_start_brings_all_of_it_back() -> TestResult {
    let (site, admin) = site().await?;
    let before = protection(&site.daemon, "sshd")?;
    assert!(before.concat().contains("record") && before.concat().contains("192.0.2.0/24"));
    let page = admin.submit("/jails/sshd/stop", &[]).await?;
    assert!(!runs(&site, "sshd") && runs(&site, "web"));
    let lifted = fs::read_to_string(site.daemon.action_log())?;
    assert!(BANS.iter().all(|ban| lifted.contains(&format!("unban sshd {ban}"))), "{lifted}");
    assert_eq!((page.status, page.text("#messages")?.as_str()), (200, "sshd is stopped."));
    assert_eq!(page.text("h1")?, "sshd stopped");
    assert_eq!(page.attributes("#stopped form", "action")?, ["/jails/sshd/start"]);

    let list = admin.get("/jails").await?;
    assert_eq!(list.texts("tr[data-jail=sshd] .badge")?, ["stopped"]);
    assert!(list.cells("data-jail")?["sshd"].values().all(|cell| cell == "–"));
    assert_eq!(list.attributes("tr[data-jail=sshd] button", "formaction")?, ["/jails/sshd/start"]);
    assert_eq!(list.text("#sum")?, "0 bans in 1 jail. 1 jail is stopped. Problems first");

    let answer = admin.post("/jails/sshd/start", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/jails/sshd"));
    assert_eq!(end_of_work(&admin).await?.text("#work h2")?, "Start of sshd done");
    assert_eq!(protection(&site.daemon, "sshd")?, before);
    until("the bans are back", || Ok(banned(&site.daemon, "sshd")? == BANS)).await?;
    let page = admin.get("/jails/sshd?sort=ip").await?;
    assert_eq!((page.text("#badge")?.as_str(), page.rows()?.len()), ("running", 3));
    assert!(admin.get("/jails").await?.texts(".badge.stopped")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn stopping_a_stopped_jail_and_starting_a_running_one_are_no_errors() -> TestResult {
    let (site, admin) = site().await?;
    assert_eq!(admin.submit("/jails/web/start", &[]).await?.text("#messages")?, "web is already running.");
    admin.submit("/jails/sshd/stop", &[]).await?;
    let again = admin.submit("/jails/sshd/stop", &[]).await?;
    assert_eq!((again.status, again.text("#messages")?.as_str()), (200, "sshd was already stopped."));
    let question = admin.get("/jails/sshd/stop").await?;
    assert_eq!((question.status, question.location()), (303, "/jails/sshd"));
    assert!(runs(&site, "web"));
    Ok(())
}

#[tokio::test]
async fn the_last_jail_can_be_stopped_and_started() -> TestResult {
    let site = Site::start(&[DemoJail::new("a jail/<x>", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let path = "/jails/a%20jail%2F%3Cx%3E";
    assert_eq!(admin.submit(&format!("{path}/stop"), &[]).await?.status, 200);
    assert_eq!(admin.get("/server").await?.text("h1")?, "fail2ban running without a jail");
    let list = admin.get("/jails").await?;
    assert_eq!(list.attributes("tbody tr", "data-jail")?, ["a jail/<x>"]);
    admin.post(&list.attributes("tbody button", "formaction")?.concat(), &[]).await?;
    end_of_work(&admin).await?;
    assert!(runs(&site, "a jail/<x>"));
    assert_eq!(admin.get(path).await?.text("#badge")?, "running");
    Ok(())
}

#[tokio::test]
async fn a_restart_of_one_jail_leaves_it_with_all_that_it_had() -> TestResult {
    let (site, admin) = site().await?;
    let before = protection(&site.daemon, "sshd")?;
    let other = fs::read_to_string(site.daemon.action_log())?;
    let answer = admin.post("/jails/sshd/restart", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/jails/sshd"));
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Restart of sshd done");
    assert_eq!(protection(&site.daemon, "sshd")?, before);
    until("the bans are back", || Ok(banned(&site.daemon, "sshd")? == BANS)).await?;
    let log = fs::read_to_string(site.daemon.action_log())?;
    let since = log.strip_prefix(&other).unwrap_or(&log);
    assert!(since.contains("unban sshd 203.0.113.5"), "it was no restart: {since}");
    Ok(())
}

#[tokio::test]
async fn a_broken_configuration_keeps_a_stopped_jail_stopped_and_says_why() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit("/jails/sshd/stop", &[]).await?;
    fs::write(site.daemon.config_dir().join("jail.d/more.local"), "[sshd]\nfilter = no-such-filter\n")?;
    let answer = admin.post("/jails/sshd/start", &[]).await?;
    assert_eq!(answer.status, 303);
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Start of sshd refused: the configuration has mistakes");
    assert!(picture.text("#work pre")?.contains("no-such-filter"));
    assert!(!runs(&site, "sshd") && runs(&site, "web"));
    Ok(())
}

#[tokio::test]
async fn without_a_configuration_the_list_says_that_stopped_jails_are_not_known() -> TestResult {
    let (site, _) = site().await?;
    let bangui = Site::bare(site.daemon.socket().to_owned()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let list = admin.get("/jails").await?;
    assert_eq!(list.attributes("tbody tr", "data-jail")?, ["sshd", "web"]);
    assert_eq!(
        list.text("#no-stopped")?,
        "Whether jails are stopped is unknown: fail2ban-client cannot read the configuration."
    );
    assert!(Visitor::admin(site.address).await?.get("/jails").await?.texts("#no-stopped")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_jail_that_nobody_has_is_not_found_by_any_of_these() -> TestResult {
    let (_site, admin) = site().await?;
    for path in ["start", "stop", "idle", "restart"] {
        let answer = admin.post(&format!("/jails/nope/{path}"), &[("on", "true")]).await?;
        assert_eq!((answer.status, answer.text("h1")?.as_str()), (404, "There is no such jail"), "{path}");
    }
    assert_eq!(admin.get("/jails/nope/stop").await?.status, 404);
    assert_eq!(admin.get("/jails/nope").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn htmx_gets_the_picture_of_a_start_and_of_a_restart() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit("/jails/web/stop", &[]).await?;
    for path in ["/jails/web/start", "/jails/sshd/restart"] {
        let request = admin.request(Method::POST, path).header("hx-request", "true");
        let answer = Answer::of(request.form(&[("csrf_token", admin.token.as_str())])).await?;
        assert_eq!((answer.status, answer.texts("#work")?.len()), (200, 1), "{path}");
        end_of_work(&admin).await?;
    }
    assert!(runs(&site, "web") && runs(&site, "sshd"));
    Ok(())
}

#[tokio::test]
async fn a_jail_that_the_configuration_no_longer_has_is_said_to_be_lost_before_and_after_its_stop()
-> TestResult {
    let (site, admin) = site().await?;
    let file = site.daemon.config_dir().join("jail.local");
    let written = fs::read_to_string(&file)?;
    let end = written.find("[web]").ok_or("no section")?;
    fs::write(&file, &written[..end])?;
    let before = admin.get("/jails/web/stop").await?.text("main")?;
    let why = "It cannot be started again from here: the configuration that BanGUI reads does not enable it.";
    assert!(before.contains(why) && !before.contains("until you start it here"), "{before}");
    let page = admin.submit("/jails/web/stop", &[]).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (200, "web stopped"));
    let said = page.text("#messages")?;
    assert!(said.contains("web is stopped.") && said.contains(why), "{said}");
    let shown = page.text("#stopped")?;
    assert!(shown.contains("admin stopped it") && shown.contains("does not enable it"), "{shown}");
    assert!(page.texts("#stopped form")?.is_empty(), "{shown}");
    assert_eq!(admin.get("/jails/web").await?.status, 200);
    let list = admin.get("/jails").await?;
    assert_eq!(list.texts("tr[data-jail=web] .badge")?, ["stopped"]);
    let row = list.text("tr[data-jail=web] .name")?;
    assert!(row.contains("by admin, and not in the configuration that BanGUI reads"), "{row}");
    assert!(list.texts("tr[data-jail=web] button")?.is_empty());
    assert_eq!(list.text("#sum")?, "3 bans in 1 jail. 1 jail is stopped. Problems first");
    let start = admin.post("/jails/web/start", &[]).await?;
    assert_eq!(start.status, 409);
    assert!(start.text("main")?.contains("does not enable it"), "{}", start.text("main")?);

    fs::write(&file, &written)?;
    admin.post("/jails/web/start", &[]).await?;
    assert_eq!(end_of_work(&admin).await?.text("#work h2")?, "Start of web done");
    assert!(admin.get("/jails").await?.texts("tr[data-jail=web] .badge")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn without_a_configuration_a_stop_says_that_there_is_no_way_back_from_here() -> TestResult {
    let (site, _) = site().await?;
    let bangui = Site::bare(site.daemon.socket().to_owned()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let why = "It cannot be started again from here: fail2ban-client cannot read the configuration.";
    let before = admin.get("/jails/web/stop").await?.text("main")?;
    assert!(before.contains(why), "{before}");
    let page = admin.submit("/jails/web/stop", &[]).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (200, "web stopped"));
    assert!(page.text("#messages")?.contains(why), "{}", page.text("#messages")?);
    let row = admin.get("/jails").await?.text("tr[data-jail=web] .name")?;
    assert!(row.contains("stopped") && row.contains("by admin"), "{row}");
    Ok(())
}

#[tokio::test]
async fn a_client_of_another_version_is_said_before_a_stop() -> TestResult {
    let old = |words: &[&str]| match words {
        ["version"] => Reply::payload("0.1.2"),
        words => without_database(words),
    };
    let fake = FakeDaemon::start(old)?;
    let bangui = Site::bare(fake.socket()).await?;
    let text = Visitor::admin(bangui.address).await?.get("/jails/sshd/stop").await?.text("main")?;
    assert!(text.contains("It cannot be started again from here: fail2ban-client is"), "{text}");
    assert!(text.contains("but the running daemon is 0.1.2."), "{text}");
    Ok(())
}
