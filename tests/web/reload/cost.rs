//! What a reload costs is said first, and what it brings is what the files say.

use std::fs;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

use super::{actions, add_action, add_python_action, agree, change, everything, plan_of, work};

const BANS: [&str; 3] = ["198.51.100.0/24", "203.0.113.1", "a-text"];

/// Whether the bans of `sshd` are all there again.
async fn bans_are_back(site: &Site) -> TestResult {
    until("the bans are back", || Ok(banned(&site.daemon, "sshd")? == BANS)).await
}

#[tokio::test]
async fn reload_with_another_action_leaves_the_new_one() -> TestResult {
    let (site, admin) = super::site().await?;
    add_action(&site, "other", "")?;
    let before = everything(&site)?;
    for path in ["/server/reload", "/jails/sshd/reload"] {
        change(&site, "[sshd]\naction = other[name=x]\n")?;
        let picture = work(&admin, path).await?;
        assert!(picture.text("#work h2")?.ends_with("needs your confirmation"), "{}", picture.text("#work")?);
        let line = picture.text("li[data-jail=sshd]")?;
        assert!(
            line.contains("sshd is restarted. A reload alone would leave it without the action “other-x”."),
            "{line}"
        );
        assert!(line.contains("actions: without record, with other-x"), "{line}");
        assert_eq!(everything(&site)?, before, "nothing is done before somebody agrees");
        let picture = agree(&admin, &picture).await?;
        assert!(picture.text("#work h2")?.ends_with("done"), "{}", picture.text("#work")?);
        assert_eq!(actions(&site, "sshd")?, "other-x");
        bans_are_back(&site).await?;
        change(&site, "")?;
        let picture = agree(&admin, &work(&admin, path).await?).await?;
        assert!(picture.text("#work h2")?.ends_with("done"), "{}", picture.text("#work")?);
        assert_eq!(actions(&site, "sshd")?, "record");
        bans_are_back(&site).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_second_action_is_there_after_a_reload() -> TestResult {
    let (site, admin) = super::site().await?;
    add_action(&site, "other", "")?;
    change(&site, "[sshd]\naction = record\n\tother\n")?;
    let picture = agree(&admin, &work(&admin, "/server/reload").await?).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert_eq!(actions(&site, "sshd")?, "record, other");
    bans_are_back(&site).await
}

#[tokio::test]
async fn an_action_that_is_gone_from_the_files_goes_without_a_restart() -> TestResult {
    let (site, admin) = super::site().await?;
    add_action(&site, "other", "")?;
    change(&site, "[sshd]\naction = record\n\tother\n")?;
    agree(&admin, &work(&admin, "/server/reload").await?).await?;
    change(&site, "")?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(picture.text("li[data-jail=sshd]")?.contains("actions: without other"));
    assert_eq!(actions(&site, "sshd")?, "record");
    bans_are_back(&site).await
}

#[tokio::test]
async fn an_option_that_is_gone_from_the_files_is_gone_after_a_reload() -> TestResult {
    let (site, admin) = super::site().await?;
    change(&site, "[web]\nbantime.increment = true\nmaxlines = 3\n")?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert_eq!(client(&site.daemon, &["get", "web", "bantime.increment"])?, "True");
    change(&site, "")?;
    let picture = work(&admin, "/server/reload").await?;
    let line = picture.text("li[data-jail=web]")?;
    assert!(line.contains("would keep its old bantime.increment and would keep its old maxlines"), "{line}");
    assert!(line.contains("bantime.increment: yes → not set") && line.contains("maxlines: 3 → 1"), "{line}");
    agree(&admin, &picture).await?;
    assert_eq!(client(&site.daemon, &["get", "web", "bantime.increment"])?, "None");
    assert_eq!(client(&site.daemon, &["get", "web", "maxlines"])?.lines().last(), Some("1"));
    until("the bans are back", || Ok(banned(&site.daemon, "web")?.len() == 3)).await
}

#[tokio::test]
async fn an_action_in_python_outlives_a_reload() -> TestResult {
    let (site, admin) = super::site().await?;
    add_python_action(&site, "quiet", "self.level = 1")?;
    change(&site, "[sshd]\naction = quiet.py\n")?;
    agree(&admin, &work(&admin, "/server/reload").await?).await?;
    assert_eq!(actions(&site, "sshd")?, "quiet");
    for path in ["/server/reload", "/jails/sshd/reload"] {
        let picture = work(&admin, path).await?;
        assert!(picture.text("#work h2")?.ends_with("done"), "{}", picture.text("#work")?);
        assert_eq!(actions(&site, "sshd")?, "quiet", "{path}");
    }
    change(&site, "[sshd]\naction = quiet.py\nmaxretry = 8\n")?;
    let picture = work(&admin, "/jails/sshd/reload").await?;
    assert!(picture.text("li[data-jail=sshd]")?.contains("its action that is written in Python"));
    agree(&admin, &picture).await?;
    assert_eq!(actions(&site, "sshd")?, "quiet");
    assert_eq!(client(&site.daemon, &["get", "sshd", "maxretry"])?, "8");
    bans_are_back(&site).await
}

#[tokio::test]
async fn a_change_that_the_start_of_an_action_depends_on_restarts_the_jail() -> TestResult {
    let (site, admin) = super::site().await?;
    let rules = site.daemon.directory().join("rules");
    let start = format!("actionstart = echo <port> >> {}\n[Init]\nport = 22", rules.display());
    add_action(&site, "wall", &start)?;
    change(&site, "[sshd]\naction = wall[port=22]\n")?;
    agree(&admin, &work(&admin, "/jails/sshd/reload").await?).await?;
    change(&site, "[sshd]\naction = wall[port=2222]\n")?;
    let picture = work(&admin, "/jails/sshd/reload").await?;
    let line = picture.text("li[data-jail=sshd]")?;
    assert!(line.contains("would not apply the action wall to the firewall"), "{line}");
    assert!(line.contains("port of the action wall: changed") && !line.contains("2222"), "{line}");
    agree(&admin, &picture).await?;
    until("the action was started again", || Ok(fs::read_to_string(&rules)? == "22\n2222\n")).await
}

#[tokio::test]
async fn what_no_file_holds_is_not_lost_unasked() -> TestResult {
    let (site, admin) = super::site().await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "198.51.100.77"])?;
    client(&site.daemon, &["set", "web", "bantime", "77"])?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails needs your confirmation");
    let line = picture.text("li[data-jail=sshd]")?;
    assert!(line.contains("Lost, because it is not saved to a file: ignoreip 198.51.100.77"), "{line}");
    assert!(
        picture
            .text("li[data-jail=web]")?
            .contains("Lost, because it is not saved to a file: bantime 1 min 17 s")
    );
    assert!(client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains("198.51.100.77"));
    let picture = agree(&admin, &picture).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(!client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains("198.51.100.77"));
    assert_eq!(client(&site.daemon, &["get", "web", "bantime"])?, "600");
    Ok(())
}

