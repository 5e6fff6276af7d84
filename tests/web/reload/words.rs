//! What a plan and its end say.

use std::fs;

use super::{add_action, agree, change, change_server, site, work};
use crate::support::{TestResult, client};

#[tokio::test]
async fn what_was_done_is_told_in_the_past_and_no_ban_is_called_kept_that_was_lifted() -> TestResult {
    let (site, admin) = site().await?;
    add_action(&site, "other", "")?;
    change(&site, "[sshd]\naction = other\n[web]\nmaxretry = 9\n")?;
    let picture = work(&admin, "/server/reload").await?;
    let line = picture.text("li[data-jail=sshd]")?;
    assert!(line.contains("A reload alone would leave it without the action “other”."), "{line}");
    let picture = agree(&admin, &picture).await?;
    let said = picture.text("#work")?;
    let line = picture.text("li[data-jail=sshd]")?;
    assert!(line.starts_with("sshd was restarted; its bans were lifted and restored. actions: "), "{line}");
    assert!(picture.text("li[data-jail=web]")?.starts_with("web was changed; its bans were kept."), "{said}");
    for not in ["Bans were kept", "A reload alone", "is restarted", "are lifted", "for a moment"] {
        assert!(!said.contains(not), "{not}: {said}");
    }
    assert!(said.contains("3 jails are running. 3 bans before, 3 afterwards."), "{said}");
    Ok(())
}

#[tokio::test]
async fn values_are_shown_as_people_read_them() -> TestResult {
    let (site, admin) = site().await?;
    change_server(&site, "dbpurgeage = 7d")?;
    change(&site, "[web]\ndatepattern = ^%%Y-%%m-%%d\nbantime = 1d\n[sshd]\nlogencoding = utf-16\n")?;
    let page = admin.get("/server/reload").await?;
    assert!(page.text("#plan-server")?.contains("dbpurgeage: 1 day → 7 days"), "{}", page.text("#plan")?);
    let line = page.text("#plan li[data-jail=web]")?;
    assert!(line.contains("datepattern: default → ^%Y-%m-%d"), "{line}");
    assert!(line.contains("bantime: 10 min → 1 day"), "{line}");
    // It was read from the files as "auto", and nobody has set it.
    let line = page.text("#plan li[data-jail=sshd]")?;
    assert!(line.contains(" → utf-16") && !line.contains("Lost"), "{line}");
    assert_eq!(admin.post("/server/reload", &[("plan", "zz")]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn neighbours_that_never_ran_as_their_logs_are_missing_are_one_sentence() -> TestResult {
    let (site, admin) = site().await?;
    let broken = |name: &str| format!("[{name}]\nenabled = true\nfilter = sshd\nlogpath = /nowhere/{name}\n");
    change(&site, &["apache-auth", "nginx"].map(broken).concat())?;
    let picture = work(&admin, "/jails/sshd/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of sshd done", "{}", picture.text("#work")?);
    let said = picture.text("#without-log")?;
    assert_eq!(said, "Not touched, because their logs are missing: apache-auth, nginx.");
    assert!(picture.texts("[data-broken]")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_jail_that_goes_as_its_log_is_missing_is_not_called_disabled() -> TestResult {
    let (site, admin) = site().await?;
    change(&site, "[web]\nskip_if_nologs = true\n")?;
    fs::remove_file(site.daemon.log_file("web"))?;
    let picture = work(&admin, "/server/reload").await?;
    let version = client(&site.daemon, &["version"])?;
    if ["0.", "1.0", "1.1.0"].iter().any(|older| version.starts_with(older)) {
        let broken = picture.text("[data-broken=web]")?;
        assert!(broken.contains("any log file"), "{}", picture.text("#work")?);
        return Ok(());
    }
    assert!(picture.text("li[data-jail=web]")?.contains("is removed, because its log is missing."));
    let picture = agree(&admin, &picture).await?;
    assert_eq!(picture.text("#work .hint-line")?, "No longer running: web. Its log is missing.");
    Ok(())
}
