//! The configuration file: what it sets, what overrules it, and how a mistake in it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::serving::Serving;
use super::{Result, bangui, place, said};

/// A directory with a configuration file.
fn file(text: &str) -> Result<(tempfile::TempDir, PathBuf)> {
    let (directory, _) = place()?;
    let path = directory.path().join("bangui.toml");
    fs::write(&path, text)?;
    Ok((directory, path))
}

/// The line of `bangui check --config FILE` that begins so, with these variables and arguments.
fn checked(text: &str, variables: &[(&str, &str)], arguments: &[&str], line: &str) -> Result<String> {
    let (_directory, path) = file(text)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
    command
        .env_clear()
        .envs(variables.iter().copied())
        .arg("check")
        .args(arguments)
        .arg("--config")
        .arg(&path);
    let told = command.output()?;
    let (out, error) = (String::from_utf8(told.stdout)?, String::from_utf8(told.stderr)?);
    let found = out.lines().find(|own| own.contains(line)).map(str::to_owned);
    Ok(found.ok_or(format!("{out}{error}"))?.replace(&path.display().to_string(), "FILE"))
}

#[test]
fn an_option_overrules_a_variable_and_a_variable_the_file() -> Result {
    let text = "listen = '127.0.0.1:1'\nhost = ['a.example', 'b.example']\nsession_idle = 5\n";
    let listening = |variables: &[_], arguments: &[_]| checked(text, variables, arguments, "listening: ");
    let of_file = listening(&[], &[])?;
    assert!(
        of_file.starts_with("ok ")
            && of_file.contains(
                "http://127.0.0.1:1 and answers to this machine's own names and to a.example, b.example"
            ),
        "{of_file}"
    );
    let variable = [("BANGUI_LISTEN", "127.0.0.1:2")];
    assert!(listening(&variable, &[])?.contains("http://127.0.0.1:2 "));
    assert!(listening(&variable, &["--listen=127.0.0.1:3"])?.contains("http://127.0.0.1:3 "));
    let settings = checked(text, &variable, &["--host=c.example"], "settings: ")?;
    assert!(
        settings.ends_with(
            "FILE is read. Set on the command line: host; in the environment: listen; in the file: session_idle; in the \
             file but overridden: host, listen"
        ),
        "{settings}"
    );
    Ok(())
}

#[test]
fn check_says_what_serve_would_refuse() -> Result {
    let refused = checked("listen = '0.0.0.0:80'", &[], &[], "listening: ")?;
    assert!(refused.starts_with("FAIL ") && refused.contains("--allow-plain-http"), "{refused}");
    let allowed = checked("listen = '0.0.0.0:80'\nallow_plain_http = true", &[], &[], "listening: ")?;
    assert!(allowed.starts_with("ok "), "{allowed}");
    Ok(())
}

#[test]
fn places_and_lifetimes_that_exclude_one_another_are_refused_by_check_and_serve() -> Result {
    for (text, line, why) in [
        ("listen = ['127.0.0.1:1', '127.0.0.1:1']", "listening: ", "listen names http://127.0.0.1:1 twice"),
        (
            "listen = ['127.0.0.1:1', '0.0.0.0:1']\nallow_plain_http = true",
            "listening: ",
            "http://0.0.0.0:1 already listens on every address, http://127.0.0.1:1 included",
        ),
        (
            "base_path = '/bans/'",
            "listening: ",
            "the base path /bans/ is one of BanGUI's own pages: name another",
        ),
        (
            "session_idle = 61\nsession_absolute = 1",
            "logins: ",
            "session_idle, 61 minutes, must not be longer than session_absolute, which is 1 h",
        ),
    ] {
        let said_by_check = checked(text, &[], &[], line)?;
        assert!(said_by_check.starts_with("FAIL ") && said_by_check.contains(why), "{said_by_check}");
        let (directory, path) = file(text)?;
        let database = directory.path().join("bangui.sqlite3");
        let database = database.to_str().ok_or("no text")?;
        let path = path.to_str().ok_or("no text")?;
        let served = bangui(&["serve", "--config", path, "--database", database], b"")?;
        assert!(!served.status.success() && said(&served).contains(why), "{}", said(&served));
    }
    for text in
        ["listen = ['127.0.0.1:1', '127.0.0.2:1', '[::1]:1']", "listen = ['127.0.0.1:0', '127.0.0.1:0']"]
    {
        let fits = checked(text, &[], &[], "listening: ")?;
        assert!(fits.starts_with("ok "), "{fits}");
    }
    Ok(())
}

