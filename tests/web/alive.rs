//! The head of every page: green only where fail2ban protects.

use std::error::Error;
use std::fs;

use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use futures_util::future::try_join_all;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client, until};
use crate::web::reload::end_of_work;

const EVERY_PAGE: [&str; 11] = [
    "/jails",
    "/protection",
    "/jails/sshd",
    "/bans",
    "/unban",
    "/lookup",
    "/ignores",
    "/server",
    "/audit",
    "/account",
    "/accounts",
];

/// The sign in the head of a page, and its words.
async fn head(admin: &Visitor, path: &str) -> Result<(String, String), Box<dyn Error>> {
    let page = admin.get(path).await?;
    Ok((page.attributes("#daemon", "class")?.concat(), page.text("#daemon")?))
}

/// Waits until the head of every page says `words`, with a sign that is not green.
async fn troubled(admin: &Visitor, words: &str) -> TestResult {
    for path in EVERY_PAGE {
        let (class, said) = head(admin, path).await?;
        assert_eq!((class.as_str(), said.as_str()), ("daemon troubled", words), "{path}");
    }
    Ok(())
}

async fn until_head_says(admin: &Visitor, words: &str) -> TestResult {
    while head(admin, "/account").await?.1 != words {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn two_jails() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    for path in EVERY_PAGE {
        let (class, said) = head(&admin, path).await?;
        assert_eq!(class, "daemon", "{path}");
        assert!(said.starts_with("fail2ban "), "{path}: {said}");
    }
    Ok((site, admin))
}

#[tokio::test]
async fn a_jail_that_was_stopped_or_made_idle_here_is_told_on_every_page() -> TestResult {
    let (site, admin) = two_jails().await?;
    admin.post("/jails/web/idle", &[("on", "true")]).await?;
    troubled(&admin, "1 of 2 jails idle").await?;
    let part = admin.part("/server/state").await?;
    assert_eq!(part.attributes("#daemon.troubled", "role")?, ["status"]);
    admin.post("/jails/web/stop", &[]).await?;
    troubled(&admin, "1 of 2 jails stopped").await?;
    assert_eq!(admin.get("/server").await?.text("h1")?, "fail2ban 1 of 2 jails stopped");
    admin.post("/jails/sshd/stop", &[]).await?;
    assert_eq!(head(&admin, "/audit").await?.1, "No jail is running");
    assert_eq!(admin.get("/healthz").await?.body, "BanGUI ok\n");
    drop(site);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_somebody_else_stopped_is_told_as_soon_as_the_configuration_is_read() -> TestResult {
    let (site, admin) = two_jails().await?;
    client(&site.daemon, &["stop", "web"])?;
    until_head_says(&admin, "1 of 2 jails stopped").await
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_any_more_turns_no_sign_green() -> TestResult {
    let jails = ["sshd", "web", "mail"].map(|name| DemoJail::new(name, "sshd"));
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    client(&site.daemon, &["stop", "web"])?;
    until_head_says(&admin, "1 of 3 jails stopped").await?;
    fs::write(site.daemon.config_dir().join("jail.d/broken.local"), "[sshd\n")?;
    client(&site.daemon, &["stop", "mail"])?;
    while admin.get("/jails").await?.texts("#no-stopped")?.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(head(&admin, "/account").await?.1, "2 of 3 jails stopped");
    Ok(())
}

#[tokio::test]
async fn a_jail_without_a_filter_a_log_or_an_action_is_not_called_running() -> TestResult {
    for (take, words) in [
        (vec!["set", "web", "delaction", "record"], "without an action"),
        (vec!["set", "web", "dellogpath", "LOG"], "without a log"),
        (vec!["set", "web", "delfailregex", "0"], "without a filter"),
    ] {
        let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
        let log = site.daemon.log_file("web").to_string_lossy().into_owned();
        let take: Vec<&str> = take.into_iter().map(|word| if word == "LOG" { &*log } else { word }).collect();
        until("nothing is left", || {
            client(&site.daemon, &take)?;
            let left = match words {
                "without a filter" => client(&site.daemon, &["get", "web", "failregex"])?,
                _ => String::new(),
            };
            Ok(!left.contains("[0]:"))
        })
        .await?;
        let admin = Visitor::admin(site.address).await?;
        troubled(&admin, &format!("1 of 2 jails {words}")).await?;
        let page = admin.get("/jails/web").await?;
        assert_eq!(page.text("#badge")?, words);
        assert!(page.text("#lack")?.contains("Correct its configuration and reload the jail."));
        assert_eq!(admin.get("/jails").await?.texts("tr[data-jail=web] .badge.broken")?, [words]);
        assert_eq!(admin.get("/jails/sshd").await?.text("#badge")?, "running");
    }
    Ok(())
}

#[tokio::test]
async fn the_frame_of_every_page_waits_two_seconds_at_most_for_a_fail2ban_that_hangs() -> TestResult {
    let (site, admin) = two_jails().await?;
    site.daemon.pause()?;
    let pages = EVERY_PAGE.map(async |path| Ok::<_, Box<dyn Error>>((path, admin.get(path).await?)));
    for (path, page) in try_join_all(pages).await? {
        assert_eq!(page.attributes("#daemon", "class")?, ["daemon down"], "{path}");
        assert_eq!(page.text("#daemon")?, "fail2ban does not answer", "{path}");
        if page.status == 200 {
            assert!(["/ignores", "/protection", "/audit", "/account", "/accounts"].contains(&path), "{path}");
        } else {
            let said = page.text(".state p")?;
            assert_eq!(page.status, 504, "{path}");
            assert!(said.contains("did not answer within 2 seconds"), "{path}: {said}");
            assert_eq!(page.attributes("#state", "hx-get")?, [path]);
            assert!(page.texts("#state form")?.is_empty(), "it is not down, so it is not started");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_action_is_not_begun_where_fail2ban_hangs_and_says_so() -> TestResult {
    let (site, admin) = two_jails().await?;
    site.daemon.pause()?;
    let form = [("ip", "203.0.113.9"), ("csrf_token", admin.token.as_str())];
    let request = admin.request(reqwest::Method::POST, "/jails/sshd/ban").header("hx-request", "true");
    let answer = crate::support::visitor::Answer::of(request.form(&form)).await?;
    let said = answer.text("#messages")?;
    assert_eq!(answer.status, 504);
    assert!(said.starts_with("Not done: fail2ban does not answer."), "{said}");
    assert!(!said.contains("not known"), "{said}");
    site.daemon.resume()?;
    until("it goes on", || Ok(client(&site.daemon, &["get", "sshd", "banip"])?.is_empty())).await
}

/// A fail2ban that nobody starts again but the command that BanGUI has for it.
async fn startable() -> Result<Site, Box<dyn Error>> {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let command = vec![
        text(&daemon.client()),
        "-c".to_owned(),
        text(daemon.config_dir()),
        "-s".to_owned(),
        text(daemon.socket()),
        "start".to_owned(),
    ];
    Site::restarted_by(Some(command), daemon, bangui::config::geo::Geo::default()).await
}

#[tokio::test]
async fn a_fail2ban_that_is_down_is_started_from_here_where_a_command_is_configured() -> TestResult {
    let site = startable().await?;
    let admin = Visitor::admin(site.address).await?;
    admin.get("/jails").await?;
    site.daemon.stop().await?;
    let page = admin.get("/bans").await?;
    assert_eq!(page.attributes("#state form", "action")?, ["/server/start"]);
    assert_eq!(page.text("#state form button")?, "Start fail2ban");
    assert_eq!(page.texts("#state .buttons a")?, ["Try again", "Dashboard", "History"]);
    assert_eq!(page.attributes("#state .buttons a", "href")?, ["/bans", "/", "/history"]);
    let dashboard = admin.get("/").await?;
    assert_eq!(dashboard.attributes("#verdict form", "action")?, ["/server/start"]);
    let answer = admin.post("/server/start", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/server"));
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Start of fail2ban done", "{}", picture.text("#work")?);
    assert!(picture.text("#work")?.contains("2 jails are running."));
    assert_eq!(head(&admin, "/audit").await?.0, "daemon");
    let again = admin.submit("/server/start", &[]).await?;
    assert_eq!(again.text("#messages")?, "fail2ban is already running.");
    Ok(())
}

#[tokio::test]
async fn a_start_that_fails_says_why_and_is_offered_again() -> TestResult {
    let site = startable().await?;
    let admin = Visitor::admin(site.address).await?;
    site.daemon.stop().await?;
    std::fs::write(
        site.daemon.config_dir().join("jail.d/broken.local"),
        "[sshd]\nfilter = no-such-filter\n",
    )?;
    admin.post("/server/start", &[]).await?;
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Start of fail2ban refused: the configuration has mistakes");
    let page = admin.get("/server").await?;
    assert!(page.text("#work .output")?.contains("no-such-filter"));
    assert_eq!(page.attributes("#state form", "action")?, ["/server/start"]);
    Ok(())
}

#[tokio::test]
async fn without_a_command_for_it_no_start_is_offered() -> TestResult {
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    assert!(admin.get("/jails").await?.texts("#state form")?.is_empty());
    assert_eq!(admin.post("/server/start", &[]).await?.status, 409);
    Ok(())
}

#[tokio::test]
async fn an_error_leads_to_pages_that_its_reader_may_open() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    site.add_account("vera", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "vera").await?;
    for path in ["/nothing-here", "/jails/nope"] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 404);
        assert_eq!(page.texts("#state .buttons a")?, ["Dashboard", "All jails", "Quick unban"], "{path}");
        let page = viewer.get(path).await?;
        assert_eq!(page.texts("#state .buttons a")?, ["Dashboard", "All jails"], "{path}");
    }
    Ok(())
}
