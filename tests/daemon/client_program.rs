//! fail2ban-client: test and reload.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use bangui::broker::{Broker, Reply, Request};
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::jail::JailName;
use bangui::domain::reload::{Refusal, Scope};
use bangui::fail2ban::Error;
use bangui::fail2ban::client_program::{ClientError, ClientProgram, Misfit, Purpose};

use crate::support::{TestResult, banned, client, protection, until};

const JAILS: [&str; 2] = ["sshd", "web"];

/// Plans a reload and carries it out, as the jail service does.
async fn reload(program: &ClientProgram, jail: Option<&JailName>) -> Result<(), ClientError> {
    let broker = Broker::with(program.clone(), None);
    let scope = jail.cloned().map_or(Scope::All, Scope::Jail);
    let client_error = |error: Error| match error {
        Error::Client(error) => error,
        unanswered => ClientError::Failed { output: unanswered.to_string() },
    };
    let Reply::Plan(planned) =
        broker.handle(Request::Plan { scope, kept: KeptIgnores::default() }).await.map_err(client_error)?
    else {
        return Err(ClientError::Untested);
    };
    let load = Request::Load { planned: planned.token };
    let Reply::Load(found) = broker.handle(load).await.map_err(client_error)? else {
        return Err(ClientError::Untested);
    };
    if found.short.is_empty() { Ok(()) } else { Err(ClientError::Failed { output: format!("{found:?}") }) }
}

/// What fail2ban refuses in the configuration.
async fn refusals(program: &ClientProgram) -> Result<Vec<String>, ClientError> {
    let configuration = program.read_configuration().await?;
    let expected = program.try_configuration(&configuration, &Purpose::default()).await?;
    Ok(expected.refusals.iter().map(Refusal::line).collect())
}

async fn two_jails() -> Result<(PrivateDaemon, ClientProgram), Box<dyn std::error::Error>> {
    let jails = [
        DemoJail::new("sshd", "sshd").with("ignoreip", "192.0.2.1 198.51.100.0/24"),
        DemoJail::new("web", "nginx-http-auth").with("ignoreip", "2001:db8::/32"),
    ];
    let daemon = PrivateDaemon::start(&jails).await?;
    for (jail, address) in [("sshd", "203.0.113.5"), ("web", "2001:db9::5")] {
        client(&daemon, &["set", jail, "banip", address])?;
        until("it is banned", || Ok(banned(&daemon, jail)? == [address])).await?;
    }
    let program = ClientProgram::new(daemon.socket().to_owned(), daemon.config_dir().to_owned());
    Ok((daemon, program))
}

/// Writes a file that fail2ban reads after `jail.conf` and before `jail.local`.
fn add_configuration(daemon: &PrivateDaemon, text: &str) -> std::io::Result<()> {
    fs::write(daemon.config_dir().join("jail.d/more.local"), text)
}

/// Everything of every jail.
fn everything(daemon: &PrivateDaemon) -> Result<Vec<Vec<String>>, Box<dyn std::error::Error>> {
    let mut all = vec![vec![client(daemon, &["status"])?]];
    for jail in JAILS {
        all.push(protection(daemon, jail)?);
        all.push(banned(daemon, jail)?);
    }
    Ok(all)
}

#[tokio::test]
async fn the_version_is_fail2bans_own() -> TestResult {
    let (daemon, program) = two_jails().await?;
    assert_eq!(program.version().await?, client(&daemon, &["version"])?);
    Ok(())
}

