//! The private daemon that all these tests stand on.

use std::process::Command;

use bangui::demo::{DemoError, DemoJail, Filter, PrivateDaemon, demo_jails};

use crate::support::{TestResult, client, processes_naming, until};

#[tokio::test]
async fn nothing_is_left_behind_after_a_drop() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let directory = daemon.directory().to_owned();
    let name = directory.to_string_lossy().into_owned();
    assert!(!processes_naming(&name)?.is_empty());
    drop(daemon);
    assert!(!directory.exists());
    until("the process is gone", || Ok(processes_naming(&name)?.is_empty())).await
}

#[tokio::test]
async fn a_daemon_that_cannot_start_says_why_and_leaves_nothing_behind() -> TestResult {
    let broken =
        DemoJail { filter: Filter::Own("(unclosed <HOST>".to_owned()), ..DemoJail::new("broken-start", "") };
    let Err(error) = PrivateDaemon::start(&[broken]).await else {
        return Err("it started".into());
    };
    assert!(matches!(&error, DemoError::Exited(words) if words.contains("Unable to compile")), "{error}");
    let DemoError::Exited(words) = error else {
        return Err("not an exit".into());
    };
    let left = std::fs::read_dir(std::env::temp_dir())?
        .filter_map(Result::ok)
        .any(|entry| entry.path().join("logs/broken-start.log").exists());
    assert!(!left, "{words}");
    Ok(())
}

#[tokio::test]
async fn no_action_of_the_demo_touches_a_firewall_or_a_name_server() -> TestResult {
    let daemon = PrivateDaemon::start(&demo_jails()).await?;
    let dump = Command::new(daemon.client()).arg("-c").arg(daemon.config_dir()).arg("-d").output()?;
    let dump = String::from_utf8(dump.stdout)?;
    let actions: Vec<&str> = dump.lines().filter(|line| line.contains("'addaction'")).collect();
    assert_eq!(actions.len(), demo_jails().len());
    assert!(actions.iter().all(|line| line.ends_with("'addaction', 'record']")), "{actions:?}");
    assert!(!dump.contains("iptables") && !dump.contains("nftables"));
    for jail in demo_jails() {
        assert!(dump.contains(&format!("['set', '{}', 'usedns', 'no']", jail.name)), "{}", jail.name);
    }
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_starts_again_beside_its_stale_socket() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    daemon.kill()?;
    assert!(daemon.socket().exists() && daemon.pid()?.is_none());
    assert!(client(&daemon, &["ping"]).is_err());
    daemon.start_again().await?;
    assert!(client(&daemon, &["status"])?.contains("sshd"));
    Ok(())
}

#[tokio::test]
async fn a_supervised_daemon_comes_back_until_it_is_stopped() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    daemon.supervise();
    let first = daemon.pid()?;
    daemon.kill()?;
    until("another process answers", || {
        Ok(daemon.pid()?.is_some_and(|pid| Some(pid) != first)
            && client(&daemon, &["status", "sshd"]).is_ok())
    })
    .await?;
    daemon.stop().await?;
    assert!(daemon.pid()?.is_none() && !daemon.socket().exists());
    Ok(())
}

#[tokio::test]
async fn a_paused_daemon_does_not_answer_and_goes_on_later() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    daemon.pause()?;
    assert!(client(&daemon, &["ping", "0.5"]).is_err());
    daemon.resume()?;
    assert!(client(&daemon, &["status"])?.contains("sshd"));
    Ok(())
}
