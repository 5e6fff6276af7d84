//! fail2ban's time zone where only the broker can learn it, and where nobody can.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::broker::pair::Pair;
use crate::broker::people::{WEB, run, said};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// Not a zone of any machine that runs tests.
const ZONE: [(&str, &str); 1] = [("TZ", "Asia/Kolkata")];

async fn pair() -> Result<Pair, Box<dyn Error>> {
    let pair = Pair::start_with(&[DemoJail::new("sshd", "sshd")], &ZONE).await?;
    client(&pair.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    until("it is banned", || Ok(banned(&pair.daemon, "sshd")? == ["203.0.113.5"])).await?;
    Ok(pair)
}

/// The start of a ban as fail2ban's own client prints it.
fn printed(pair: &Pair, entry: &str) -> Result<String, Box<dyn Error>> {
    let list = client(&pair.daemon, &["get", "sshd", "banip", "--with-time"])?;
    let line = list.lines().find(|line| line.trim_start().starts_with(entry)).ok_or("not in the list")?;
    let (_, times) = line.split_once('\t').ok_or("no times")?;
    Ok(times.split_once(" + ").ok_or("no start")?.0.to_owned())
}

#[tokio::test]
async fn the_broker_learns_the_zone_for_a_web_server_that_could_not() -> TestResult {
    let pair = pair().await?;
    let page = Visitor::admin(pair.address).await?.get("/jails/sshd").await?;
    let since = page.text("#bans tbody [data-label=banned]")?;
    assert!(since.ends_with(" s ago") || since == "just now", "{since}");
    assert!(page.texts("#zone-unknown")?.is_empty());
    let socket = pair.socket().to_string_lossy().into_owned();
    let arguments = ["check", "--database", "/nowhere/at/all", "--broker", &socket];
    let check = said(&run(WEB, &pair.program, &arguments)?);
    assert!(
        check
            .contains("ok    time zone: Asia/Kolkata, the zone of fail2ban's process, confirmed by its bans"),
        "{check}"
    );
    Ok(())
}

#[tokio::test]
async fn where_nothing_tells_the_zone_times_stand_as_fail2ban_prints_them() -> TestResult {
    let pair = pair().await?;
    let (web, address) = pair.web_without_broker().await?;
    let admin = Visitor::admin(address).await?;
    let printed_start = printed(&pair, "203.0.113.5")?;
    for (path, row) in [
        ("/bans", "#bans tbody tr"),
        ("/jails/sshd", "#bans tbody tr"),
        ("/lookup?ip=203.0.113.5", "tbody tr"),
        ("/unban?ip=203.0.113.5", ".rows li"),
    ] {
        let page = admin.get(path).await?;
        let row = page.text(row)?;
        assert!(
            row.contains(&printed_start) && row.contains("unknown") && !row.contains(" ago"),
            "{path}: {row}"
        );
        assert_eq!(page.texts("#zone-unknown")?.len(), 1, "{path}");
    }
    let socket = pair.daemon.socket().to_string_lossy().into_owned();
    let arguments = ["check", "--database", "/nowhere/at/all", "--fail2ban-socket", &socket];
    let check = said(&run(WEB, &pair.program, &arguments)?);
    assert!(check.contains("FAIL  time zone: unknown"), "{check}");
    // All that match are lifted, though nobody knows when they were banned.
    let question = admin.post("/bans/unban", &[("which", "matching")]).await?;
    assert_eq!(question.text("h1")?, "Lift 1 ban?");
    drop(web);
    Ok(())
}

#[tokio::test]
async fn a_ban_from_here_tells_the_zone() -> TestResult {
    let pair = pair().await?;
    let (web, address) = pair.web_without_broker().await?;
    let admin = Visitor::admin(address).await?;
    assert_eq!(admin.get("/bans").await?.texts("#zone-unknown")?.len(), 1);
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.6")]).await?;
    let begin = std::time::Instant::now();
    loop {
        let page = admin.get("/bans").await?;
        if page.texts("#zone-unknown")?.is_empty() {
            let rows = page.texts("#bans tbody tr [data-label=banned]")?;
            assert_eq!(rows.len(), 2);
            assert!(rows.iter().all(|since| since.ends_with(" ago") || since == "just now"), "{rows:?}");
            break;
        }
        assert!(begin.elapsed() < std::time::Duration::from_mins(1), "it was never learned");
    }
    drop(web);
    Ok(())
}
