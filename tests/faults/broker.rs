//! The broker goes and comes back.

use std::path::{Path, PathBuf};

use crate::faults::process::Process;
use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{Fixture, Reaches, daemon};
use crate::support::TestResult;
use crate::support::as_user::{command, program_for_all};

async fn start(
    daemon: &bangui::demo::PrivateDaemon,
    socket: &Path,
) -> Result<Process, Box<dyn std::error::Error>> {
    let mut command = command(0, &program_for_all(daemon.directory())?);
    command.args(["broker", "--allow-user", "0", "--socket"]).arg(socket);
    command.arg("--fail2ban-socket").arg(daemon.socket()).arg("--fail2ban-config").arg(daemon.config_dir());
    Process::start(command, daemon.directory().join("broker.log"), "broker listens").await
}

#[tokio::test]
async fn killed() -> TestResult {
    let daemon = daemon().await?;
    let socket: PathBuf = daemon.directory().join("broker.sock");
    let mut broker = start(&daemon, &socket).await?;
    let world = Fixture::around(daemon, 0, Reaches::Broker(socket.clone())).await?;
    broker.kill()?;
    let said = world.pages_say(502, "BanGUI's broker does not answer").await?;
    assert_eq!(world.admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?.status, 502);
    let _broker = start(&world.daemon, &socket).await?;
    let again = world.recovers().await?;
    assert_eq!(crate::support::banned(&world.daemon, "sshd")?, [crate::faults::world::BANNED]);
    hand_in(&Row {
        place: (Part::Broker, 1),
        fault: "the broker killed (`kill -9`)".to_owned(),
        said,
        again: Some(again),
        kept: "everything; a ban asked for meanwhile failed and was not done".to_owned(),
    })
}
