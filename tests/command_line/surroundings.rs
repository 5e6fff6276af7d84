//! What `bangui check` warns of.

use bangui::demo::{DemoJail, PrivateDaemon};

use crate::command_line::{Result, bangui, place};

/// What `bangui check` prints about this daemon.
fn check(daemon: &PrivateDaemon) -> Result<String> {
    let (_directory, database) = place()?;
    let text = |path: &std::path::Path| path.to_str().map(str::to_owned).ok_or("the path is no text");
    let (database, socket, config) = (text(&database)?, text(daemon.socket())?, text(daemon.config_dir())?);
    let arguments =
        ["check", "--database", &database, "--fail2ban-socket", &socket, "--fail2ban-config", &config];
    Ok(String::from_utf8(bangui(&arguments, b"")?.stdout)?)
}

#[tokio::test]
async fn a_second_fail2ban_on_the_machine_is_warned_of() -> Result {
    let jails = [DemoJail::new("sshd", "sshd")];
    let (own, other) = (PrivateDaemon::start(&jails).await?, PrivateDaemon::start(&jails).await?);
    let (own_pid, other_pid) = (own.pid()?.ok_or("no process")?, other.pid()?.ok_or("no process")?);
    let said = check(&own)?;
    let line = said.lines().find(|line| line.starts_with("warn  other fail2ban: ")).ok_or(said.clone())?;
    let numbers: Vec<u32> =
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    assert!(numbers.contains(&other_pid), "{line}");
    assert!(line.contains(&format!("The socket belongs to process {own_pid}:")), "{line}");
    assert_eq!(numbers.iter().filter(|number| **number == own_pid).count(), 1, "{line}");
    // A warning is no failure, and nothing else is warned of here.
    assert!(!said.contains("warn  socket") && !said.contains("warn  fail2ban.socket"), "{said}");
    assert!(said.contains("ok    socket: ") && said.contains("ok    fail2ban: "), "{said}");
    Ok(())
}
