//! fail2ban starts a jail also where its actions cannot work, and says so only in its log.

use std::error::Error;
use std::fs;

use super::{agree, change, site, work, work_agreed};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// An action whose program is not there, as after a move from iptables to nftables.
const BROKEN: &str = "[Definition]\n\
     actionstart = /nowhere/nft add\nactionban = /nowhere/nft ban <ip>\nactionunban = /nowhere/nft unban <ip>\n";
const NOT_STARTED: &str = "sshd: its action “nft” failed to start (its command returned 127: ";

/// What is said of the actions of `sshd` that failed.
fn failed(picture: &Answer) -> Result<String, Box<dyn Error>> {
    picture.text("[data-action-failed=sshd]")
}

/// Whether the list and the jail's page mark `sshd`, and no other jail.
async fn is_marked(admin: &Visitor) -> Result<bool, Box<dyn Error>> {
    let list = admin.get("/jails").await?;
    let marked = list.texts("tr[data-jail=sshd] .badge.broken")? == ["action failed"];
    assert_eq!(list.texts("tbody .badge.broken")?.len(), usize::from(marked));
    assert_eq!(admin.get("/jails/sshd").await?.texts("#failed-actions")?.len(), usize::from(marked));
    assert!(admin.get("/jails/web").await?.texts("#failed-actions")?.is_empty());
    Ok(marked)
}

/// Writes the broken action into the files of `sshd`.
fn use_broken_action(site: &Site) -> std::io::Result<()> {
    fs::write(site.daemon.config_dir().join("action.d/nft.conf"), BROKEN)?;
    change(site, "[sshd]\naction = nft\n")
}

/// The site whose jail `sshd` has the broken action since a reload, with what the page said.
async fn broken() -> Result<(Site, Visitor, Answer), Box<dyn Error>> {
    let (site, admin) = site().await?;
    use_broken_action(&site)?;
    let picture = agree(&admin, &work(&admin, "/server/reload").await?).await?;
    Ok((site, admin, picture))
}

#[tokio::test]
async fn a_reload_to_an_action_that_cannot_work_is_not_done_and_marks_the_jail() -> TestResult {
    let (site, admin, picture) = broken().await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails failed in part");
    let said = failed(&picture)?;
    assert!(said.starts_with(NOT_STARTED) && said.contains("/nowhere/nft: not found"), "{said}");
    assert!(said.contains("failed to ban ") && said.contains("203.0.113.1"), "{said}");
    assert!(said.ends_with("Bans may not be enforced."), "{said}");
    assert_eq!(picture.texts("[data-action-failed]")?.len(), 1);
    assert!(is_marked(&admin).await?);
    assert!(admin.get("/jails/sshd").await?.text("#failed-actions")?.starts_with(NOT_STARTED));
    let audited = admin.get("/audit?show=all&fold=no").await?.texts(".audit tbody td[data-cell=outcome]")?;
    assert!(audited.iter().any(|row| row.starts_with("failed") && row.contains(NOT_STARTED)), "{audited:?}");
    // A reload of what is there already does not start the action.
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(is_marked(&admin).await?);
    change(&site, "")?;
    let picture = agree(&admin, &work(&admin, "/jails/sshd/reload").await?).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of sshd done", "{}", picture.text("#work")?);
    assert!(!is_marked(&admin).await?);
    Ok(())
}

#[tokio::test]
async fn a_restart_or_start_of_a_jail_and_of_fail2ban_say_which_action_failed() -> TestResult {
    let (site, admin, _) = broken().await?;
    let picture = work(&admin, "/jails/sshd/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of sshd failed in part");
    let said = failed(&picture)?;
    assert!(said.starts_with(NOT_STARTED) && said.ends_with("Bans may not be enforced."), "{said}");
    let picture = work(&admin, "/server/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of fail2ban failed in part", "{}", picture.text("#work")?);
    assert!(failed(&picture)?.contains("failed to start"), "{}", failed(&picture)?);
    assert!(is_marked(&admin).await?);
    admin.post("/jails/sshd/stop", &[]).await?;
    assert!(!is_marked(&admin).await?);
    let picture = work(&admin, "/jails/sshd/start").await?;
    assert_eq!(picture.text("#work h2")?, "Start of sshd failed in part", "{}", picture.text("#work")?);
    assert!(failed(&picture)?.starts_with(NOT_STARTED), "{}", failed(&picture)?);
    assert!(is_marked(&admin).await?);
    // Another process has started the actions again, and nobody watched it.
    let old = site.daemon.pid()?;
    site.daemon.kill()?;
    until("another daemon answers", || {
        Ok(site.daemon.pid()? != old && client(&site.daemon, &["status", "sshd"]).is_ok())
    })
    .await?;
    assert!(!is_marked(&admin).await?);
    Ok(())
}

#[tokio::test]
async fn a_restart_of_fail2ban_with_another_log_reads_the_new_one() -> TestResult {
    let (site, admin, _) = broken().await?;
    let log = site.daemon.directory().join("another.log");
    super::change_server(&site, &format!("logtarget = {}", log.display()))?;
    let picture = work_agreed(&admin, "/server/restart").await?;
    assert!(failed(&picture)?.contains("failed to start"), "{}", picture.text("#work")?);
    assert!(fs::read_to_string(log)?.contains("Failed to start jail 'sshd' action 'nft'"));
    Ok(())
}

#[tokio::test]
async fn where_the_log_cannot_be_read_a_reload_is_told_as_before() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "logtarget", "STDERR"])?;
    super::change_server(&site, "logtarget = STDERR")?;
    use_broken_action(&site)?;
    let picture = agree(&admin, &work(&admin, "/server/reload").await?).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(!is_marked(&admin).await?);
    until("the bans are back", || Ok(banned(&site.daemon, "sshd")?.len() == 3)).await
}

#[tokio::test]
async fn a_restart_that_cannot_lift_a_ban_says_that_it_may_still_be_blocked() -> TestResult {
    let (site, admin) = site().await?;
    let stuck = "[Definition]\nactionban = true\nactionunban = case <ip> in 203.*) exit 4;; esac\n";
    fs::write(site.daemon.config_dir().join("action.d/stuck.conf"), stuck)?;
    change(&site, "[sshd]\naction = stuck\n")?;
    work_agreed(&admin, "/server/reload").await?;
    let picture = work(&admin, "/jails/sshd/restart").await?;
    assert_eq!(picture.text("#work h2")?, "Restart of sshd failed in part", "{}", picture.text("#work")?);
    let failed = failed(&picture)?;
    let said = "sshd: its action “stuck” failed to unban 203.0.113.1 (its command returned 4). ";
    assert_eq!(failed, format!("{said}What was lifted may still be blocked."));
    assert!(is_marked(&admin).await?);
    Ok(())
}