#[tokio::test]
async fn a_sound_configuration_passes_the_test() -> TestResult {
    let (_daemon, program) = two_jails().await?;
    assert!(refusals(&program).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_reload_keeps_failregex_log_paths_ignore_list_actions_and_bans_of_every_jail() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let before = everything(&daemon)?;
    assert!(before.concat().iter().any(|line| line.contains("record")), "{before:?}");
    let sshd: JailName = "sshd".parse()?;
    for jail in [Some(&sshd), None] {
        reload(&program, jail).await?;
        assert_eq!(everything(&daemon)?, before, "{jail:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_reload_brings_what_has_changed_in_the_files() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let file = daemon.config_dir().join("jail.local");
    fs::write(&file, fs::read_to_string(&file)?.replace("maxretry = 3", "maxretry = 9"))?;
    reload(&program, Some(&"web".parse()?)).await?;
    assert_eq!(client(&daemon, &["get", "web", "maxretry"])?, "9");
    assert_eq!(client(&daemon, &["get", "sshd", "maxretry"])?, "3");
    reload(&program, None).await?;
    assert_eq!(client(&daemon, &["get", "sshd", "maxretry"])?, "9");
    Ok(())
}

#[tokio::test]
async fn a_reload_starts_a_stopped_jail_again() -> TestResult {
    let (daemon, program) = two_jails().await?;
    client(&daemon, &["stop", "sshd"])?;
    reload(&program, Some(&"sshd".parse()?)).await?;
    assert!(protection(&daemon, "sshd")?.concat().contains("record"));
    Ok(())
}

#[tokio::test]
async fn a_broken_jail_is_refused_with_fail2bans_words_and_holds_no_other_back() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let before = everything(&daemon)?;
    let (sshd, own): (JailName, JailName) = ("sshd".parse()?, "broken".parse()?);
    let log = daemon.log_file("sshd");
    let jail = |settings: &str| {
        format!(
            "[broken]\nenabled = true\nbackend = polling\nlogpath = {}\nfilter = sshd\n{settings}\n",
            log.display()
        )
    };
    for (text, expected) in [
        (jail("filter = nothing"), "Jail 'broken': Unable to read the filter 'nothing'"),
        (jail("action = nothing"), "Jail 'broken': Unable to read action 'nothing'"),
        (jail("logpath = /nowhere.log"), "Jail 'broken': Have not found any log file for "),
        (jail("failregex = ^(unclosed <HOST>"), "Jail 'broken', failregex: Unable to compile"),
        (jail("ignoreregex = ^(unclosed"), "Jail 'broken', ignoreregex: Unable to compile"),
        (jail("findtime = soon"), "Jail 'broken', findtime: "),
        (jail("backend = crystal-ball"), "Jail 'broken', backend: Unknown backend"),
    ] {
        // A later setting of the same name would be a duplicate to fail2ban's reader.
        add_configuration(&daemon, &without_first_of_duplicates(&text))?;
        let outcome = reload(&program, Some(&own)).await;
        let Err(ClientError::ConfigurationRefused { output }) = outcome else {
            return Err(format!("{expected}: {outcome:?}").into());
        };
        assert!(output.contains(expected), "{output}");
        assert!(!output.contains("ERROR ") && !output.contains("WARNING"), "{output}");
        // It holds no other jail back.
        assert_eq!(reload(&program, Some(&sshd)).await, Ok(()), "{text}");
        assert_eq!(reload(&program, None).await, Ok(()), "{text}");
        assert_eq!(everything(&daemon)?, before, "{text}");
    }
    add_configuration(&daemon, "no section here")?;
    let outcome = reload(&program, Some(&sshd)).await;
    let Err(ClientError::ConfigurationRefused { output }) = outcome else {
        return Err(format!("{outcome:?}").into());
    };
    assert!(output.contains("File contains no section headers"), "{output}");
    assert_eq!(everything(&daemon)?, before);
    Ok(())
}

/// Keeps the last line for each name.
fn without_first_of_duplicates(text: &str) -> String {
    let name = |line: &str| line.split('=').next().map(str::trim).map(str::to_owned);
    let lines: Vec<&str> = text.lines().collect();
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| !lines[at + 1..].iter().any(|later| name(later) == name(line)))
        .map(|(_, line)| *line);
    kept.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_jail_that_the_configuration_lacks_or_disables_is_unknown_and_keeps_running() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let file = daemon.config_dir().join("jail.local");
    fs::write(&file, fs::read_to_string(&file)?.replace("[web]\nenabled = true", "[web]\nenabled = false"))?;
    let before = everything(&daemon)?;
    for jail in ["nope", "web", "postfix"] {
        let outcome = reload(&program, Some(&jail.parse()?)).await;
        assert_eq!(outcome, Err(ClientError::UnknownJail(jail.to_owned())));
    }
    assert_eq!(everything(&daemon)?, before);
    Ok(())
}

#[tokio::test]
async fn a_reload_is_never_reported_done_when_no_daemon_answers() -> TestResult {
    let (daemon, program) = two_jails().await?;
    daemon.kill()?;
    let outcome = reload(&program, None).await;
    assert!(
        matches!(&outcome, Err(ClientError::Failed { output }) if output.contains("nobody listens")),
        "{outcome:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_reload_is_never_reported_done_when_the_program_does_not_say_so() -> TestResult {
    let (daemon, program) = two_jails().await?;
    // fail2ban-python is looked for beside it, and stays that of the daemon's version.
    let silent = daemon.directory().join("fail2ban-client");
    symlink("/bin/true", &silent)?;
    let python = silent.with_file_name("fail2ban-python");
    let real = daemon.client().with_file_name("fail2ban-python");
    fs::write(&python, format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display()))?;
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755))?;
    let silent = ClientProgram { program: silent, ..program };
    let outcome = reload(&silent, None).await;
    assert_eq!(outcome, Err(ClientError::Unfit(Misfit::NoJailInCommon)));
    Ok(())
}

