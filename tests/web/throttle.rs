//! Failed logins make the next one wait: by account and by address, never for good.

use std::error::Error;
use std::time::Duration;

use bangui::config::HttpConfig;
use bangui::web::Deadlines;

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

/// Between a failure and the answer that tells to wait a second may end.
const SECOND: Duration = Duration::from_secs(1);

/// Behind a proxy that tells who asks.
async fn behind_a_proxy() -> Result<Bangui, Box<dyn Error>> {
    let trusted_proxies = vec!["127.0.0.0/8".parse()?];
    let http = HttpConfig { trusted_proxies, allow_plain_http: true, ..HttpConfig::default() };
    Site::reached(http, Deadlines::default()).await
}

/// A login from `from`.
async fn log_in(bangui: &Bangui, from: &str, name: &str, password: &str) -> Result<Answer, Box<dyn Error>> {
    Visitor::behind_a_proxy(bangui.address, from).await?.log_in(name, password, "/").await
}

/// Fails until a login has to wait. Returns how often it was looked at, and that answer.
async fn fail_until_told_to_wait(
    bangui: &Bangui,
    from: &str,
    name: impl Fn(usize) -> String,
) -> Result<(usize, Answer), Box<dyn Error>> {
    for number in 0..50 {
        let answer = log_in(bangui, from, &name(number), "not the password").await?;
        if answer.status == 429 {
            return Ok((number, answer));
        }
        assert_eq!(answer.status, 422);
    }
    Err("fifty failures, and no wait".into())
}

fn wait(answer: &Answer) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_secs(answer.header("retry-after").parse()?))
}

#[tokio::test]
async fn after_some_failures_even_the_right_password_waits_and_then_it_logs_in() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let from = "203.0.113.7";
    let (looked_at, told) = fail_until_told_to_wait(&bangui, from, |_| NAME.to_owned()).await?;
    assert!((3..=10).contains(&looked_at), "{looked_at}");
    assert!(told.text("[role=alert]")?.contains("was not checked. Try again in"), "{}", told.body);
    let right = log_in(&bangui, from, NAME, PASSWORD).await?;
    assert_eq!(right.status, 429, "not even the right one is looked at");
    bangui.clock.pass(wait(&right)?);
    assert_eq!(log_in(&bangui, from, NAME, PASSWORD).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_wait_grows_and_ends() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let from = "203.0.113.7";
    let mut waits = Vec::new();
    for _ in 0..14 {
        let (_, told) = fail_until_told_to_wait(&bangui, from, |_| NAME.to_owned()).await?;
        waits.push(wait(&told)?);
        bangui.clock.pass(wait(&told)?);
    }
    // While the address waits nobody looks whose name it is, so only the address's own wait is told then.
    let grow = |pair: &[Duration]| pair[1] + SECOND >= pair[0];
    let (by_account, by_address) = waits.split_at(5);
    assert!(by_account.windows(2).all(grow) && by_account.first() < by_account.last(), "{waits:?}");
    assert!(
        by_address.iter().step_by(2).zip(by_address.iter().skip(2).step_by(2)).all(|(one, next)| one < next),
        "{waits:?}"
    );
    assert!(waits.iter().all(|wait| *wait <= Duration::from_mins(15)), "{waits:?}");
    bangui.clock.pass(Duration::from_mins(5));
    assert_eq!(log_in(&bangui, from, NAME, PASSWORD).await?.status, 303, "never for good");
    Ok(())
}

#[tokio::test]
async fn an_account_that_does_not_exist_waits_like_one_that_does() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let (known, told) = fail_until_told_to_wait(&bangui, "203.0.113.7", |_| NAME.to_owned()).await?;
    let (unknown, other) = fail_until_told_to_wait(&bangui, "203.0.113.8", |_| "nobody".to_owned()).await?;
    assert_eq!(known, unknown);
    assert!(wait(&told)?.abs_diff(wait(&other)?) <= SECOND, "{:?} {:?}", wait(&told)?, wait(&other)?);
    // A second may end between the two.
    let words = |answer: &Answer| {
        Ok::<_, Box<dyn Error>>(answer.text("[role=alert]")?.replace(|c: char| c.is_ascii_digit(), ""))
    };
    assert_eq!(words(&told)?, words(&other)?);
    Ok(())
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits_and_others_do_not() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let (looked_at, _) = fail_until_told_to_wait(&bangui, "2001:db8::1", |n| format!("name{n}")).await?;
    assert!((5..=20).contains(&looked_at), "{looked_at}");
    let neighbour = log_in(&bangui, "2001:db8::2", "somebody", "x").await?;
    assert_eq!(neighbour.status, 429, "the same /64 is the same person");
    assert_eq!(log_in(&bangui, "2001:db8:0:1::1", "somebody", "x").await?.status, 422);
    assert_eq!(log_in(&bangui, "203.0.113.9", NAME, PASSWORD).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn whoever_logged_in_lately_from_an_address_is_not_kept_out_by_others() -> TestResult {
    let bangui = behind_a_proxy().await?;
    assert_eq!(log_in(&bangui, "198.51.100.1", NAME, PASSWORD).await?.status, 303);
    fail_until_told_to_wait(&bangui, "203.0.113.7", |_| NAME.to_owned()).await?;
    assert_eq!(log_in(&bangui, "203.0.113.8", NAME, PASSWORD).await?.status, 429, "from elsewhere it waits");
    assert_eq!(log_in(&bangui, "198.51.100.1", NAME, PASSWORD).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_burst_of_logins_at_once_gets_no_more_tries_than_one_after_the_other() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut visitors = Vec::new();
    for number in 1..=30 {
        visitors.push(Visitor::behind_a_proxy(bangui.address, &format!("203.0.113.{number}")).await?);
    }
    let burst = visitors.iter().map(|visitor| visitor.log_in(NAME, "not the password", "/"));
    let mut looked_at = 0;
    for answer in futures_util::future::join_all(burst).await {
        let status = answer?.status;
        assert!([422, 429].contains(&status), "{status}");
        looked_at += usize::from(status == 422);
    }
    let bangui = behind_a_proxy().await?;
    let (one_by_one, _) = fail_until_told_to_wait(&bangui, "203.0.113.7", |_| NAME.to_owned()).await?;
    assert_eq!(looked_at, one_by_one);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nobody_wait_until_then_and_no_session_last_longer() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let day = Duration::from_hours(24);
    // The clock was a day ahead.
    bangui.clock.pass(day);
    let owner = Visitor::admin(bangui.address).await?;
    let form = Visitor::stranger(bangui.address).await?;
    for _ in 0..8 {
        form.log_in(NAME, "not the password", "/").await?;
    }
    assert_eq!(form.log_in(NAME, PASSWORD, "/").await?.status, 429);
    bangui.clock.turn_back(day);
    assert_eq!(
        owner.get("/account").await?.status,
        303,
        "its thirty minutes would be a day and thirty minutes"
    );
    assert_eq!(form.log_in(NAME, PASSWORD, "/").await?.status, 403, "so would those of the form");
    let again = Visitor::stranger(bangui.address).await?;
    assert_eq!(again.log_in(NAME, PASSWORD, "/").await?.status, 303);
    bangui.clock.turn_back(Duration::from_secs(5));
    assert_eq!(again.get("/account").await?.status, 200, "clocks are set by some seconds now and then");
    Ok(())
}