#[test]
fn of_a_long_line_that_is_wrong_only_the_beginning_is_shown() -> Result {
    for text in [format!("listen = {}", "x".repeat(100_000)), format!("{} = 1", "k".repeat(100_000))] {
        let (_directory, path) = file(&text)?;
        let told = bangui(&["check", "--config", path.to_str().ok_or("no text")?], b"")?;
        let said = said(&told);
        assert!(said.len() < 1000 && !told.status.success(), "{} bytes", said.len());
    }
    Ok(())
}

#[test]
fn a_mistake_ends_every_command_that_reads_the_file_with_one_sentence() -> Result {
    let (_directory, path) = file("sesion_idle = 5\n")?;
    let path = path.to_str().ok_or("no text")?;
    for command in
        [&["serve"][..], &["check"], &["user", "list"], &["broker", "--socket=/s", "--allow-user=0"]]
    {
        let told = bangui(&[command, &["--config", path]].concat(), b"")?;
        assert_eq!(told.status.code(), Some(1), "{command:?}");
        let expected =
            format!("bangui: {path}: there is no setting \"sesion_idle\", did you mean \"session_idle\"?\n");
        assert_eq!(said(&told), expected, "{command:?}");
    }
    let told = bangui(&["check", "--config", "/no/such/file.toml"], b"")?;
    assert_eq!(
        (told.status.code(), said(&told).contains("/no/such/file.toml: cannot be read")),
        (Some(1), true)
    );
    let (_directory, path) = file("session_idle = 0\n")?;
    let told = bangui(&["check", "--config", path.to_str().ok_or("no text")?], b"")?;
    assert!(said(&told).contains("session_idle: 0 is not in 1..=10080"), "{}", said(&told));
    let (_directory, path) = file("session_idle = 5\n")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    let told = bangui(&["check", "--config", path.to_str().ok_or("no text")?], b"")?;
    assert_eq!((told.status.code(), said(&told).contains("everybody can write it")), (Some(1), true));
    let told = bangui(&["check", "--config", "/dev/zero"], b"")?;
    assert_eq!((told.status.code(), said(&told).contains("it is too large")), (Some(1), true));
    // Help is given all the same.
    assert!(bangui(&["serve", "--help", "--config", "/no/such/file.toml"], b"")?.status.success());
    Ok(())
}

#[test]
fn serve_and_user_share_the_files_settings() -> Result {
    let (directory, path) = file("")?;
    let database = directory.path().join("state/bangui/bangui.sqlite3");
    fs::write(
        &path,
        format!(
            "database = {database:?}\nlisten = ['127.0.0.1:0']\nhost = 'bans.example'\nlog = 'warn'\nhistory_days = 0\n"
        ),
    )?;
    let path = path.to_str().ok_or("no text")?;
    let told = bangui(&["user", "add", "ann", "--config", path], b"quiet harbour lamp\n")?;
    assert!(told.status.success() && database.exists(), "{}", said(&told));
    let serving = Serving::of(&["serve", "--config", path], &[("BANGUI_LOG", "info")])?;
    // The name is known, but a browser has to come over HTTPS or by a name of this machine.
    for (host, status) in [("bans.example", "403"), ("other.example", "421"), ("localhost", "200")] {
        let told = serving.ask(&format!("Host: {host}\r\n"))?;
        assert_eq!(told.split(' ').nth(1), Some(status), "{host}");
    }
    Ok(())
}

#[test]
fn what_a_broker_in_the_file_would_leave_without_effect_is_refused() -> Result {
    let (_directory, path) = file("broker = '/run/no-such/broker.sock'\nfail2ban_socket = '/s'\n")?;
    let path = path.to_str().ok_or("no text")?;
    let both = bangui(&["serve", "--config", path, "--fail2ban-socket=/other"], b"")?;
    assert!(said(&both).contains("--fail2ban-socket has no effect behind the broker"), "{}", said(&both));
    // An option is meant for this very call; a variable or a line may be for the other process as well.
    let (socket, broker) = (("BANGUI_FAIL2BAN_SOCKET", "/other"), ("BANGUI_BROKER", "/run/another.sock"));
    for (text, variables, arguments) in [
        ("", &[socket][..], &["--broker=/run/another.sock"][..]),
        ("", &[socket, broker], &[]),
        ("fail2ban_socket = '/s'", &[broker], &[]),
        ("broker = '/run/another.sock'", &[socket], &[]),
        ("fail2ban_socket = '/s'", &[], &["--broker=/run/another.sock"]),
    ] {
        let line = checked(text, variables, arguments, "processes: ")?;
        assert!(line.contains("processes: two. "), "{text} {variables:?} {arguments:?}: {line}");
    }
    let refused = checked("", &[broker], &["--fail2ban-socket=/s"], "no such line").err().ok_or("taken")?;
    assert!(
        refused.to_string().contains("has no effect behind the broker that BANGUI_BROKER names"),
        "{refused}"
    );
    // One file for both processes names the broker of the one and the socket of the other.
    let check = String::from_utf8(bangui(&["check", "--config", path], b"")?.stdout)?;
    assert!(check.contains("processes: two. "), "{check}");
    Ok(())
}

