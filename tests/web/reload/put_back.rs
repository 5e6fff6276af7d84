//! Where fail2ban gives up in the middle all the same, what ran before is put back.

use std::fs;

use super::{actions, add_python_action, agree, change, everything, work, work_agreed};
use crate::support::{TestResult, client, until};

/// Raises in the daemon's process and in no other.
const ONLY_IN_THE_DAEMON: &str = "\tif 'fail2ban-server' in sys.argv[0]: raise RuntimeError('not here')";

/// The same as a statement of a constructor.
fn only_in_the_daemon() -> &'static str {
    ONLY_IN_THE_DAEMON.trim_start()
}

#[tokio::test]
async fn what_ran_before_is_back_when_fail2ban_gives_up_in_the_middle() -> TestResult {
    let (site, admin) = super::site().await?;
    // With this the configuration has surely been read as it runs.
    admin.get("/jails").await?;
    let before = everything(&site)?;
    add_python_action(&site, "fickle", only_in_the_daemon())?;
    let log = site.daemon.log_file("web").display().to_string();
    for text in [
        // A jail that is new, one that is changed, and all of them.
        format!("[new]\nenabled = true\nfilter = sshd\nlogpath = {log}\naction = fickle.py\n"),
        "[sshd]\naction = fickle.py\nmaxretry = 7\n".to_owned(),
        "[DEFAULT]\n[for-ever]\naction = fickle.py\n[sshd]\nmaxretry = 7\n[web]\naction = record\n\tfickle.py\n".to_owned(),
    ] {
        change(&site, &text)?;
        let picture = work_agreed(&admin, "/server/reload").await?;
        let said = picture.text("#work")?;
        assert_eq!(picture.text("#work h2")?, "Reload of all jails failed", "{said}");
        assert!(said.contains("fail2ban gave up halfway. The previous state is restored."), "{said}");
        assert!(picture.text("#work pre")?.contains("not here"), "{said}");
        until("everything is as it was", || Ok(everything(&site)? == before)).await?;
        assert_eq!(client(&site.daemon, &["status"])?.lines().last(), Some("`- Jail list:\tfor-ever, sshd, web"));
        assert!(admin.get("/jails").await?.texts("#lost-jails")?.is_empty());
    }
    change(&site, "[sshd]\naction = fickle.py\n")?;
    let picture = work_agreed(&admin, "/jails/sshd/reload").await?;
    assert!(picture.text("#work")?.contains("The previous state is restored."), "{}", picture.text("#work")?);
    until("everything is as it was", || Ok(everything(&site)? == before)).await
}

#[tokio::test]
async fn jails_that_cannot_be_put_back_are_named_on_every_page_until_they_are_back() -> TestResult {
    let (site, admin) = super::site().await?;
    add_python_action(&site, "quiet", "pass")?;
    change(&site, "[sshd]\naction = quiet.py\n")?;
    work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(actions(&site, "sshd")?, "quiet");
    // What runs can not be started again, and what is new not at all.
    fs::remove_file(site.daemon.config_dir().join("action.d/quiet.py"))?;
    add_python_action(&site, "fickle", only_in_the_daemon())?;
    change(&site, "[sshd]\naction = fickle.py\n")?;
    let picture = work_agreed(&admin, "/jails/sshd/reload").await?;
    let said = picture.text("#work")?;
    assert!(said.contains("could not restore these jails, so they are gone: sshd."), "{said}");
    assert!(client(&site.daemon, &["status", "sshd"]).is_err());
    for path in ["/jails", "/jails/web", "/bans", "/server", "/lookup", "/audit", "/account"] {
        let note = admin.get(path).await?.text("#lost-jails")?;
        assert!(note.contains("could not restore these jails: sshd."), "{path}: {note}");
    }
    assert!(admin.get("/healthz").await?.body.len() < 15);
    change(&site, "")?;
    let picture = work_agreed(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(admin.get("/bans").await?.texts("#lost-jails")?.is_empty());
    assert_eq!(actions(&site, "sshd")?, "record");
    Ok(())
}

#[tokio::test]
async fn a_jail_is_put_back_without_a_log_that_is_gone() -> TestResult {
    let (site, admin) = super::site().await?;
    admin.get("/jails").await?;
    add_python_action(&site, "fickle", only_in_the_daemon())?;
    let log = site.daemon.log_file("web").display().to_string();
    change(&site, &format!("[sshd]\nlogpath = {log}\naction = fickle.py\n"))?;
    fs::remove_file(site.daemon.log_file("sshd"))?;
    let picture = work_agreed(&admin, "/jails/sshd/reload").await?;
    let said = picture.text("#work")?;
    assert!(said.contains("These jails are running, but not all as before: sshd."), "{said}");
    assert_eq!(actions(&site, "sshd")?, "record");
    assert!(client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains("192.0.2.0/24"));
    assert!(admin.get("/jails").await?.texts("#lost-jails")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_jail_that_falls_short_is_marked_until_it_is_whole() -> TestResult {
    let (site, admin) = super::site().await?;
    // In the daemon it is another than in the trial, and nobody complains.
    add_python_action(&site, "odd", "self.level = 1 if 'fail2ban-server' in sys.argv[0] else 0")?;
    change(&site, "[sshd]\naction = odd.py\n")?;
    let picture = agree(&admin, &work(&admin, "/server/reload").await?).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails failed in part");
    let short = picture.text("[data-short=sshd]")?;
    assert!(short.contains("sshd: Differs from its configuration: level of the action odd"), "{short}");
    let list = admin.get("/jails").await?;
    assert_eq!(list.texts("tr[data-jail=sshd] .badge.broken")?, ["not as configured"]);
    assert_eq!(list.texts("tbody .badge.broken")?.len(), 1);
    assert!(admin.get("/jails/sshd").await?.text("#short")?.contains("level of the action odd"));
    assert!(admin.get("/jails/web").await?.texts("#short")?.is_empty());
    change(&site, "")?;
    let picture = agree(&admin, &work(&admin, "/jails/sshd/reload").await?).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of sshd done", "{}", picture.text("#work")?);
    assert!(admin.get("/jails").await?.texts("tbody .badge.broken")?.is_empty());
    assert!(admin.get("/jails/sshd").await?.texts("#short")?.is_empty());
    Ok(())
}
