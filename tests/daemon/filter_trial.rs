//! Trying a jail's filter on lines, as the running daemon has it.

use std::error::Error;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use bangui::broker::{Broker, Reply, Request};
use bangui::demo::{DemoJail, Filter, PrivateDaemon};
use bangui::domain::filter_trial::{
    Expressions, FilterQuestion, FilterTrial, LineOutcome, LogFault, TrialLines, Untried,
};
use bangui::fail2ban::client_program::ClientProgram;

use crate::support::{TestResult, client};

type Made<T> = Result<T, Box<dyn Error>>;

const ADDRESS: &str = "203.0.113.5";
/// The failed logins of OpenSSH 7.4, 8.4, 9.2: these three and the filters know them.
const OPENSSH: &str = "\
Nov 28 12:00:01 host sshd[101]: Failed password for invalid user admin from 203.0.113.5 port 4242 ssh2
Nov 28 12:00:02 host sshd[102]: Invalid user admin from 203.0.113.6 port 4242
2026-11-28T12:00:03.456789+01:00 host sshd[103]: Failed password for root from 2001:db8::7 port 4242 ssh2
";
/// The same of OpenSSH 9.8.
const OPENSSH_9_8: &str = "\
Nov 28 12:00:01 host sshd-session[101]: Failed password for invalid user admin from 203.0.113.5 port 4242 ssh2
Nov 28 12:00:03 host sshd-session[103]: Failed password for root from 2001:db8::7 port 4242 ssh2
Nov 28 12:00:04 host sshd-session[104]: Accepted password for me from 192.0.2.7 port 4242 ssh2
";

fn own(name: &str, failregex: &str) -> DemoJail {
    DemoJail { filter: Filter::Own(failregex.to_owned()), ..DemoJail::new(name, "") }
}

fn pasted(lines: &str) -> Made<FilterQuestion> {
    Ok(FilterQuestion { lines: TrialLines::Pasted(lines.to_owned().try_into()?), ..FilterQuestion::of_log() })
}

fn broker(daemon: &PrivateDaemon) -> Broker {
    Broker::with(ClientProgram::new(daemon.socket().to_owned(), daemon.config_dir().to_owned()), None)
}

async fn ask(broker: &Broker, jail: &str, trial: FilterQuestion) -> Made<Result<FilterTrial, Untried>> {
    match broker.handle(Request::TryFilter { jail: jail.parse()?, trial }).await? {
        Reply::TryFilter(answer) => Ok(answer),
        other => Err(format!("{other:?}").into()),
    }
}

async fn tried(daemon: &PrivateDaemon, jail: &str, trial: FilterQuestion) -> Made<FilterTrial> {
    Ok(ask(&broker(daemon), jail, trial).await??)
}

/// Lines, matched, ignored, unmatched.
fn numbers(trial: &FilterTrial) -> [u64; 4] {
    [trial.lines, trial.matched, trial.ignored, trial.unmatched]
}

fn ids(trial: &FilterTrial) -> Vec<&str> {
    trial.shown.iter().filter_map(|line| line.found.as_ref()).map(|found| found.id.as_str()).collect()
}

/// True if the filter of this fail2ban knows how OpenSSH 9.8 logs.
fn knows_sessions(daemon: &PrivateDaemon) -> Made<bool> {
    Ok(client(daemon, &["get", "sshd", "prefregex"])?.contains("-session"))
}

