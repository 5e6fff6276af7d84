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

/// What `bangui check` says under `what`, without any fail2ban.
fn alone(what: &str, options: &[&str]) -> Result<String> {
    let (_place, database) = place()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
    command
        .arg("check")
        .arg("--database")
        .arg(database)
        .arg("--fail2ban-socket=/no/such/socket")
        .args(options);
    let (text, about) = (String::from_utf8(command.output()?.stdout)?, format!("  {what}: "));
    Ok(text.lines().filter(|line| line.contains(&about)).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_login_by_the_web_server_in_front_that_lets_in_nobody_or_everybody_is_told() -> Result {
    let header = "--proxy-login-header=Remote-User";
    let whole = [header, "--proxy-login-groups-header=Remote-Groups", "--proxy-login-viewers=staff"];
    let with = |more: &'static str| [&whole[..], &[more]].concat();
    let said = alone("listening", &whole)?;
    assert!(said.starts_with("FAIL") && said.contains("no web server in front is believed"), "{said}");
    let said = alone("listening", &[header, "--trusted-proxy=192.0.2.1"])?;
    assert!(said.starts_with("FAIL") && said.contains("nobody could log in by remote-user"), "{said}");
    assert!(alone("listening", &with("--trusted-proxy=192.0.2.1"))?.starts_with("ok"));
    assert_eq!(alone("proxy login", &with("--trusted-proxy=192.0.2.1"))?, "");
    let said = alone("proxy login", &with("--trusted-proxy=127.0.0.1"))?;
    assert!(said.starts_with("warn") && said.contains("every program on this machine"), "{said}");
    let serve = Command::new(env!("CARGO_BIN_EXE_bangui")).arg("serve").args(whole).output()?;
    let said = String::from_utf8_lossy(&serve.stderr).into_owned();
    assert!(!serve.status.success() && said.contains("no web server in front is believed"), "{said}");
    Ok(())
}

/// What `bangui check` says of the certificate and of listening with it, valid in these days counted from today.
fn of_certificate(from: i64, until: i64, host: &str) -> Result<[String; 2]> {
    let directory = tempfile::tempdir()?;
    let (file, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    let day = |days: i64| -> Result<_> {
        let day = jiff::Zoned::now().date().checked_add(jiff::Span::new().days(days))?;
        Ok(rcgen::date_time_ymd(day.year().into(), day.month().try_into()?, day.day().try_into()?))
    };
    let mut settings = rcgen::CertificateParams::new(["bans.example.org".to_owned()])?;
    (settings.not_before, settings.not_after) = (day(from)?, day(until)?);
    let pair = rcgen::KeyPair::generate()?;
    fs::write(&file, settings.self_signed(&pair)?.pem())?;
    fs::write(&key, pair.serialize_pem())?;
    let file = format!("--tls-certificate={}", file.display());
    let key = format!("--tls-key={}", key.display());
    let host = format!("--host={host}");
    let options = ["--listen=https://127.0.0.1:8443", &file, &key, &host];
    Ok([alone("certificate", &options)?, alone("listening", &options)?])
}

#[test]
fn a_certificate_that_browsers_refuse_today_or_soon_is_told() -> Result {
    for (from, until, host, words) in [
        (-30, 60, "bans.example.org", "ok    certificate: valid until"),
        (-30, -1, "bans.example.org", "FAIL  certificate: the certificate expired on"),
        (2, 60, "bans.example.org", "FAIL  certificate: the certificate is valid only from"),
        (-30, 9, "bans.example.org", "warn  certificate: the certificate expires on"),
        (-30, 60, "other.example.org", "warn  certificate: the certificate does not name other.example.org"),
    ] {
        let [said, listening] = of_certificate(from, until, host)?;
        assert!(said.contains(words), "{from} {until}: {said}");
        assert!(listening.starts_with("ok"), "it can still be listened with: {listening}");
    }
    Ok(())
}
