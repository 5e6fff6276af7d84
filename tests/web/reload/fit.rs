//! A configuration that does not belong to the daemon that runs is not loaded.

use bangui::demo::{DemoJail, PrivateDaemon};

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client};

use super::{change, change_server, everything, work};

#[tokio::test]
async fn another_database_is_refused_as_it_needs_a_restart() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    let other = site.daemon.directory().join("other.sqlite3");
    for file in ["None", &other.display().to_string()] {
        change_server(&site, &format!("dbfile = {file}"))?;
        for path in ["/server/reload", "/jails/sshd/reload", "/jails/sshd/restart"] {
            let picture = work(&admin, path).await?;
            let said = picture.text("#work")?;
            assert!(picture.text("#work h2")?.ends_with("refused"), "{said}");
            assert!(said.contains("changes its database only when it starts: restart fail2ban"), "{said}");
            assert_eq!(everything(&site)?, before, "{path}");
        }
        assert!(admin.get("/server/reload").await?.text("#plan")?.contains("changes its database only"));
    }
    assert!(!other.exists());
    Ok(())
}

#[tokio::test]
async fn another_socket_is_refused() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    change_server(&site, "socket = /run/elsewhere/fail2ban.sock")?;
    for path in ["/server/reload", "/jails/sshd/reload", "/server/restart"] {
        let said = work(&admin, path).await?.text("#work")?;
        assert!(said.contains("The configuration names the socket /run/elsewhere/fail2ban.sock"), "{said}");
        assert_eq!(everything(&site)?, before, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_configuration_without_one_of_the_jails_that_run_is_refused() -> TestResult {
    let (site, admin) = super::site().await?;
    let before = everything(&site)?;
    let log = site.daemon.log_file("web").display().to_string();
    let off = "[sshd]\nenabled = false\n[web]\nenabled = false\n[for-ever]\nenabled = false\n";
    for text in [off.to_owned(), format!("{off}[new]\nenabled = true\nfilter = sshd\nlogpath = {log}\n")] {
        change(&site, &text)?;
        let said = work(&admin, "/server/reload").await?.text("#work")?;
        assert!(said.contains("The configuration starts none of the jails that run"), "{said}");
        assert_eq!(everything(&site)?, before);
    }
    Ok(())
}

#[tokio::test]
async fn the_configuration_of_another_daemon_is_not_loaded() -> TestResult {
    let one = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let two = PrivateDaemon::start(&[DemoJail::new("web", "nginx-http-auth")]).await?;
    let bangui = Site::of(one.socket().to_owned(), two.config_dir().to_owned()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let said = work(&admin, "/server/reload").await?.text("#work")?;
    assert!(said.contains("names the socket") && said.contains("--fail2ban-socket"), "{said}");
    assert!(client(&one, &["status", "sshd"]).is_ok() && client(&one, &["status", "web"]).is_err());
    Ok(())
}
