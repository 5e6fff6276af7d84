//! Restarts of a real daemon.

use std::fs;

use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::fail2ban::client_program::restart::{ProcessFacts, RestartWay, way};
use bangui::fail2ban::client_program::{ClientError, ClientProgram, NoRestart, Purpose, restart};

use crate::support::{TestResult, banned, client, processes_naming, until};

async fn one_jail() -> Result<(PrivateDaemon, ClientProgram), Box<dyn std::error::Error>> {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let program = ClientProgram::new(daemon.socket().to_owned(), daemon.config_dir().to_owned());
    Ok((daemon, program))
}

/// Tests the configuration and restarts, as the jail service does.
async fn run(way: &RestartWay, program: &ClientProgram) -> Result<(), ClientError> {
    let configuration = program.read_configuration().await?;
    let expected =
        program.try_configuration(&configuration, &Purpose { is_start: true, ..Purpose::default() }).await?;
    if let Some(refusal) = expected.refusals.first() {
        return Err(ClientError::ConfigurationRefused { output: refusal.line() });
    }
    restart::run(way, program).await
}

#[tokio::test]
async fn a_daemon_in_the_foreground_is_known_as_such_by_its_process() -> TestResult {
    let (daemon, _) = one_jail().await?;
    let pid = daemon.pid()?.ok_or("it does not run")?;
    let facts = ProcessFacts::of_process(pid)?;
    assert_eq!(way(&facts), RestartWay::None(NoRestart::InForeground));
    assert!(ProcessFacts::of_process(u32::MAX).is_err());
    Ok(())
}

#[tokio::test]
async fn the_configured_command_restarts_a_supervised_daemon_which_keeps_its_bans() -> TestResult {
    let (daemon, program) = one_jail().await?;
    daemon.supervise();
    let first = daemon.pid()?.ok_or("it does not run")?;
    client(&daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    until("it is banned", || Ok(banned(&daemon, "sshd")? == ["203.0.113.5"])).await?;
    run(&RestartWay::Command(daemon.restart_command()), &program).await?;
    until("a new daemon has the ban", || {
        let again = daemon.pid()?.is_some_and(|pid| pid != first);
        Ok(again && banned(&daemon, "sshd").is_ok_and(|bans| bans == ["203.0.113.5"]))
    })
    .await
}

#[tokio::test]
async fn the_client_program_restarts_a_daemon_that_then_runs_in_the_background() -> TestResult {
    let (daemon, program) = one_jail().await?;
    let directory = daemon.directory().to_string_lossy().into_owned();
    run(&RestartWay::ClientProgram, &program).await?;
    assert!(client(&daemon, &["status"])?.contains("sshd"));
    let pid = fs::read_to_string(daemon.directory().join("fail2ban.pid"))?.trim().parse()?;
    let mut facts = ProcessFacts::of_process(pid)?;
    facts.systemd_runs = false;
    assert_eq!(way(&facts), RestartWay::ClientProgram);
    drop(daemon);
    until("the new daemon is gone as well", || Ok(processes_naming(&directory)?.is_empty())).await
}

#[tokio::test]
async fn no_restart_begins_with_a_broken_configuration() -> TestResult {
    let (daemon, program) = one_jail().await?;
    let first = daemon.pid()?;
    fs::write(daemon.config_dir().join("jail.d/more.local"), "[sshd]\nfailregex = ^(unclosed <HOST>\n")?;
    for way in [RestartWay::ClientProgram, RestartWay::Command(daemon.restart_command())] {
        let outcome = run(&way, &program).await;
        assert!(matches!(outcome, Err(ClientError::ConfigurationRefused { .. })), "{outcome:?}");
    }
    assert!(client(&daemon, &["status"])?.contains("sshd"));
    assert_eq!(daemon.pid()?, first);
    Ok(())
}

#[tokio::test]
async fn a_failing_or_missing_command_is_told() -> TestResult {
    let (_daemon, program) = one_jail().await?;
    let command = |words: &[&str]| RestartWay::Command(words.iter().map(|&word| word.to_owned()).collect());
    let failed = run(&command(&["sh", "-c", "echo no luck >&2; exit 3"]), &program).await;
    assert_eq!(failed, Err(ClientError::Failed { output: "no luck".to_owned() }));
    let missing = run(&command(&["/nowhere/restart"]), &program).await;
    assert_eq!(missing, Err(ClientError::NotInstalled { program: "/nowhere/restart".to_owned() }));
    Ok(())
}