#[tokio::test]
async fn the_log_of_openssh_is_found_and_that_of_a_later_version_looks_like_failed_logins() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let mut log = fs::read(daemon.log_file("sshd"))?;
    assert_eq!(numbers(&tried(&daemon, "sshd", FilterQuestion::of_log()).await?), [0; 4]);
    log.extend_from_slice(OPENSSH.as_bytes());
    fs::write(daemon.log_file("sshd"), &log)?;
    let old = tried(&daemon, "sshd", FilterQuestion::of_log()).await?;
    assert_eq!((numbers(&old), old.suspicious_count), ([3, 3, 0, 0], 0), "{old:?}");
    assert_eq!(ids(&old), [ADDRESS, "203.0.113.6", "2001:db8::7"]);
    let found = old.shown[0].found.as_ref().ok_or("nothing was found")?;
    assert!(found.groups.contains(&("user".to_owned(), "admin".to_owned())), "{found:?}");
    assert_eq!(old.shown[2].found.as_ref().and_then(|found| found.time), Some(1_795_863_603));
    assert_eq!(old.logs[0].path, daemon.log_file("sshd").to_string_lossy());

    fs::write(daemon.log_file("sshd"), OPENSSH_9_8)?;
    let new = tried(&daemon, "sshd", FilterQuestion::of_log()).await?;
    if knows_sessions(&daemon)? {
        assert_eq!((new.matched, new.suspicious_count), (2, 0), "{new:?}");
    } else {
        assert_eq!((numbers(&new), new.suspicious_count), ([3, 0, 0, 3], 2), "{new:?}");
        assert!(new.suspicious.iter().all(|line| line.contains("Failed password")), "{new:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_changed_and_nobody_is_banned() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let before = client(&daemon, &["status", "sshd"])?;
    let many = OPENSSH.repeat(20);
    assert_eq!(tried(&daemon, "sshd", pasted(&many)?).await?.matched, 60);
    assert_eq!(client(&daemon, &["status", "sshd"])?, before);
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_login_is_no_failure_and_looks_like_none() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let lines = "\
Nov 28 12:00:01 host sshd[7]: Connection from 203.0.113.5 port 4242 on 192.0.2.1 port 22
Nov 28 12:00:02 host sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5  user=root
Nov 28 12:00:03 host sshd[7]: Failed password for root from 203.0.113.5 port 4242 ssh2
";
    let trial = tried(&daemon, "sshd", pasted(lines)?).await?;
    assert_eq!((trial.matched, trial.noticed, trial.suspicious_count), (1, 2, 0), "{trial:?}");
    Ok(())
}

#[tokio::test]
async fn a_date_of_another_form_is_not_understood() -> TestResult {
    let strict = own("strict", "^ login failed from <HOST>$").with("datepattern", "^%%Y-%%m-%%d %%H:%%M:%%S");
    let daemon = PrivateDaemon::start(&[strict]).await?;
    let lines =
        "2026-11-28 12:00:00 login failed from 203.0.113.5\n28/11 12.00 login failed from 203.0.113.6\n";
    let trial = tried(&daemon, "strict", pasted(lines)?).await?;
    assert_eq!((numbers(&trial), trial.without_date), ([2, 1, 0, 1], 1), "{trial:?}");
    assert!(!trial.shown[1].has_date && trial.shown[1].suspicious, "{trial:?}");
    Ok(())
}

#[tokio::test]
async fn the_date_pattern_is_that_of_the_configuration_where_fail2ban_does_not_tell_it() -> TestResult {
    let patterns = "^%%Y/%%m/%%d %%H-%%M\n  ^AT%%Y%%m%%d%%H%%M%%S\n  ^DAY%%d.%%m.%%Y";
    let daemon =
        PrivateDaemon::start(&[own("odd", "^ failed from <HOST>$").with("datepattern", patterns)]).await?;
    assert!(client(&daemon, &["get", "odd", "datepattern"])?.contains("Default Detectors"));
    let lines = "AT20261128120000 failed from 203.0.113.5\nNov 28 12:00:00 failed from 203.0.113.6\n";
    let trial = tried(&daemon, "odd", pasted(lines)?).await?;
    assert_eq!((numbers(&trial), trial.without_date), ([2, 1, 0, 1], 1), "{trial:?}");
    Ok(())
}

#[tokio::test]
async fn a_filter_of_several_lines_finds_them_together() -> TestResult {
    let several = own("several", "^ begin<SKIPLINES>.* failed from <HOST>$").with("maxlines", "5");
    let daemon = PrivateDaemon::start(&[several]).await?;
    let lines = "Nov 28 12:00:00 begin\nNov 28 12:00:01 other\nNov 28 12:00:02 failed from 203.0.113.5\n";
    let trial = tried(&daemon, "several", pasted(lines)?).await?;
    let outcomes: Vec<LineOutcome> = trial.shown.iter().map(|line| line.outcome).collect();
    assert_eq!(outcomes, [LineOutcome::Noticed, LineOutcome::Unmatched, LineOutcome::Matched], "{trial:?}");
    Ok(())
}

#[tokio::test]
async fn an_ignoreregex_keeps_a_line_from_counting() -> TestResult {
    let lenient = own("lenient", "^ failed for .* from <HOST>$").with("ignoreregex", "for monitor from");
    let daemon = PrivateDaemon::start(&[lenient]).await?;
    let lines = "Nov 28 12:00:00 failed for monitor from 203.0.113.5\nNov 28 12:00:00 failed for x from 203.0.113.6\n";
    let trial = tried(&daemon, "lenient", pasted(lines)?).await?;
    assert_eq!(numbers(&trial), [2, 1, 1, 0], "{trial:?}");
    let without = FilterQuestion { ignoreregex: Some(Expressions::of_lines("")?), ..pasted(lines)? };
    assert_eq!(numbers(&tried(&daemon, "lenient", without).await?), [2, 2, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn other_expressions_are_tried_in_the_place_of_the_jails_own() -> TestResult {
    let daemon = PrivateDaemon::start(&[own("web", "^ denied <HOST>$").with("usedns", "warn")]).await?;
    let lines = "Nov 28 12:00:00 refused 203.0.113.5\nNov 28 12:00:00 denied host.example.org\n";
    let as_it_is = tried(&daemon, "web", pasted(lines)?).await?;
    assert_eq!(
        (ids(&as_it_is), as_it_is.expressions.failregex.as_slice()),
        (vec!["host.example.org"], &["^ denied <HOST>$".to_owned()][..])
    );
    let other = Some(Expressions::of_lines("^nothing <HOST>\n^ refused <HOST>$")?);
    let changed = tried(&daemon, "web", FilterQuestion { failregex: other, ..pasted(lines)? }).await?;
    assert_eq!(ids(&changed), [ADDRESS]);
    assert_eq!(changed.shown[0].found.as_ref().map(|found| found.expression), Some(1));
    assert!(client(&daemon, &["get", "web", "failregex"])?.contains("denied"));
    Ok(())
}

#[tokio::test]
async fn a_broken_expression_is_refused_in_fail2bans_words() -> TestResult {
    let daemon = PrivateDaemon::start(&[own("web", "^ denied <HOST>$")]).await?;
    let refused = async |failregex, ignoreregex| -> Made<(String, Option<u64>, String)> {
        let expressions = |text: Option<&str>| text.map(Expressions::of_lines).transpose();
        let (failregex, ignoreregex) = (expressions(failregex)?, expressions(ignoreregex)?);
        let question = FilterQuestion { failregex, ignoreregex, ..pasted("x")? };
        match ask(&broker(&daemon), "web", question).await? {
            Err(Untried::Refused { setting, index, words }) => Ok((setting, index, words)),
            other => Err(format!("{other:?}").into()),
        }
    };
    let (setting, index, words) = refused(Some("^ok <HOST>\n^<HOST> (a"), None).await?;
    assert_eq!((setting.as_str(), index), ("failregex", Some(1)));
    assert_eq!(words, "missing ), unterminated subpattern at position 8");
    let (setting, _, words) = refused(Some("^no host"), None).await?;
    assert_eq!((setting.as_str(), words.as_str()), ("failregex", "No failure-id group in '^no host'"));
    let (setting, index, words) = refused(None, Some("*")).await?;
    assert_eq!(
        (setting.as_str(), index, words.as_str()),
        ("ignoreregex", Some(0), "nothing to repeat at position 0")
    );
    Ok(())
}

#[tokio::test]
async fn an_expression_that_never_ends_is_ended() -> TestResult {
    let daemon = PrivateDaemon::start(&[own("web", "^ denied <HOST>$")]).await?;
    let failregex = Some(Expressions::of_lines(r"^ (?:(?:\w+\s?)+)+x <HOST>$")?);
    let lines = format!("Nov 28 12:00:00 {}", "ab ".repeat(40));
    let answer = ask(&broker(&daemon), "web", FilterQuestion { failregex, ..pasted(&lines)? }).await?;
    assert_eq!(answer, Err(Untried::TooSlow));
    Ok(())
}

#[tokio::test]
async fn a_log_of_another_encoding_and_of_binary_junk_is_read() -> TestResult {
    let wide = own("wide", "^ failed für .* from <HOST>$").with("logencoding", "utf-16-le");
    let latin = own("latin", "^ failed für .* from <HOST>$").with("logencoding", "latin-1");
    let daemon = PrivateDaemon::start(&[own("junk", "^ failed for .* from <HOST>$"), wide, latin]).await?;
    let line = "Nov 28 12:00:00 failed für Müller from 203.0.113.5\n";
    let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(daemon.log_file("wide"), wide.repeat(9))?;
    let latin: Vec<u8> = line.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    fs::write(daemon.log_file("latin"), latin)?;
    let junk =
        [b"Nov 28 12:00:00 failed for \xff\0\x1b[2J\xe2\x80\xae from 203.0.113.5\n", &[0xfe; 900][..], b"\n"]
            .concat();
    fs::write(daemon.log_file("junk"), junk)?;
    for (jail, expected) in [("wide", [9, 9, 0, 0]), ("latin", [1, 1, 0, 0]), ("junk", [2, 1, 0, 1])] {
        let trial = tried(&daemon, jail, FilterQuestion::of_log()).await?;
        assert_eq!(numbers(&trial), expected, "{jail}: {trial:?}");
        assert_eq!(ids(&trial).first(), Some(&ADDRESS), "{jail}");
    }
    Ok(())
}

#[tokio::test]
async fn of_a_long_log_the_last_lines_are_read() -> TestResult {
    let daemon = PrivateDaemon::start(&[own("web", "^ denied <HOST>$")]).await?;
    let old = "Nov 28 12:00:00 something else\n".repeat(5_000);
    let new = "Nov 28 12:00:01 denied 203.0.113.5\n".repeat(150);
    fs::write(daemon.log_file("web"), format!("{old}{new}Nov 28 12:00:02 denied 203.0.113.6"))?;
    let trial = tried(&daemon, "web", FilterQuestion::of_log()).await?;
    assert_eq!(numbers(&trial), [2_000, 150, 0, 1_850]);
    assert_eq!(trial.shown.len(), 200);
    // One line of more than what is read.
    fs::write(daemon.log_file("web"), format!("{}\n{new}", "x".repeat(3 << 20)))?;
    assert_eq!(numbers(&tried(&daemon, "web", FilterQuestion::of_log()).await?), [150, 150, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn a_log_that_is_gone_or_is_no_file_says_so() -> TestResult {
    let daemon = PrivateDaemon::start(&[own("web", "^ denied <HOST>$")]).await?;
    let log = daemon.log_file("web");
    let fault = async || -> Made<LogFault> {
        match ask(&broker(&daemon), "web", FilterQuestion::of_log()).await? {
            Err(Untried::Unread(logs)) => logs.into_iter().find_map(|log| log.fault).ok_or("no fault".into()),
            other => Err(format!("{other:?}").into()),
        }
    };
    fs::remove_file(&log)?;
    assert_eq!(fault().await?, LogFault::Gone);
    assert!(Command::new("mkfifo").arg(&log).status()?.success());
    assert_eq!(fault().await?, LogFault::NoFile);
    fs::remove_file(&log)?;
    symlink("/dev/zero", &log)?;
    assert_eq!(fault().await?, LogFault::NoFile);
    Ok(())
}

#[tokio::test]
async fn a_machine_without_the_journals_module_says_why() -> TestResult {
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let file = daemon.config_dir().join("jail.local");
    fs::write(&file, fs::read_to_string(&file)?.replace("backend = polling", "backend = systemd"))?;
    let config = daemon.config_dir().to_string_lossy().into_owned();
    client(&daemon, &["-c", &config, "reload", "--restart", "sshd"])?;
    assert!(client(&daemon, &["status", "sshd"])?.contains("Journal matches"));
    let directory = daemon.directory().join("without-journal");
    fs::create_dir(&directory)?;
    let real = ClientProgram::new(daemon.socket().to_owned(), daemon.config_dir().to_owned());
    symlink("/bin/false", directory.join("fail2ban-client"))?;
    let python = directory.join("fail2ban-python");
    let without = "import sys; sys.modules['systemd'] = None; exec(sys.argv[1])";
    fs::write(&python, format!("#!/bin/sh\nexec fail2ban-python -I -B -c \"{without}\" \"$4\"\n"))?;
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755))?;
    let broker = Broker::with(ClientProgram { program: directory.join("fail2ban-client"), ..real }, None);
    let answer = ask(&broker, "sshd", FilterQuestion::of_log()).await?;
    assert!(
        matches!(&answer, Err(Untried::NoJournalModule(words)) if words.contains("systemd")),
        "{answer:?}"
    );
    // Lines that somebody has are tried all the same.
    assert_eq!(ask(&broker, "sshd", pasted(OPENSSH)?).await??.matched, 3);
    Ok(())
}
