//! Restarts, over HTTP.

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, processes_naming, protection, until};
use crate::web::reload::{add_action, add_python_action, change, end_of_work, work_agreed};

#[tokio::test]
async fn a_restart_brings_a_new_process_with_the_same_jails_and_bans() -> TestResult {
    let jails = [DemoJail::new("sshd", "sshd"), DemoJail { ban_time: -1, ..DemoJail::new("web", "sshd") }];
    let site = Site::start(&jails).await?;
    for jail in ["sshd", "web"] {
        client(&site.daemon, &["set", jail, "banip", "203.0.113.5", "2001:db8::/32"])?;
        until("both are banned", || Ok(banned(&site.daemon, jail)?.len() == 2)).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    let before = (protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?);
    let pid = site.daemon.pid()?.ok_or("it does not run")?;
    let shown = admin.get("/server").await?.text(".facts")?;
    assert!(shown.contains(&format!("Process{pid}")) || shown.contains(&format!("Process {pid}")), "{shown}");
    let answer = admin.post("/server/restart", &[]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/server"));
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done");
    assert!(picture.text("#work")?.contains("2 jails are running."), "{}", picture.text("#work")?);
    let again = site.daemon.pid()?.ok_or("it does not run again")?;
    assert_ne!(again, pid);
    let mut running = processes_naming(&site.daemon.directory().to_string_lossy())?;
    running.retain(|line| line.contains("fail2ban-server"));
    assert_eq!(running.len(), 1, "{running:?}");
    assert!(admin.get("/server").await?.text(".facts")?.contains(&again.to_string()));
    for jail in ["sshd", "web"] {
        until("the bans are back", || Ok(banned(&site.daemon, jail)? == ["2001:db8::/32", "203.0.113.5"]))
            .await?;
        assert_eq!(
            admin.get(&format!("/jails/{jail}?sort=ip")).await?.rows()?,
            ["203.0.113.5", "2001:db8::/32"]
        );
    }
    assert_eq!((protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?), before);
    Ok(())
}

#[tokio::test]
async fn a_restart_of_what_does_not_run_is_refused() -> TestResult {
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let answer = admin.post("/server/restart", &[]).await?;
    assert_eq!((answer.status, answer.text("h1")?.as_str()), (409, "fail2ban cannot be restarted from here"));
    assert_eq!(admin.post("/server/reload", &[]).await?.status, 502);
    Ok(())
}

/// What an action does that fails in the daemon and in no other process.
const ONLY_IN_THE_DAEMON: &str = "if 'fail2ban-server' in sys.argv[0]: raise RuntimeError('not here')";

#[tokio::test]
async fn what_ran_before_is_back_when_fail2ban_gives_up_at_its_start() -> TestResult {
    let site = Site::in_background(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    for jail in ["sshd", "web"] {
        client(&site.daemon, &["set", jail, "banip", "203.0.113.5"])?;
    }
    let admin = Visitor::admin(site.address).await?;
    admin.get("/jails").await?;
    let before = (protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?);
    add_python_action(&site, "fickle", ONLY_IN_THE_DAEMON)?;
    for jail in ["sshd", "web"] {
        change(&site, &format!("[{jail}]\naction = fickle.py\n"))?;
        let picture = work_agreed(&admin, "/server/restart").await?;
        let said = picture.text("#work")?;
        assert_eq!(picture.text("#work h2")?, "Restart of fail2ban failed", "{jail}: {said}");
        assert!(said.contains("The previous state is restored."), "{jail}: {said}");
        assert!(picture.text("#work pre")?.contains("not here"), "{jail}: {said}");
        assert_eq!((protection(&site.daemon, "sshd")?, protection(&site.daemon, "web")?), before, "{jail}");
        for held in ["sshd", "web"] {
            until("the bans are back", || Ok(banned(&site.daemon, held)? == ["203.0.113.5"])).await?;
        }
        assert!(admin.get("/jails").await?.texts("#lost-jails")?.is_empty(), "{jail}");
    }
    change(&site, "")?;
    let picture = work_agreed(&admin, "/server/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done", "{}", picture.text("#work")?);
    Ok(())
}

#[tokio::test]
async fn jails_that_a_restart_loses_are_named_on_every_page_until_they_are_back() -> TestResult {
    let site = Site::in_background(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    add_python_action(&site, "quiet", "pass")?;
    change(&site, "[sshd]\naction = quiet.py\n")?;
    work_agreed(&admin, "/jails/sshd/reload").await?;
    // What ran can not be started again, and what is new not at all.
    std::fs::remove_file(site.daemon.config_dir().join("action.d/quiet.py"))?;
    add_python_action(&site, "fickle", ONLY_IN_THE_DAEMON)?;
    change(&site, "[sshd]\naction = fickle.py\n")?;
    let picture = work_agreed(&admin, "/server/restart").await?;
    let said = picture.text("#work")?;
    assert!(said.contains("could not restore these jails, so they are gone: sshd."), "{said}");
    assert!(
        client(&site.daemon, &["status", "sshd"]).is_err()
            && client(&site.daemon, &["status", "web"]).is_ok()
    );
    for path in ["/jails", "/jails/web", "/bans", "/unban", "/server", "/lookup", "/audit", "/account"] {
        let note = admin.get(path).await?.text("#lost-jails")?;
        assert!(note.contains("could not restore these jails: sshd."), "{path}: {note}");
    }
    change(&site, "")?;
    let picture = work_agreed(&admin, "/server/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done", "{}", picture.text("#work")?);
    assert!(admin.get("/bans").await?.texts("#lost-jails")?.is_empty());
    Ok(())
}

/// A jail whose action takes long to end, so that the restart does.
#[tokio::test]
async fn while_it_restarts_fail2ban_the_pages_say_so_and_nothing_else_is_begun() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let waits = site.daemon.directory().join("waits");
    let stops = site.daemon.directory().join("stops");
    let until_told = format!(
        "actionstop = touch {}; while test -e {}; do sleep 0.1; done",
        stops.display(),
        waits.display()
    );
    add_action(&site, "slow", &until_told)?;
    change(&site, "[sshd]\naction = slow\n")?;
    let admin = Visitor::admin(site.address).await?;
    work_agreed(&admin, "/jails/sshd/reload").await?;
    std::fs::write(&waits, "")?;
    admin.post("/server/restart", &[]).await?;
    // From here on fail2ban answers nobody, and whoever asks waits.
    until("the action stops", || Ok(stops.exists())).await?;
    // Each may take as long as BanGUI waits for an answer, and fail2ban ends an action after a minute: so at once.
    let pages = tokio::join!(admin.get("/jails/sshd"), admin.get("/unban"), admin.get("/server"));
    for (path, page) in [("/jails/sshd", pages.0?), ("/unban", pages.1?), ("/server", pages.2?)] {
        let said = page.text("main")?;
        assert!([502, 504].contains(&page.status), "{path}: {said}");
        assert_eq!(page.text("h1")?, "fail2ban is being restarted", "{path}");
        assert!(said.contains("admin has been restarting it since "), "{path}: {said}");
        assert!(!page.body.contains("systemctl"), "{path}: {said}");
        assert_eq!(page.text("#daemon")?, "fail2ban is being restarted", "{path}");
    }
    for path in [
        "/server/restart",
        "/server/reload",
        "/jails/sshd/reload",
        "/jails/sshd/start",
        "/jails/sshd/restart",
        "/jails/sshd/stop",
    ] {
        let answer = admin.post(path, &[]).await?;
        let title = answer.text("h1")?;
        let titles = ["A reload or restart is in progress", "fail2ban is being restarted"];
        assert!(
            answer.status == 409 && titles.contains(&title.as_str()),
            "{path}: {} {title}",
            answer.status
        );
    }
    std::fs::remove_file(&waits)?;
    let picture = end_of_work(&admin).await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban done", "{}", picture.text("#work")?);
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok(())
}
