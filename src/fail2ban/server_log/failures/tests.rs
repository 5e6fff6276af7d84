use super::*;

fn line(level: &str, message: &str) -> String {
    format!("2026-11-27 08:56:52,251 fail2ban.utils          [20983]: {level:<7} {message}\n")
}

fn errors(messages: &[&str]) -> String {
    messages.iter().map(|message| line("ERROR", message)).collect()
}

/// The line of fail2ban 1.0.2.
fn failed(what: &str, jail: &str, action: &str, entry: &str, words: &str) -> String {
    format!(
        "Failed to execute {what} jail '{jail}' action '{action}' info 'ActionInfo({{'ip': {entry}, 'family': 'inet4', \
         'fid': <function Actions.ActionInfo.<lambda> at 0x7faf5c3ae2a0>, 'raw-ticket': <function \
         Actions.ActionInfo.<lambda> at 0x7faf5c3aea20>}})': {words}"
    )
}

fn command(end: CommandEnd, errors: &[&str]) -> Vec<FailureCause> {
    vec![FailureCause::Command { end, errors: errors.iter().map(ToString::to_string).collect() }]
}

fn returned(status: &str, errors: &[&str]) -> Vec<FailureCause> {
    command(CommandEnd::Returned(status.to_owned()), errors)
}

/// Returns the entry, the action and the cause of each failure.
fn found(log: &str) -> Vec<(String, String, FailureCause)> {
    let jail: JailName = "sshd".parse().unwrap_or_else(|error| unreachable!("{error}"));
    let found = parse_failures(log, &[jail], |banned| banned.to_string() != "192.0.2.99");
    let found: Vec<ActionFailure> = found.into_iter().flat_map(|of_jail| of_jail.failures).collect();
    let entry = |failure: &ActionFailure| failure.banned.as_ref().map_or("-".to_owned(), ToString::to_string);
    found.iter().map(|failure| (entry(failure), failure.action.clone(), failure.cause.clone())).collect()
}

fn causes(before: &[&str], words: &str) -> Vec<FailureCause> {
    let last = failed("ban", "sshd", "f", "'203.0.113.5'", words);
    let lines = [before, &[&last]].concat();
    found(&errors(&lines)).into_iter().map(|(_, _, cause)| cause).collect()
}

#[test]
fn a_failed_command_is_told_by_its_end_and_its_error_output_and_never_by_its_text() {
    let banning = "Error banning 203.0.113.5";
    let twice = [
        "7faf -- exec: curl --token s3cr3t",
        "7faf -- stderr: '/bin/sh: 1: curl: not found'",
        "7faf -- returned 127",
        "7faf -- exec: curl --token s3cr3t",
        "7faf -- stdout: 'out'",
        "7faf -- stderr: '/bin/sh: 1: curl: not found'",
        "7faf -- returned 127",
    ];
    assert_eq!(causes(&twice, banning), returned("127", &["/bin/sh: 1: curl: not found"]));
    assert_eq!(causes(&["7faf -- exec: false", "7faf -- returned 1"], banning), returned("1", &[]));
    let several = ["7 -- exec: x", "7 -- stderr: \"it's\"", "7 -- stderr: 'b'", "7 -- returned 1"];
    assert_eq!(causes(&several, banning), returned("1", &["it's", "b"]));
    let late = [
        "7 -- exec: sleep 99",
        "7 -- timed out after 60 seconds.",
        "7 -- killed with SIGKILL (return code: -9)",
    ];
    assert_eq!(causes(&late, banning), command(CommandEnd::TimedOut("60 seconds".to_owned()), &[]));
    let killed = ["7 -- exec: x", "7 -- killed with SIGTERM (return code: -15)"];
    assert_eq!(
        causes(&killed, banning),
        command(CommandEnd::Killed("SIGTERM (return code: -15)".to_owned()), &[])
    );
    assert_eq!(causes(&["7 -- exec: x"], banning), command(CommandEnd::NotRun, &[]));
    let python = "https://api.example.org/?key=s3cr3t: Connection refused";
    assert_eq!(causes(&[], python), [FailureCause::InLog]);
    let start = ["7 -- exec: x", "7 -- stderr: 'no'", "7 -- returned 2"];
    assert_eq!(
        causes(&start, "Error starting action Jail('sshd')/f: 'Script error'"),
        returned("2", &["no"])
    );
}

