//! `bangui check` of a configuration and the daemon that it is for.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bangui::demo::{DemoJail, PrivateDaemon};

use super::{Result, place};

/// Calls `bangui check` in `directory`, which Python is told to import from as well.
fn check(daemon: &PrivateDaemon, config: &Path, directory: &Path) -> Result<Output> {
    let (_place, database) = place()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
    command.current_dir(directory).env("PYTHONPATH", directory).arg("check").arg("--database").arg(database);
    let command = command.arg("--fail2ban-socket").arg(daemon.socket()).arg("--fail2ban-config").arg(config);
    Ok(command.output()?)
}

fn line(output: &Output, what: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find(|line| line.contains(&format!("  {what}: "))).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn nothing_is_imported_from_the_current_directory_or_where_the_environment_says() -> Result {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let planted = tempfile::tempdir()?;
    let marker = planted.path().join("it-ran");
    let code = format!("open({:?}, 'w').close()\nraise SystemExit(0)\n", marker.display().to_string());
    for module in ["ast.py", "json.py", "logging.py", "fail2ban.py", "sitecustomize.py"] {
        fs::write(planted.path().join(module), &code)?;
    }
    let output = check(&daemon, daemon.config_dir(), planted.path())?;
    assert!(line(&output, "configuration").contains("belongs to the running daemon"), "{output:?}");
    assert!(line(&output, "fail2ban-client").starts_with("ok"), "{output:?}");
    assert!(!marker.exists(), "a planted module ran");
    Ok(())
}

#[tokio::test]
async fn check_says_that_a_configuration_is_for_another_daemon_database_or_jails() -> Result {
    let one = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let two = PrivateDaemon::start(&[DemoJail::new("web", "sshd")]).await?;
    let here = Path::new("/");
    let said = line(&check(&one, two.config_dir(), here)?, "configuration");
    assert!(said.starts_with("FAIL") && said.contains("names the socket"), "{said}");
    let local = one.config_dir().join("fail2ban.d/more.local");
    fs::create_dir_all(one.config_dir().join("fail2ban.d"))?;
    fs::write(&local, "[Definition]\ndbfile = None\n")?;
    let said = line(&check(&one, one.config_dir(), here)?, "configuration");
    assert!(said.starts_with("FAIL") && said.contains("The configuration names the database none"), "{said}");
    fs::remove_file(local)?;
    fs::write(one.config_dir().join("jail.d/more.local"), "[sshd]\nenabled = false\n")?;
    let said = line(&check(&one, one.config_dir(), here)?, "configuration");
    assert!(said.starts_with("FAIL") && said.contains("starts none of the jails that run"), "{said}");
    Ok(())
}
