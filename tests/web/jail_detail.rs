//! `/jails/{jail}`: the settings.

use std::collections::HashMap;
use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor, css};
use crate::support::{TestResult, client};

/// What the page shows of a setting: its entries, each as it stands.
fn shown(page: &Answer, setting: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let page = page.page();
    let cell = css(&format!("#settings [data-setting='{setting}'] dd"))?;
    let cell = page.select(&cell).next().ok_or_else(|| format!("{setting} is not shown"))?;
    let entries: Vec<String> = cell.select(&css("li code")?).map(|code| code.text().collect()).collect();
    if entries.is_empty() { Ok(vec![cell.text().collect::<String>().trim().to_owned()]) } else { Ok(entries) }
}

/// The entries of what fail2ban-client prints: `` `- [0]: EXPRESSION `` and `|- FILE`.
fn entries(printed: &str) -> Vec<String> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("|- ").or(line.strip_prefix("`- ")));
    let entry = |line: &str| match line.split_once("]: ") {
        Some((index, entry)) if index.starts_with('[') => entry.to_owned(),
        _ => line.to_owned(),
    };
    lines.map(entry).collect()
}

fn growing() -> DemoJail {
    DemoJail::new("sshd", "sshd[mode=aggressive]")
        .with("ignoreip", "192.0.2.0/24 2001:db8:9::/48")
        .with("ignoreregex", "^healthcheck from <HOST>")
        .with("ignorecommand", "/bin/false <ip>")
        .with("maxmatches", "17")
        .with("maxlines", "5")
        .with("datepattern", "^%%Y-%%m-%%d %%H:%%M:%%S")
        .with("bantime.increment", "true")
        .with("bantime.factor", "2")
        .with("bantime.multipliers", "1 2 4")
        .with("bantime.maxtime", "5w")
        .with("bantime.rndtime", "90m")
        .with("bantime.overalljails", "true")
}

#[tokio::test]
async fn every_setting_is_shown_exactly_as_fail2ban_client_tells_it() -> TestResult {
    let site = Site::start(&[growing(), DemoJail::new("plain", "nginx-http-auth")]).await?;
    let admin = Visitor::admin(site.address).await?;
    for jail in ["sshd", "plain"] {
        let page = admin.get(&format!("/jails/{jail}")).await?;
        for setting in ["failregex", "ignoreregex", "logpath", "ignoreip"] {
            let told = entries(&client(&site.daemon, &["get", jail, setting])?);
            let expected = if told.is_empty() { vec!["unset".to_owned()] } else { told };
            assert_eq!(shown(&page, setting)?, expected, "{jail}: {setting}");
        }
        for setting in ["maxretry", "maxmatches", "maxlines", "usedns", "prefregex", "ignorecommand"] {
            let told = client(&site.daemon, &["get", jail, setting])?;
            let expected = if told.is_empty() { "unset".to_owned() } else { told };
            assert_eq!(shown(&page, setting)?, [expected], "{jail}: {setting}");
        }
    }
    let page = admin.get("/jails/sshd").await?;
    assert!(shown(&page, "failregex")?.len() > 10 && shown(&page, "prefregex")?.concat().len() > 100);
    assert_eq!(shown(&page, "ignoreip")?, ["192.0.2.0/24", "2001:db8:9::/48"]);
    assert_eq!(shown(&page, "maxmatches")?, ["17"]);
    Ok(())
}

#[tokio::test]
async fn durations_are_words_with_their_seconds_behind_them() -> TestResult {
    let site = Site::start(&[growing()]).await?;
    let page = Visitor::admin(site.address).await?.get("/jails/sshd").await?;
    for (setting, words, seconds) in [
        ("findtime", "10 min", "600 seconds"),
        ("bantime", "10 min", "600 seconds"),
        ("bantime.maxtime", "5 weeks", "3,024,000 seconds"),
        ("bantime.rndtime", "1 h 30 min", "5,400 seconds"),
    ] {
        assert_eq!(shown(&page, setting)?, [words], "{setting}");
        let title = page.attributes(&format!("[data-setting='{setting}'] dd span"), "title")?;
        assert_eq!(title, [seconds], "{setting}");
    }
    for (setting, told) in [
        ("bantime.increment", "yes"),
        ("bantime.factor", "2"),
        ("bantime.multipliers", "1 2 4"),
        ("bantime.formula", "unset"),
        ("datepattern", "^%Y-%m-%d %H:%M:%S"),
        ("ignoreself", "yes"),
    ] {
        assert_eq!(shown(&page, setting)?, [told], "{setting}");
    }
    assert!(["true", "yes"].contains(&shown(&page, "bantime.overalljails")?.concat().as_str()));
    Ok(())
}

#[tokio::test]
async fn each_action_is_shown_with_its_properties() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let page = Visitor::admin(site.address).await?.get("/jails/sshd").await?;
    assert!(page.texts("#settings h3")?.contains(&"Action record".to_owned()));
    for property in ["actionban", "actionunban", "timeout"] {
        let told = client(&site.daemon, &["get", "sshd", "action", "record", property])?;
        assert_eq!(shown(&page, property)?, [told], "{property}");
    }
    assert!(shown(&page, "unset")?.concat().contains("actionstart"));
    Ok(())
}

/// A daemon whose jail tells its figures, bans and the growth of its ban times, and refuses the rest.
fn answer(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 1), ("Jail list", "quiet"))),
        ["status", _, "short"] => {
            let files = ("File list", vec!["/var/log/x"]);
            Reply::payload((
                ("Filter", (("Currently failed", 0), ("Total failed", 0), files)),
                ("Actions", (("Currently banned", 0), ("Total banned", 0))),
            ))
        }
        ["get", _, "banip", "--with-time"] => Reply::payload(Vec::<String>::new()),
        ["get", _, setting] if setting.starts_with("bantime.") => Reply::payload(()),
        ["get", _, "actions"] => Reply::payload(vec!["one", "two"]),
        ["get", _, "actionproperties", "one"] => Reply::payload(vec!["actionban", "timeout"]),
        ["get", _, "action", "one", "__module__"] => Reply::payload("fail2ban.server.action"),
        ["get", _, "action", "one", "timeout"] => Reply::payload(60),
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn unset_and_unknown_are_told_apart() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let page = Visitor::admin(bangui.address).await?.get("/jails/quiet").await?;
    assert_eq!(page.status, 200, "{}", page.text("main")?);
    let unknown = "unknown fail2ban refused: Invalid command";
    let expected = HashMap::from([
        ("bantime.increment", "unset"),
        ("bantime.maxtime", "unset"),
        ("failregex", unknown),
        ("ignoreip", unknown),
        ("maxlines", unknown),
        ("datepattern", unknown),
        ("actionban", unknown),
        ("timeout", "60"),
        ("properties", unknown),
        ("logpath", "/var/log/x"),
    ]);
    for (setting, words) in expected {
        assert_eq!(shown(&page, setting)?, [words], "{setting}");
    }
    Ok(())
}

#[tokio::test]
async fn the_part_that_asks_again_every_five_seconds_does_not_read_the_settings() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let part = admin.part("/jails/quiet/bans").await?;
    assert_eq!((part.status, part.texts("[data-setting]")?.len()), (200, 0));
    Ok(())
}