#[test]
fn only_the_jail_and_those_concerned_are_told_each_once() {
    let log = errors(&[
        &failed("ban", "sshd", "f", "'203.0.113.5'", "Error banning 203.0.113.5"),
        &failed("ban", "sshd", "f", "'203.0.113.5'", "Error banning 203.0.113.5"),
        &failed("unban", "sshd", "g-x", "'198.51.100.0/24'", "Error unbanning 198.51.100.0/24"),
        &failed("reban", "sshd", "f", "'2001:db8::1'", "Error banning 2001:db8::1"),
        &failed("ban", "sshd", "f", "\"o'hara\"", "Error banning o'hara"),
        &failed("ban", "sshd-2", "f", "'203.0.113.6'", "Error banning 203.0.113.6"),
        &failed("ban", "sshd", "f", "'192.0.2.99'", "Error banning 192.0.2.99"),
        "Failed to stop jail 'sshd' action 'f': Error stopping action",
        "Failed to start jail 'sshd' action 'f': Error starting action",
    ]);
    let found: Vec<_> =
        found(&log).into_iter().map(|(entry, action, _)| format!("{entry} {action}")).collect();
    assert_eq!(found, ["203.0.113.5 f", "198.51.100.0/24 g-x", "2001:db8::1 f", "o'hara f", "- f", "- f"]);
}

#[test]
fn what_others_write_into_a_line_is_no_failure() {
    let forged = failed("ban", "sshd", "f", "'203.0.113.5'", "Error banning 203.0.113.5");
    for log in [
        line("NOTICE", &format!("[sshd] Ban {forged}")),
        line("NOTICE", &format!("[sshd] Ban [1]: ERROR   {forged}")),
        line("NOTICE", &forged),
        line("ERRORS", &forged),
        forged.clone(),
        format!("[7]: ERROR   {forged}\n"),
        format!("x fail2ban.x [seven]: ERROR   {forged}\n"),
    ] {
        assert!(found(&log).is_empty(), "{log}");
    }
    // Other commands than the one that failed say nothing of it.
    let other =
        ["7 -- exec: x", "8 -- stderr: 'of another'", "nothing -- stderr: 'of nobody'", "7 -- returned 1"];
    assert_eq!(causes(&other, "Error banning 203.0.113.5"), returned("1", &[]));
}

#[test]
fn what_is_told_is_short_and_harmless() {
    let long = format!("7 -- stderr: '{}'", "x".repeat(5000));
    let lines: Vec<&str> =
        std::iter::once("7 -- exec: x").chain([long.as_str(); 50]).chain(["7 -- returned 1"]).collect();
    let told = format!("{:?}", causes(&lines, "Error banning 203.0.113.5"));
    assert!(told.chars().count() < 600 && told.contains('…'), "{told}");
    let hostile = ["7 -- exec: x", "7 -- stderr: 'a\u{1b}[31m\u{202e}b'", "7 -- returned 1"];
    assert_eq!(causes(&hostile, "Error banning 203.0.113.5"), returned("1", &["a␛[31m\u{fffd}b"]));
}

#[test]
fn no_log_however_broken_stops_the_reading() {
    for log in [
        "",
        "\n\n",
        "]: ",
        "fail2ban.x [1]: ERROR",
        "fail2ban.x [1]: ERROR  -- ",
        "fail2ban.x [1]: ERROR   Failed to execute ban jail 'sshd' action '",
        "fail2ban.x [1]: ERROR   Failed to execute ban jail 'sshd' action 'f' info ''ip': ",
        "fail2ban.x [1]: ERROR   Failed to execute ban jail 'sshd' action 'f' info ''ip': é",
        "fail2ban.x [1]: ERROR   Failed to execute ban jail 'sshd' action 'f' info ''ip': 'é",
        "fail2ban.x [1]: ERROR   Failed to stop jail 'sshd' action 'f'",
    ] {
        assert!(found(log).is_empty(), "{log}");
    }
}

#[test]
fn what_fails_in_several_jails_is_told_of_each_with_what_the_action_should_have_done()
-> Result<(), Box<dyn std::error::Error>> {
    let log = errors(&[
        "7faf -- exec: nft",
        "7faf -- returned 127",
        "Failed to start jail 'web' action 'nft': Error starting action Jail('web')/nft: 'Script error'",
        &failed("ban", "sshd", "nft", "'203.0.113.5'", "Error banning 203.0.113.5"),
        "Failed to stop jail 'sshd' action 'nft': Error stopping action",
        "Failed to start jail 'other' action 'nft': Error starting action",
        "Failed to start jail 'sshd' action 'nft': Error starting action",
    ]);
    let found = parse_failures(&log, &["sshd".parse()?, "web".parse()?], |_| true);
    let found: Vec<(&str, Vec<ActionTask>)> = found
        .iter()
        .map(|of| (of.jail.as_str(), of.failures.iter().map(|failure| failure.task).collect()))
        .collect();
    let of_sshd = vec![ActionTask::Ban, ActionTask::Unban, ActionTask::Start];
    assert_eq!(found, [("web", vec![ActionTask::Start]), ("sshd", of_sshd)]);
    Ok(())
}
