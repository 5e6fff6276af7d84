//! What the broker records of its own, and how it stands beside the audit.

use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bangui::broker::Handle;
use bangui::demo::DemoJail;
use bangui::domain::account::Role;

use crate::broker::pair::Pair;
use crate::broker::people::{WEB, cat};
use crate::broker::refusals::{HELLO, frame};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

async fn pair() -> Result<(Pair, Visitor), Box<dyn Error>> {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    Ok((pair, admin))
}

/// The operations in the table, the newest first, with whether the audit explains them.
fn operations(page: &Answer) -> Result<Vec<(String, bool)>, Box<dyn Error>> {
    assert_eq!(page.status, 200, "{}", page.body);
    let operations = page.attributes("tr[data-operation]", "data-operation")?;
    let explained = page.attributes("tr[data-operation]", "data-explained")?;
    Ok(operations.into_iter().zip(explained.into_iter().map(|it| it == "true")).collect())
}

#[tokio::test]
async fn what_the_web_user_does_without_its_audit_stands_in_the_brokers_record_alone() -> TestResult {
    let (pair, admin) = pair().await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    admin.post("/jails/sshd/idle", &[("on", "false")]).await?;
    admin.post("/unban", &[("ip", "203.0.113.5")]).await?;
    let page = admin.get("/audit/broker").await?;
    let expected = ["unban", "idle", "ban"].map(|operation| (operation.to_owned(), true));
    assert_eq!(operations(&page)?, expected);
    assert!(page.attributes("[data-unexplained]", "data-unexplained")?.is_empty(), "{}", page.body);

    // As a web server that was taken over: through the broker, past our audit.
    let hand = Handle::outside(pair.socket());
    hand.ban(&"sshd".parse()?, &["198.51.100.66".parse()?]).await?;
    hand.ignore(&"sshd".parse()?, &["198.51.100.0/24".parse()?]).await?;
    hand.stop(&"sshd".parse()?).await?;
    let page = admin.get("/audit/broker").await?;
    let alone: Vec<String> =
        operations(&page)?.into_iter().filter(|(_, explained)| !explained).map(|(it, _)| it).collect();
    assert_eq!(alone, ["stop", "ignore", "ban"]);
    assert_eq!(page.attributes("[data-unexplained]", "data-unexplained")?, ["3"]);
    assert!(page.text("main")?.contains("3 changes are not in BanGUI's audit"), "{}", page.text("main")?);
    let audit = admin.get("/audit").await?;
    assert_eq!(audit.attributes("a[href='/audit/broker']", "href")?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn every_change_is_a_line_of_the_log_and_of_a_file_that_the_web_user_can_neither_read_nor_write()
-> TestResult {
    let (pair, admin) = pair().await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    admin.get("/jails").await?;
    let file = pair.audit_file();
    let about = fs::metadata(&file)?;
    assert_eq!((about.uid(), about.permissions().mode() & 0o777), (0, 0o600));
    assert!(!cat(WEB, &file)?.status.success());
    let text = fs::read_to_string(&file)?;
    let lines: Vec<serde_json::Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let [begun, ended] = lines.as_slice() else { return Err(text.into()) };
    assert_eq!((begun["operation"].as_str(), begun["jail"].as_str()), (Some("ban"), Some("sshd")));
    assert_eq!(
        (begun["targets"][0].as_str(), begun["user"].as_u64()),
        (Some("203.0.113.5"), Some(WEB.into()))
    );
    assert_eq!(begun["change"], ended["change"]);
    let log = pair.broker.log()?;
    let told: Vec<&str> = log.lines().filter(|line| line.contains("asked for a change")).collect();
    let [line] = told.as_slice() else { return Err(log.into()) };
    assert!(line.contains("ban") && line.contains("203.0.113.5") && line.contains("sshd"), "{line}");
    Ok(())
}

#[tokio::test]
async fn what_reached_no_broker_is_told_as_well_and_only_administrators_see_it() -> TestResult {
    let (mut pair, admin) = pair().await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    let audit = pair.database();
    // A row that its web server made up.
    let made_up = "INSERT INTO audit (account, action, jail, target, outcome, words, at)
        VALUES ('admin', 'ban', 'sshd', '198.51.100.99', 'done', '', unixepoch() + 1)";
    rusqlite::Connection::open(audit)?.execute(made_up, [])?;
    let page = admin.get("/audit/broker").await?;
    assert_eq!(page.attributes("tr[data-action]", "data-action")?, ["ban"]);
    assert!(page.text("section[aria-labelledby=only-ours]")?.contains("198.51.100.99"), "{}", page.body);
    pair.broker.kill()?;
    assert_eq!(admin.get("/audit/broker").await?.status, 502);
    assert_eq!(admin.get("/audit").await?.status, 200, "our own is there without the broker");
    crate::support::site::add_account(&pair.database(), "op", Role::Operator).await?;
    let operator = Visitor::logged_in(pair.address, "op").await?;
    assert_eq!(operator.get("/audit/broker").await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_restart_of_the_broker_hides_nothing_that_it_recorded_before() -> TestResult {
    let (mut pair, admin) = pair().await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    let hand = Handle::outside(pair.socket());
    hand.ban(&"sshd".parse()?, &["198.51.100.66".parse()?]).await?;
    assert!(hand.ban(&"no-such-jail".parse()?, &["198.51.100.67".parse()?]).await.is_err());
    pair.broker.kill()?;
    // Its last line was cut off.
    fs::OpenOptions::new().append(true).open(pair.audit_file())?.write_all(b"{\"change\":9,\"at\":\"20")?;
    pair.start_broker_again().await?;
    let page = admin.get("/audit/broker").await?;
    let expected = [("ban", false), ("ban", false), ("ban", true)];
    assert_eq!(operations(&page)?, expected.map(|(operation, it)| (operation.to_owned(), it)));
    assert!(page.text("main")?.contains("198.51.100.66") && page.text("main")?.contains("not done"));
    let hand = Handle::outside(pair.socket());
    hand.ban(&"sshd".parse()?, &["198.51.100.68".parse()?]).await?;
    let text = fs::read_to_string(pair.audit_file())?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let numbers: Vec<_> = lines.filter_map(|line| line["change"].as_u64()).collect();
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 4], "{text}");
    Ok(())
}

#[tokio::test]
async fn a_flood_of_broken_frames_is_a_few_lines_and_their_number() -> TestResult {
    let (pair, admin) = pair().await?;
    for _ in 0..200 {
        let mut stream = UnixStream::connect(pair.socket())?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        let _refused = stream.write_all(&[HELLO, &frame(b"broken")?].concat());
        let _ended = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(admin.get("/jails").await?.status, 200);
    let log = pair.broker.log()?;
    let lines = log.lines().filter(|line| line.contains("WARN")).count();
    assert!((1..=21).contains(&lines), "{lines} lines of 200 broken frames");
    Ok(())
}

#[tokio::test]
async fn an_option_in_the_place_of_a_ban_reaches_fail2ban_only_where_it_is_banned() -> TestResult {
    let (pair, _admin) = pair().await?;
    let jail = "sshd".parse()?;
    let hand = Handle::outside(pair.socket());
    let named = |texts: &[&str]| {
        let banned = texts.iter().map(|text| bangui::domain::address::Banned::from_daemon(text));
        banned.collect::<Vec<_>>()
    };
    client(&pair.daemon, &["set", "sshd", "banip", "203.0.113.5", "-x"])?;
    until("both are banned", || Ok(banned(&pair.daemon, "sshd")?.len() == 2)).await?;
    for options in [&["--report-absent", "203.0.113.99"][..], &["--all"], &["--help", "-v"]] {
        assert_eq!(hand.unban(&jail, &named(options)).await?.count, 0, "{options:?}");
    }
    let log = fs::read_to_string(pair.daemon.server_log())?;
    assert!(!log.contains("report-absent") && !log.contains("--all"), "{log}");
    assert_eq!(hand.unban(&jail, &named(&["-x", "203.0.113.5"])).await?.count, 2);
    Ok(())
}

#[tokio::test]
async fn the_halves_of_the_internet_are_no_ignore_entries_for_the_broker_either() -> TestResult {
    let (pair, _admin) = pair().await?;
    let hand = Handle::outside(pair.socket());
    let jail = "sshd".parse()?;
    assert!(hand.ignore(&jail, &["0.0.0.0/1".parse()?, "128.0.0.0/1".parse()?]).await.is_err());
    hand.ignore(&jail, &["0.0.0.0/1".parse()?]).await?;
    assert!(hand.ignore(&jail, &["128.0.0.0/1".parse()?]).await.is_err());
    Ok(())
}