#[test]
fn check_says_of_places_what_serve_would() -> Result {
    let place = tempfile::tempdir()?;
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o1777))?;
    let socket = format!("listen = 'unix:{}/web.sock'\nproxy_user = '0'", place.path().display());
    for (text, why) in [
        ("listen = '192.0.2.1:80'\nallow_plain_http = true", "192.0.2.1 is no address of this machine"),
        (&socket, "name another directory"),
        ("tls_certificate = '/c.pem'\ntls_key = '/k.pem'", "where systemd passes the socket"),
    ] {
        let said = checked(text, &[], &[], "listening: ")?;
        assert!(said.starts_with("FAIL ") && said.contains(why), "{said}");
    }
    let below = checked("base_path = '/bangui/'", &[], &[], "listening: ")?;
    assert!(below.contains("http://127.0.0.1:8580 below /bangui/ and answers"), "{below}");
    let directory = format!("database = '{}'", place.path().display());
    let said = checked(&directory, &[], &[], "database: ")?;
    assert!(said.starts_with("FAIL ") && said.contains("is a directory: name a file in it"), "{said}");
    let socket = format!("fail2ban_socket = '{}'", place.path().display());
    let said = checked(&socket, &[], &[], "socket: ")?;
    assert!(said.contains("it is no socket") && !said.contains("has died"), "{said}");
    let said = checked("fail2ban_client = '/bin/true'", &[], &[], "fail2ban-client: ")?;
    assert!(said.starts_with("FAIL ") && said.contains("not fail2ban's"), "{said}");
    let said = checked("fail2ban_restart_command = '/nope now'", &[], &[], "restart command: ")?;
    assert!(said.starts_with("warn ") && said.contains("there is no program /nope"), "{said}");
    Ok(())
}

#[test]
fn a_wrong_variable_is_named_and_a_list_in_one_may_have_blanks() -> Result {
    let wrong = |variable, arguments: &[&str]| checked("", &[variable], arguments, "no such line");
    let words = |told: Result<String>| told.err().map(|error| error.to_string()).unwrap_or_default();
    let said = words(wrong(("BANGUI_SESSION_IDLE", "0"), &[]));
    assert!(
        said.contains("BANGUI_SESSION_IDLE: 0 is not in 1..=10080") && !said.contains("--session-idle"),
        "{said}"
    );
    let said = words(wrong(("BANGUI_FORWARDED_HEADER", "X-Forwarded"), &[]));
    assert!(said.contains("BANGUI_FORWARDED_HEADER: write x-forwarded or forwarded"), "{said}");
    let said = words(wrong(("BANGUI_SESSION_IDLE", "5"), &["--session-idle=0"]));
    assert!(said.contains("--session-idle"), "{said}");
    let said = words(wrong(("BANGUI_SESION_IDLE", "5"), &[]));
    assert!(
        said.contains("there is no variable BANGUI_SESION_IDLE, did you mean \"BANGUI_SESSION_IDLE\"?"),
        "{said}"
    );
    let blanks = [
        ("BANGUI_HOST", "a.example, b.example"),
        ("BANGUI_TRUSTED_PROXY", "192.0.2.1, 192.0.2.2"),
        ("BANGUI_LISTEN", "127.0.0.1:1, 127.0.0.2:1"),
    ];
    let listening = checked("", &blanks, &[], "listening: ")?;
    assert!(
        listening.contains("a.example, b.example") && listening.contains("http://127.0.0.2:1"),
        "{listening}"
    );
    for (text, why) in [
        ("forwarded_header = 'X-Forwarded'", "forwarded_header: write x-forwarded or forwarded"),
        ("broker = ''", "broker: it is empty"),
    ] {
        let said = words(checked(text, &[], &[], "no such line"));
        assert!(said.contains(why), "{said}");
    }
    Ok(())
}
