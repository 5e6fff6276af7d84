//! fail2ban's own database is locked, missing or corrupt.

use std::fs;

use rusqlite::Connection;
use tokio::time::{Duration, Instant};

use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture};
use crate::support::TestResult;

const NO_HISTORY: &str = "[aria-labelledby=history]";

/// The look-up says `words` of the history, and the rest of it is true.
async fn look_up_says(world: &Fixture, words: &str) -> Result<String, Box<dyn std::error::Error>> {
    let page = world.admin.get(&format!("/lookup?ip={BANNED}")).await?;
    let said = page.text(NO_HISTORY)?;
    assert!(page.status == 200 && said.contains(words), "{words}: {} {said}", page.status);
    assert!(page.texts(&format!("{NO_HISTORY} .past > li"))?.is_empty(), "{said}");
    assert_eq!(page.attributes("[aria-labelledby=held] tbody tr", "data-jail")?, ["sshd"], "{words}");
    world.tells_the_truth().await?;
    Ok(format!("200, in the look-up “{}”", said.trim_start_matches("Earlier bans").trim()))
}

/// How long it takes until the history is there again.
async fn comes_again(world: &Fixture) -> Result<Duration, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    loop {
        let page = world.admin.get(&format!("/lookup?ip={BANNED}")).await?;
        if !page.texts(&format!("{NO_HISTORY} .past > li"))?.is_empty() {
            break;
        }
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("the history did not come back: {}", page.text(NO_HISTORY)?).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let time = begin.elapsed();
    world.recovers().await?;
    Ok(time)
}

fn row(place: u32, fault: &str, said: String, again: Duration) -> TestResult {
    let kept = "everything; bans and ignore lists of the look-up stay true".to_owned();
    let again = Some(again);
    hand_in(&Row { place: (Part::Fail2banDatabase, place), fault: fault.to_owned(), said, again, kept })
}

#[tokio::test]
async fn locked_missing_and_corrupt() -> TestResult {
    let world = Fixture::start().await?;
    comes_again(&world).await?;
    let file = world.daemon.database().to_owned();

    let writer = Connection::open(&file)?;
    writer.execute_batch("BEGIN EXCLUSIVE")?;
    let said = look_up_says(&world, "is locked").await?;
    writer.execute_batch("ROLLBACK")?;
    drop(writer);
    row(1, "fail2ban's database locked", said, comes_again(&world).await?)?;

    let aside = file.with_extension("aside");
    fs::rename(&file, &aside)?;
    let said = look_up_says(&world, "not where fail2ban says").await?;
    assert!(!file.exists(), "looking must not create it");
    fs::rename(&aside, &file)?;
    row(2, "fail2ban's database missing", said, comes_again(&world).await?)?;

    let whole = fs::read(&file)?;
    fs::rename(&file, &aside)?;
    for damaged in [whole.iter().map(|byte| byte ^ 0x5a).collect(), [&whole[..100], &[0xff; 9000]].concat()] {
        fs::write(&file, damaged)?;
        look_up_says(&world, "damaged").await?;
    }
    let said = look_up_says(&world, "damaged").await?;
    fs::rename(&aside, &file)?;
    row(3, "fail2ban's database corrupt", said, comes_again(&world).await?)
}
