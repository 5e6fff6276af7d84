//! What fail2ban would give up on in the middle is refused before.

use std::fs;
use std::process::Command;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client, protection};

use super::{add_python_action, change, change_server, everything, work};

#[tokio::test]
async fn a_zone_that_fail2ban_does_not_know_is_refused_and_no_jail_goes() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    for zone in ["Europe/Berlin", "UTC+2"] {
        change(&site, &format!("[web]\nlogtimezone = {zone}\n"))?;
        for path in ["/jails/web/reload", "/jails/web/restart", "/server/restart"] {
            let picture = work(&admin, path).await?;
            let title = picture.text("#work h2")?;
            assert!(title.ends_with("refused: the configuration has mistakes"), "{path}: {title}");
            let words = picture.text("#work pre")?;
            assert!(
                words.starts_with("Jail 'web', logtimezone: Unknown or unsupported time zone"),
                "{words}"
            );
            assert_eq!(everything(&site)?, before, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn whatever_would_end_a_reload_in_the_middle_is_refused_and_holds_no_other_jail_back() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    let directory = site.daemon.directory().to_owned();
    assert!(Command::new("mkfifo").arg(directory.join("pipe")).status()?.success());
    add_python_action(&site, "leaves", "sys.exit(0)")?;
    let place = directory.display();
    for (line, words) in [
        ("action = nosuch.py[x=1]".to_owned(), "action: [Errno 2] No such file or directory"),
        ("action = smtp.py[foo=bar]".to_owned(), "action: "),
        ("action = leaves.py".to_owned(), "action: it ends the process"),
        ("action = record[stop=\"{}\"]".to_owned(), "action: stop is a method of the action, not an option"),
        ("ignorecache = max-count=5".to_owned(), "ignorecache: 'key'"),
        ("ignorecache = key=\"<ip>\", max-count=abc".to_owned(), "ignorecache: invalid literal"),
        (format!("logpath = {place}"), "logpath: [Errno 21] Is a directory"),
        (format!("logpath = {place}/pipe"), "is a named pipe"),
        ("backend = systemd\njournalmatch = nonsense".to_owned(), "journalmatch: Invalid match"),
        ("bantime.formula = ban.Time *".to_owned(), "bantime.formula: "),
        ("ignorecommand = x <F2B_END_COMMAND> y".to_owned(), "ignorecommand: fail2ban reads"),
        ("findtime = soon".to_owned(), "findtime: name 'soon' is not defined"),
    ] {
        change(&site, &format!("[web]\n{line}\n"))?;
        for path in ["/server/restart", "/jails/web/reload"] {
            let picture = work(&admin, path).await?;
            let said = picture.text("#work")?;
            assert!(picture.text("#work h2")?.contains("refused"), "{line} {path}: {said}");
            assert!(picture.text("#work pre")?.contains(words), "{line}: {said}");
            assert!(picture.text("#work pre")?.starts_with("Jail 'web'"), "{line}: {said}");
            assert_eq!(everything(&site)?, before, "{line} {path}");
        }
        for (path, title) in [
            ("/jails/sshd/reload", "Reload of sshd done"),
            ("/server/reload", "Reload of all jails failed in part"),
        ] {
            let picture = work(&admin, path).await?;
            assert_eq!(picture.text("#work h2")?, title, "{line}: {}", picture.text("#work")?);
            assert!(picture.text("[data-broken=web]")?.contains(words), "{line}: {}", picture.text("#work")?);
            assert_eq!(everything(&site)?, before, "{line} {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_setting_of_the_daemon_itself_that_cannot_be_is_refused_and_no_jail_goes() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    let directory = site.daemon.directory().display().to_string();
    for (line, words) in [
        ("dbpurgeage = xyz".to_owned(), "dbpurgeage: name 'xyz' is not defined"),
        ("dbmaxmatches = abc".to_owned(), "dbmaxmatches: int()"),
        ("logtarget = /nowhere/fail2ban.log".to_owned(), "logtarget: fail2ban cannot write to /nowhere"),
        (format!("logtarget = {directory}"), "is a directory"),
        ("loglevel = basic_format".to_owned(), "loglevel: "),
    ] {
        change_server(&site, &line)?;
        for path in ["/server/reload", "/jails/sshd/reload", "/jails/sshd/restart", "/server/restart"] {
            let picture = work(&admin, path).await?;
            assert!(
                picture.text("#work h2")?.contains("refused"),
                "{line} {path}: {}",
                picture.text("#work")?
            );
            assert!(picture.text("#work pre")?.contains(words), "{line}: {}", picture.text("#work pre")?);
            assert_eq!(everything(&site)?, before, "{line} {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_log_target_is_judged_without_being_touched() -> TestResult {
    let (site, admin) = super::site().await?;
    let (other, broken) = (site.daemon.directory().join("other.log"), "dbpurgeage = xyz");
    change_server(&site, &format!("logtarget = {}\n{broken}", other.display()))?;
    assert!(work(&admin, "/server/reload").await?.text("#work h2")?.contains("refused"));
    assert!(!other.exists());
    change_server(&site, &format!("logtarget = {}", other.display()))?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done", "{}", picture.text("#work")?);
    assert!(picture.text("#plan-server")?.contains("logtarget: "), "{}", picture.text("#work")?);
    assert_eq!(
        client(&site.daemon, &["get", "logtarget"])?.lines().last(),
        Some(format!("`- {}", other.display())).as_deref()
    );
    Ok(())
}

#[tokio::test]
async fn every_jail_that_fails_is_named_up_to_a_page() -> TestResult {
    let (site, admin) = super::site().await?;
    let broken =
        |number: u32| format!("[b{number}]\nenabled = true\nfilter = sshd\nlogpath = /nowhere/{number}\n");
    change(&site, &(0..25).map(broken).collect::<String>())?;
    let words = work(&admin, "/server/restart").await?.page();
    let words: String =
        words.select(&crate::support::visitor::css("#work pre")?).flat_map(|pre| pre.text()).collect();
    assert_eq!(words.lines().count(), 21, "{words}");
    // fail2ban 1.1.1 writes the name in quotes.
    assert!(words.contains("\nJail 'b7': Have not found any log file for "), "{words}");
    assert!(words.ends_with("and 5 more"), "{words}");
    Ok(())
}

#[tokio::test]
async fn a_jail_is_started_while_another_is_broken() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = protection(&site.daemon, "sshd")?;
    client(&site.daemon, &["stop", "sshd"])?;
    fs::remove_file(site.daemon.log_file("web"))?;
    let picture = work(&admin, "/jails/sshd/start").await?;
    assert_eq!(picture.text("#work h2")?, "Start of sshd done", "{}", picture.text("#work")?);
    let broken = picture.text("[data-broken=web]")?;
    assert!(
        broken.contains("web is broken and left unchanged") && broken.contains("any log file"),
        "{broken}"
    );
    assert_eq!(protection(&site.daemon, "sshd")?, before);
    assert!(client(&site.daemon, &["status", "web"]).is_ok());
    Ok(())
}

#[tokio::test]
async fn a_value_of_an_action_is_in_no_refusal() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    add_python_action(&site, "tells", "raise ValueError('the password is %s' % options['password'])")?;
    change(&site, "[sshd]\naction = tells.py[password=\"opensesame\"]\n")?;
    let picture = work(&admin, "/server/reload").await?;
    assert!(picture.text("#work pre")?.contains("the password is …"), "{}", picture.text("#work")?);
    assert!(
        !picture.body.contains("opensesame")
            && !admin.get("/audit?show=all&fold=no").await?.body.contains("opensesame")
    );
    Ok(())
}