#[tokio::test]
async fn a_missing_program_is_named() -> TestResult {
    let (_daemon, program) = two_jails().await?;
    let missing = ClientProgram { program: "/nowhere/fail2ban-client".into(), ..program };
    let expected = ClientError::NotInstalled { program: "/nowhere/fail2ban-client".to_owned() };
    assert_eq!(missing.read_configuration().await.map(drop), Err(expected));
    Ok(())
}

/// A program in a directory of its own, with `python` as the Python that fail2ban runs on.
fn beside(daemon: &PrivateDaemon, program: ClientProgram, python: &str) -> std::io::Result<ClientProgram> {
    let own = daemon.directory().join("fail2ban-client");
    std::os::unix::fs::symlink("/usr/bin/fail2ban-client", &own)?;
    if !python.is_empty() {
        let path = daemon.directory().join("fail2ban-python");
        fs::write(&path, format!("#!/bin/sh\n{python}\n"))?;
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    }
    Ok(ClientProgram { program: own, ..program })
}

#[tokio::test]
async fn without_the_python_that_can_try_it_no_configuration_is_loaded() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let before = everything(&daemon)?;
    let untried = beside(&daemon, program, "")?;
    let outcome = reload(&untried, None).await;
    let python = daemon.directory().join("fail2ban-python").display().to_string();
    assert_eq!(outcome, Err(ClientError::NotInstalled { program: python }));
    assert_eq!(everything(&daemon)?, before);
    Ok(())
}

#[tokio::test]
async fn a_program_of_another_version_than_the_daemon_is_refused() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let version = client(&daemon, &["version"])?;
    let python = r#"fail2ban-python "$@" | sed 's/"version": "[^"]*"/"version": "0.9.9"/'"#;
    let other = beside(&daemon, program, python)?;
    let expected = Misfit::Versions { program: "0.9.9".to_owned(), daemon: version };
    assert_eq!(reload(&other, None).await, Err(ClientError::Unfit(expected)));
    Ok(())
}

#[tokio::test]
async fn a_trial_that_ends_without_an_answer_passes_nothing() -> TestResult {
    let (daemon, program) = two_jails().await?;
    let before = everything(&daemon)?;
    for python in ["exit 0", "echo '{'", "echo; exit 3"] {
        let silent = beside(&daemon, program.clone(), python)?;
        let outcome = reload(&silent, None).await;
        assert!(
            matches!(&outcome, Err(ClientError::Failed { .. } | ClientError::Unreadable(_))),
            "{python}: {outcome:?}"
        );
        fs::remove_file(&silent.program)?;
    }
    assert_eq!(everything(&daemon)?, before);
    Ok(())
}
