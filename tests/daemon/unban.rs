//! Whatever is to be lifted reaches fail2ban as an entry, never as an option of the command.

use std::sync::Arc;

use bangui::broker::{Broker, Handle, Listener};
use bangui::config::Fail2ban;
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::address::Banned;
use bangui::domain::jail::JailName;

use crate::support::{TestResult, banned, client, until};

#[tokio::test]
async fn an_option_is_lifted_as_the_entry_that_it_is_by_one_process_and_by_two() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let settings = Fail2ban {
        socket: daemon.socket().to_owned(),
        config: daemon.config_dir().to_owned(),
        client: daemon.client(),
        restart_command: None,
    };
    let socket = daemon.directory().join("broker.sock");
    let listener = Listener::bind(&socket, rustix::process::geteuid().as_raw())?;
    tokio::spawn(listener.serve(Arc::new(Broker::new(&settings)), std::future::pending()));
    let jail: JailName = "sshd".parse()?;
    for handle in [Handle::inside(&settings), Handle::outside(socket)] {
        for (lifted, counted, left) in [
            (&["--report-absent", "203.0.113.5"][..], 2, &["--all", "203.0.113.6"][..]),
            (&["--report-absent"], 1, &["--all", "203.0.113.5", "203.0.113.6"]),
            (&["--all"], 1, &["--report-absent", "203.0.113.5", "203.0.113.6"]),
        ] {
            let all = ["203.0.113.5", "203.0.113.6", "--all", "--report-absent"];
            client(&daemon, &[&["set", "sshd", "banip"], all.as_slice()].concat())?;
            until("all are banned", || Ok(banned(&daemon, "sshd")?.len() == all.len())).await?;
            let entries: Vec<Banned> = lifted.iter().map(|entry| Banned::from_daemon(entry)).collect();
            assert_eq!(handle.unban(&jail, &entries).await?.count, counted, "{lifted:?}");
            assert_eq!(banned(&daemon, "sshd")?, left, "{lifted:?}");
            assert_eq!(handle.unban(&jail, &entries).await?.count, 0, "{lifted:?} again");
            assert_eq!(banned(&daemon, "sshd")?, left, "{lifted:?} again");
        }
    }
    Ok(())
}
