//! Kept ignore entries: a reload neither loses nor changes anything by them, unless fail2ban does not take them.

use std::error::Error;
use std::fs;

use super::{actions, add_python_action, agree, change, everything, site, work, work_agreed};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, client, until};

const ENTRY: &str = "198.51.100.77";

/// The site whose jail `sshd` has a kept entry.
async fn with_kept_entry() -> Result<(Site, Visitor), Box<dyn Error>> {
    let (site, admin) = site().await?;
    admin.submit("/jails/sshd/ignore", &[("ip", ENTRY), ("keep", "yes")]).await?;
    assert!(is_ignored(&site)?);
    Ok((site, admin))
}

fn is_ignored(site: &Site) -> Result<bool, Box<dyn Error>> {
    Ok(client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains(ENTRY))
}

/// The jails of which the plan of `page` says something.
fn told(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    page.attributes(".plan li[data-jail]", "data-jail")
}

#[tokio::test]
async fn where_nothing_changes_a_kept_entry_changes_nothing() -> TestResult {
    let (site, admin) = with_kept_entry().await?;
    for (path, unchanged) in [
        ("/server/reload", "3 jails already match their configuration."),
        ("/jails/sshd/reload", "sshd already matches its configuration."),
    ] {
        let page = admin.get(path).await?;
        assert!(page.text("#plan")?.contains(unchanged), "{path}: {}", page.text("#plan")?);
        assert_eq!(told(&page)?, [""; 0], "{path}");
    }
    // The same where it is in the files as well, or fail2ban has forgotten it.
    change(&site, &format!("[sshd]\nignoreip = 192.0.2.0/24 2001:db8:9::/48 {ENTRY}\n"))?;
    assert_eq!(told(&admin.get("/server/reload").await?)?, [""; 0]);
    // A jail with an action in Python is restarted for whatever changes.
    add_python_action(&site, "quiet", "self.level = 1")?;
    change(&site, "[sshd]\naction = quiet.py\n")?;
    work_agreed(&admin, "/server/reload").await?;
    assert!(is_ignored(&site)?);
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert_eq!(told(&picture)?, [""; 0]);
    assert!(is_ignored(&site)? && actions(&site, "sshd")? == "quiet");
    Ok(())
}

#[tokio::test]
async fn what_was_put_back_is_as_it_was_with_its_kept_entry() -> TestResult {
    let (site, admin) = with_kept_entry().await?;
    admin.get("/jails").await?;
    let before = everything(&site)?;
    add_python_action(
        &site,
        "fickle",
        "if 'fail2ban-server' in sys.argv[0]: raise RuntimeError('not here')",
    )?;
    change(&site, "[sshd]\naction = record\n\tfickle.py\nmaxretry = 7\n")?;
    let picture = work_agreed(&admin, "/server/reload").await?;
    let said = picture.text("#work")?;
    assert!(said.contains("fail2ban gave up halfway. The previous state is restored."), "{said}");
    until("everything is as it was", || Ok(everything(&site)? == before)).await
}

/// The errors in fail2ban's log about entries that it did not take.
fn refusals(site: &Site) -> Result<usize, Box<dyn Error>> {
    let log = client(&site.daemon, &["get", "logtarget"])?;
    let log = log.lines().last().and_then(|line| line.strip_prefix("`- ")).ok_or("no log")?;
    let is_refusal = |line: &&str| line.contains("ERROR") && line.contains("addignoreip");
    Ok(fs::read_to_string(log)?.lines().filter(is_refusal).count())
}

#[tokio::test]
async fn a_kept_entry_that_fail2ban_cannot_add_beside_a_file_is_told_and_not_tried_again_and_again()
-> TestResult {
    let (site, admin) = with_kept_entry().await?;
    let version = client(&site.daemon, &["version"])?;
    let file = site.daemon.directory().join("allow.txt");
    fs::write(&file, "192.0.2.1\n")?;
    change(&site, &format!("[sshd]\nignoreip = file:{}\n", file.display()))?;
    let picture = work(&admin, "/server/reload").await?;
    if ["0.", "1.0", "1.1.0"].iter().any(|older| version.starts_with(older)) {
        // To an older one the file is the name of a host.
        assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
        assert!(is_ignored(&site)?);
        return Ok(());
    }
    let because = format!("in force in sshd: fail2ban {version} cannot add entries beside a file.");
    assert_eq!(picture.text("#work h2")?, "Reload of all jails needs your confirmation");
    let line = picture.text("li[data-jail=sshd]")?;
    assert!(line.contains(&format!("{ENTRY}, kept by BanGUI, will not be {because}")), "{line}");
    let picture = agree(&admin, &picture).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails failed in part", "{}", picture.text("#work")?);
    let said = format!("{ENTRY}, kept by BanGUI, is not {because}");
    assert_eq!(picture.text("[data-not-in-force=sshd]")?, said);
    let known = refusals(&site)?;
    assert_eq!(known, 1);
    for _ in 0..3 {
        let list = admin.get("/jails").await?;
        assert_eq!(list.texts("tr[data-jail=sshd] .badge.broken")?, ["kept entry not in force"]);
        let card = admin.get("/jails/sshd").await?.text("#ignores")?;
        assert!(card.contains("cannot add entries beside a file"), "{card}");
    }
    assert_eq!(refusals(&site)?, known, "it was tried again");
    assert_eq!(told(&admin.get("/server/reload").await?)?, [""; 0], "nothing changes");
    let added = admin.post("/jails/sshd/ignore", &[("ip", "198.51.100.78")]).await?;
    assert_eq!(added.status, 409);
    assert!(added.text("main")?.contains("cannot add entries beside a file. Nothing was changed."));
    change(&site, "")?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(is_ignored(&site)? && admin.get("/jails").await?.texts("td .badge.broken")?.is_empty());
    Ok(())
}
