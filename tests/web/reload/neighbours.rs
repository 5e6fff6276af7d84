//! A jail whose files are broken holds no other jail back.

use std::error::Error;
use std::fs;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client, protection};

use super::{add_python_action, change, everything, work, work_agreed};

/// Starts, reloads and restarts sshd while web is broken, which has to be named with `words`.
async fn sshd_goes_on(site: &Site, admin: &Visitor, broken: &str, words: &str) -> TestResult {
    let before = everything(site)?;
    client(&site.daemon, &["stop", "sshd"])?;
    assert_eq!(admin.get("/jails/sshd").await?.text("h1")?, "sshd stopped", "{broken}");
    for path in ["/jails/sshd/start", "/jails/sshd/reload", "/jails/sshd/restart"] {
        let picture = work_agreed(admin, path).await?;
        let (title, said) = (picture.text("#work h2")?, picture.text("#work")?);
        assert!(title.ends_with(" of sshd done"), "{broken} {path}: {said}");
        let named = picture.text("[data-broken=web]")?;
        assert!(named.contains(words), "{broken} {path}: {said}");
    }
    let now: Vec<_> = everything(site)?.into_iter().map(|(protection, _)| protection).collect();
    let before: Vec<_> = before.into_iter().map(|(protection, _)| protection).collect();
    assert_eq!(now, before, "{broken}");
    Ok(())
}

/// Reloads all jails: sshd gets what its files say now, and web is named as broken and stays as it was.
async fn all_but_web_are_reloaded(site: &Site, admin: &Visitor, broken: &str, words: &str) -> TestResult {
    let before = protection(&site.daemon, "web")?;
    change(site, &format!("[web]\n{broken}\n[sshd]\nmaxretry = 77\n"))?;
    let picture = work_agreed(admin, "/server/reload").await?;
    let said = picture.text("#work")?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails failed in part", "{broken}: {said}");
    assert!(picture.text("[data-broken=web]")?.contains(words), "{broken}: {said}");
    assert!(client(&site.daemon, &["get", "sshd", "maxretry"])?.contains("77"), "{broken}");
    assert_eq!(protection(&site.daemon, "web")?, before, "{broken}");
    let row = admin.get("/audit?show=all&fold=no&q=reload%20all%20jails%20ended").await?.text("tbody tr")?;
    assert!(row.contains("Broken and left as they were: web."), "{broken}: {row}");
    Ok(())
}

/// Tries to reload web, which is refused with `words` and changes nothing.
async fn web_is_refused(site: &Site, admin: &Visitor, broken: &str, words: &str) -> TestResult {
    let before = protection(&site.daemon, "web")?;
    let picture = work(admin, "/jails/web/reload").await?;
    let said = picture.text("#work")?;
    assert!(picture.text("#work h2")?.contains("refused"), "{broken}: {said}");
    assert!(picture.text("#work pre")?.starts_with("Jail 'web'"), "{broken}: {said}");
    assert!(picture.text("#work pre")?.contains(words), "{broken}: {said}");
    assert_eq!(protection(&site.daemon, "web")?, before, "{broken}");
    Ok(())
}

async fn holds_nobody_back(cases: &[(&str, &str)]) -> TestResult {
    let (site, admin) = super::site().await?;
    let config_dir = site.daemon.config_dir();
    fs::write(config_dir.join("filter.d/garbage.conf"), "garbage\n")?;
    fs::write(config_dir.join("action.d/garbage.conf"), "garbage\n")?;
    for (broken, words) in cases {
        change(&site, &format!("[web]\n{broken}\n"))?;
        sshd_goes_on(&site, &admin, broken, words).await?;
        web_is_refused(&site, &admin, broken, words).await?;
        all_but_web_are_reloaded(&site, &admin, broken, words).await?;
        change(&site, "")?;
        work_agreed(&admin, "/server/reload").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_read_holds_no_other_jail_back() -> TestResult {
    holds_nobody_back(&[
        ("filter = garbage", "no section headers"),
        ("action = garbage", "no section headers"),
        ("findtime = %(nothere)s", "nothere"),
        ("enabled = %(nothere)s", "nothere"),
    ])
    .await
}

#[tokio::test]
async fn an_action_that_ends_its_process_holds_no_other_jail_back() -> TestResult {
    let (site, admin) = super::site().await?;
    for (name, body, words) in [
        ("exits", "import os; os._exit(0)", "it ends the process"),
        ("crashes", "import os; os.kill(os.getpid(), 11)", "it ends the process with signal 11"),
        ("hangs", "import time; time.sleep(1000)", "it is not done within 10 seconds"),
    ] {
        add_python_action(&site, name, body)?;
        change(&site, &format!("[web]\naction = {name}.py\n"))?;
        sshd_goes_on(&site, &admin, name, words).await?;
        web_is_refused(&site, &admin, name, words).await?;
    }
    Ok(())
}

/// The words of a page, and that web has the action.
async fn reloads(site: &Site, admin: &Visitor, name: &str) -> Result<(), Box<dyn Error>> {
    let picture = work_agreed(admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{name}: {}", picture.text("#work")?);
    assert_eq!(super::actions(site, "web")?, name);
    Ok(())
}

#[tokio::test]
async fn an_action_that_writes_to_standard_output_or_starts_a_thread_is_no_mistake() -> TestResult {
    let (site, admin) = super::site().await?;
    for (name, body) in [
        ("writes", "import os; os.write(1, b'{}'); print('{')"),
        ("threads", "import threading, time; threading.Thread(target=time.sleep, args=(3600,)).start()"),
    ] {
        add_python_action(&site, name, body)?;
        change(&site, &format!("[web]\naction = {name}.py\n"))?;
        reloads(&site, &admin, name).await?;
    }
    // fail2ban would wait for the thread to its end.
    site.daemon.kill()?;
    Ok(())
}

#[tokio::test]
async fn a_number_of_any_length_is_compared() -> TestResult {
    let (site, admin) = super::site().await?;
    let long = "9".repeat(401);
    change(&site, &format!("[web]\nbantime = {long}\n"))?;
    let picture = work_agreed(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(client(&site.daemon, &["get", "web", "bantime"])?.contains(&long));
    let picture = work_agreed(&admin, "/jails/sshd/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of sshd done", "{}", picture.text("#work")?);
    Ok(())
}
