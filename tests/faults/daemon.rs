//! fail2ban itself goes, hangs and comes back.

use std::error::Error;

use tokio::time::Duration;

use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture, KEPT};
use crate::support::{TestResult, banned, until};

fn row(place: u32, fault: &str, said: String, again: Duration, kept: &str) -> TestResult {
    let kept = format!("everything; {kept}");
    hand_in(&Row { place: (Part::Daemon, place), fault: fault.to_owned(), said, again: Some(again), kept })
}

/// A ban that is asked for meanwhile is refused, and stands in the audit as failed.
async fn a_ban_fails(world: &Fixture, status: u16) -> TestResult {
    let answer = world.admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?;
    assert_eq!(answer.status, status, "{}", answer.text("main")?);
    let ledger = world.ledger()?;
    assert_eq!(ledger.audited(&["\"203.0.113.9\"", "\"failed\""]), 1, "{ledger:?}");
    Ok(())
}

/// It was not done after all, also not late.
fn it_was_not_done(world: &Fixture) -> TestResult {
    assert_eq!(banned(&world.daemon, "sshd")?, [BANNED]);
    Ok(())
}

#[tokio::test]
async fn killed() -> TestResult {
    let world = Fixture::start().await?;
    world.daemon.kill()?;
    let said = world.pages_say(502, "fail2ban has stopped").await?;
    a_ban_fails(&world, 502).await?;
    world.daemon.start_again().await?;
    let again = world.recovers().await?;
    it_was_not_done(&world)?;
    row(1, "fail2ban killed (`kill -9`)", said, again, "a ban asked for meanwhile failed and was not done")
}

#[tokio::test]
async fn stopped_in_order() -> TestResult {
    let world = Fixture::start().await?;
    world.daemon.stop().await?;
    let said = world.pages_say(502, "fail2ban is not running").await?;
    a_ban_fails(&world, 502).await?;
    world.daemon.start_again().await?;
    let again = world.recovers().await?;
    it_was_not_done(&world)?;
    row(2, "fail2ban stopped in order", said, again, "a ban asked for meanwhile failed and was not done")
}

#[tokio::test]
async fn frozen_and_continued() -> TestResult {
    let world = Fixture::start().await?;
    world.daemon.pause()?;
    let ban = world.admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]);
    let waiting = async {
        let said = world.pages_say(504, "fail2ban does not answer").await?;
        world.daemon.resume()?;
        Ok::<_, Box<dyn Error>>((said, world.recovers().await?))
    };
    let (ban, waited) = tokio::join!(ban, waiting);
    let (said, again) = waited?;
    // Its page was waiting all the time.
    assert_eq!(ban?.status, 303);
    assert_eq!(banned(&world.daemon, "sshd")?, [BANNED, "203.0.113.9"]);
    assert_eq!(world.ledger()?.audited(&["\"203.0.113.9\"", "\"done\""]), 1);
    world.tells_the_truth().await?;
    row(
        3,
        "fail2ban frozen (SIGSTOP), continued (SIGCONT)",
        said,
        again,
        "a ban asked for meanwhile was done when it went on",
    )
}

#[tokio::test]
async fn restarted_by_somebody_else() -> TestResult {
    let world = Fixture::start().await?;
    let pid = world.daemon.pid()?;
    world.daemon.stop().await?;
    world.daemon.start_again().await?;
    assert_ne!(world.daemon.pid()?, pid);
    let held = || Ok(banned(&world.daemon, "sshd")? == [BANNED]);
    until("fail2ban has its ban back", held).await?;
    // The very first page comes: the connection that broke is opened again.
    let page = world.admin.get("/jails/sshd").await?;
    assert_eq!((page.status, page.rows()?), (200, vec![BANNED.to_owned()]));
    assert!(crate::support::client(&world.daemon, &["get", "sshd", "ignoreip"])?.contains(KEPT));
    let again = world.recovers().await?;
    row(
        4,
        "fail2ban restarted by somebody else",
        "200, the first page after it".to_owned(),
        again,
        "the kept ignore entry, which fail2ban had forgotten, is back",
    )
}
