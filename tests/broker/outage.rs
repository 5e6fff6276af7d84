//! The broker goes and comes back.

use std::error::Error;
use std::fs;

use bangui::demo::DemoJail;
use rustix::process::Signal;
use tokio::time::{Duration, Instant, sleep};

use crate::broker::pair::Pair;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

const PAGES: [&str; 5] = ["/jails", "/jails/sshd", "/bans", "/unban", "/server"];

async fn pair() -> Result<(Pair, Visitor), Box<dyn Error>> {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    Ok((pair, admin))
}

async fn all_say(admin: &Visitor, status: u16, title: &str) -> TestResult {
    for path in PAGES {
        let page = admin.get(path).await?;
        assert_eq!((page.status, page.text("h1")?.as_str()), (status, title), "{path}");
        assert_eq!(page.header("retry-after"), "3", "{path}");
        assert_eq!(page.text("#daemon")?, title, "{path}");
        assert!(!page.body.contains(".sock"), "{path}: {}", page.body);
    }
    Ok(())
}

async fn all_come_again(admin: &Visitor) -> TestResult {
    let begin = Instant::now();
    for path in PAGES {
        while admin.get(path).await?.status != 200 {
            if begin.elapsed() > Duration::from_mins(1) {
                return Err(format!("{path} did not come back").into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_page_says_that_the_broker_is_gone_and_comes_back_with_it() -> TestResult {
    let (mut pair, admin) = pair().await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    pair.broker.kill()?;
    assert!(pair.socket().exists(), "a killed broker leaves its socket");
    all_say(&admin, 502, "BanGUI's broker does not answer").await?;
    let refused = admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    assert_eq!(refused.status, 502);
    assert!(!refused.text("main")?.contains("not known"), "nothing was sent: {}", refused.text("main")?);
    pair.start_broker_again().await?;
    all_come_again(&admin).await?;
    assert!(banned(&pair.daemon, "sshd")?.is_empty());
    admin.submit("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    until("it is banned", || Ok(banned(&pair.daemon, "sshd")? == ["203.0.113.5"])).await
}

#[tokio::test]
async fn what_a_broker_that_was_killed_had_begun_is_said_to_be_unknown() -> TestResult {
    let (mut pair, admin) = pair().await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    client(&pair.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    let held = || Ok(banned(&pair.daemon, "sshd")?.len() == 1);
    until("it is banned", held).await?;
    let log = pair.daemon.action_log().to_owned();
    let slowly = format!("echo begun >> {}; sleep 3", log.display());
    client(&pair.daemon, &["set", "sshd", "action", "record", "actionunban", &slowly])?;
    let unban = admin.post("/jails/sshd/unban", &[("ip", "203.0.113.5")]);
    let (answer, killed) = tokio::join!(unban, async {
        until("the unban has begun", || Ok(fs::read_to_string(&log)?.contains("begun"))).await?;
        pair.broker.kill()
    });
    killed?;
    let answer = answer?;
    assert_eq!(
        (answer.status, answer.text("h1")?.as_str()),
        (502, "The connection to BanGUI's broker was lost")
    );
    assert!(answer.text("main")?.contains("It is not known whether your action was done"));
    until("it was done all the same", || Ok(banned(&pair.daemon, "sshd")?.is_empty())).await
}

#[tokio::test]
async fn a_broker_that_hangs_is_said_to_be_silent_and_goes_on_where_it_stopped() -> TestResult {
    let (pair, admin) = pair().await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    pair.broker.signal(Signal::STOP)?;
    let page = admin.get("/jails").await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (504, "BanGUI's broker does not answer"));
    pair.broker.signal(Signal::CONT)?;
    all_come_again(&admin).await
}

#[tokio::test]
async fn behind_a_broker_a_daemon_that_is_gone_is_still_told_apart() -> TestResult {
    let (pair, admin) = pair().await?;
    pair.daemon.stop().await?;
    all_say(&admin, 502, "fail2ban is not running").await?;
    pair.daemon.start_again().await?;
    all_come_again(&admin).await?;
    assert!(client(&pair.daemon, &["ping"])?.contains("pong"));
    Ok(())
}