#[tokio::test]
async fn a_kept_entry_is_put_back_without_a_question() -> TestResult {
    let (site, admin) = super::site().await?;
    let fields = [("ip", "198.51.100.77"), ("keep", "yes"), ("note", "the office")];
    admin.submit("/jails/sshd/ignore", &fields).await?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains("198.51.100.77"));
    assert!(admin.get("/jails").await?.texts("td .badge.broken")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_plan_is_shown_on_a_page_of_its_own_and_changes_nothing() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    for (path, back) in [("/server/reload", "/server"), ("/jails/sshd/reload", "/jails/sshd")] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200);
        assert!(page.text("#plan")?.contains("already match"), "{}", page.text("#plan")?);
        change(&site, "[sshd]\nmaxretry = 9\n")?;
        let page = admin.get(path).await?;
        let line = page.text("#plan li[data-jail=sshd]")?;
        assert_eq!(line, "sshd changes. Its bans are kept. maxmatches: 3 → 9 maxretry: 3 → 9");
        assert_eq!(page.attributes("#plan form", "action")?, [path]);
        assert_eq!(page.attributes("#plan a.button", "href")?, [back]);
        assert_eq!(everything(&site)?, before);
        let plan = plan_of(&page, "#plan")?;
        admin.post(path, &[("plan", &plan)]).await?;
        let picture = super::end_of_work(&admin).await?;
        assert!(picture.text("#work h2")?.ends_with("done"), "{}", picture.text("#work")?);
        assert_eq!(client(&site.daemon, &["get", "sshd", "maxretry"])?, "9");
        change(&site, "")?;
        super::work_agreed(&admin, path).await?;
    }
    change(&site, "[sshd]\nfindtime = soon\n")?;
    let page = admin.get("/server/reload").await?;
    assert!(page.text("#plan [data-broken=sshd]")?.contains("Jail 'sshd', findtime"));
    let page = admin.get("/jails/sshd/reload").await?;
    assert!(page.text("#plan")?.contains("A reload would be refused"));
    assert!(page.text("#plan pre")?.contains("Jail 'sshd', findtime"));
    assert!(page.texts("#plan form")?.is_empty());
    assert_eq!(admin.get("/jails/nope/reload").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_plan_that_has_changed_meanwhile_is_shown_again() -> TestResult {
    let (site, admin) = super::site().await?;
    add_action(&site, "other", "")?;
    change(&site, "[sshd]\naction = other\n")?;
    let picture = work(&admin, "/server/reload").await?;
    change(&site, "[sshd]\naction = other\n[web]\naction = other\n")?;
    let again = agree(&admin, &picture).await?;
    assert_eq!(again.text("#work h2")?, "Reload of all jails needs your confirmation");
    assert!(again.text("#work")?.contains("The plan has changed since."), "{}", again.text("#work")?);
    assert_eq!(actions(&site, "sshd")?, "record");
    assert_ne!(plan_of(&again, "#work")?, plan_of(&picture, "#work")?);
    assert_eq!(agree(&admin, &again).await?.text("#work h2")?, "Reload of all jails done");
    assert_eq!((actions(&site, "sshd")?, actions(&site, "web")?), ("other".into(), "other".into()));
    assert_eq!(admin.post("/server/reload", &[("plan", "zz")]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_restart_of_the_daemon_says_which_jails_go() -> TestResult {
    let (site, admin) = super::site().await?;
    let pid = site.daemon.pid()?;
    change(&site, "[web]\nenabled = false\n")?;
    let picture = work(&admin, "/server/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban needs your confirmation");
    assert!(picture.text("li[data-jail=web]")?.contains("is removed"), "{}", picture.text("#work")?);
    assert_eq!(site.daemon.pid()?, pid);
    assert_eq!(agree(&admin, &picture).await?.text("#work h2")?, "Restart of fail2ban done");
    assert_ne!(site.daemon.pid()?, pid);
    Ok(())
}

#[tokio::test]
async fn without_a_database_it_says_that_bans_are_lost() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    super::change_server(&site, "dbfile = None")?;
    let picture = work(&admin, "/server/restart").await?;
    let said = picture.text("#work")?;
    assert!(picture.text("#work h2")?.ends_with("needs your confirmation"), "{said}");
    agree(&admin, &picture).await?;
    add_action(&site, "other", "")?;
    change(&site, "[sshd]\naction = other\n")?;
    let picture = work(&admin, "/jails/sshd/reload").await?;
    assert!(picture.text("li[data-jail=sshd]")?.contains("Its bans are lost"), "{}", picture.text("#work")?);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_the_files_have_no_more_is_not_shown_as_stopped() -> TestResult {
    let (site, admin) = super::site().await?;
    assert!(admin.get("/jails").await?.texts(".badge.stopped")?.is_empty());
    change(&site, "[web]\nenabled = false\n")?;
    let directory = site.daemon.config_dir().display().to_string();
    client(&site.daemon, &["-c", &directory, "reload"])?;
    let list = admin.get("/jails").await?;
    assert_eq!(list.attributes("tbody tr", "data-jail")?, ["for-ever", "sshd"]);
    assert_eq!(admin.get("/jails/web").await?.status, 404);
    Ok(())
}
