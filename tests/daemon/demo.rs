//! What one sees in `bangui demo`.

use bangui::demo::{Attack, Demo, DemoJail, PrivateDaemon, Writer, demo_jails, seed};
use jiff::Zoned;

use crate::support::{TestResult, banned, client, processes_naming, until};

#[tokio::test]
async fn the_writers_lines_ban_in_each_jail() -> TestResult {
    let daemon = PrivateDaemon::start(&demo_jails()).await?;
    let _writer = Writer::start(&daemon);
    for jail in demo_jails().iter().filter(|jail| Attack::on(&jail.name).is_some()) {
        until(&format!("{} has bans", jail.name), || Ok(banned(&daemon, &jail.name)?.len() >= 10)).await?;
        let bans = banned(&daemon, &jail.name)?;
        until("the action has run for each", || {
            let log = std::fs::read_to_string(daemon.action_log())?;
            Ok(bans.iter().all(|ip| log.contains(&format!("ban {} {ip}\n", jail.name))))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_kind_of_line_bans_ipv4_and_ipv6_and_the_second_jail_leads_to_recidive() -> TestResult {
    let daemon = PrivateDaemon::start(&demo_jails()).await?;
    let addresses = ["203.0.113.7", "2001:db8::7"];
    for jail in demo_jails() {
        let Some(attack) = Attack::on(&jail.name) else {
            continue;
        };
        let mut lines = String::new();
        for address in addresses {
            for _ in 0..jail.max_retry {
                lines.push_str(&attack.line(address.parse()?, &Zoned::now()));
                lines.push('\n');
            }
        }
        std::fs::write(daemon.log_file(&jail.name), lines)?;
    }
    for jail in demo_jails().iter().filter(|jail| jail.reads_own_log || Attack::on(&jail.name).is_some()) {
        until(&format!("{} has banned both", jail.name), || Ok(banned(&daemon, &jail.name)?.len() == 2))
            .await?;
        let mut expected = addresses.to_vec();
        expected.sort_unstable();
        assert_eq!(banned(&daemon, &jail.name)?, expected, "{}", jail.name);
    }
    Ok(())
}

#[tokio::test]
async fn fewer_failures_than_the_limit_do_not_ban() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let line = Attack::Ssh.line("203.0.113.7".parse()?, &Zoned::now());
    std::fs::write(daemon.log_file("sshd"), format!("{line}\n{line}\n"))?;
    until("both failures are counted", || {
        Ok(client(&daemon, &["status", "sshd"])?.lines().any(|line| line.ends_with("Total failed:\t2")))
    })
    .await?;
    assert!(banned(&daemon, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_seed_holds_a_network_a_text_and_a_permanent_ban() -> TestResult {
    let daemon = PrivateDaemon::start(&demo_jails()).await?;
    seed(&daemon).await?;
    for (jail, entry, length) in [
        ("sshd", "198.51.100.0/24", "3600"),
        ("sshd", "a-host-without-address", "3600"),
        ("blocklist", "192.0.2.66", "-1"),
    ] {
        let list = client(&daemon, &["get", jail, "banip", "--with-time"])?;
        let found = list
            .lines()
            .any(|line| line.starts_with(&format!("{entry} ")) && line.contains(&format!(" + {length} = ")));
        assert!(found, "{entry}: {list}");
    }
    Ok(())
}

#[tokio::test]
async fn the_demo_ends_in_order_and_leaves_nothing_behind() -> TestResult {
    let demo = Demo::start().await?;
    let directory = demo.directory().to_owned();
    let name = directory.to_string_lossy().into_owned();
    assert!(demo.socket().exists() && demo.config_dir().join("jail.local").exists());
    assert_eq!(demo.restart_command().last().map(String::as_str), Some("stop"));
    demo.shut_down().await?;
    assert!(!directory.exists());
    until("the process is gone", || Ok(processes_naming(&name)?.is_empty())).await
}

#[tokio::test]
async fn a_banned_text_is_never_run_by_the_recording_action() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let entry = "$(echo run)`echo run`";
    client(&daemon, &["set", "sshd", "banip", entry])?;
    until("the action has written the text as it stood", || {
        let log = std::fs::read_to_string(daemon.action_log())?;
        if log.contains("ban sshd run") {
            return Err("the text was run as a command".into());
        }
        Ok(log.contains(&format!("ban sshd {entry}\n")))
    })
    .await
}
