//! "The phone at night": failures from elsewhere make the right password wait at a new address. A code or some
//! work lets it through, at once and once.

use std::error::Error;
use std::time::Duration;

use bangui::config::HttpConfig;
use bangui::web::Deadlines;
use reqwest::Method;
use sha2::{Digest as _, Sha256};

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor, fail_from_everywhere};
use crate::web::second_factor::{STEP, turn_on};

/// The new address of the phone.
const PHONE: &str = "192.0.2.7";

/// Behind a proxy that tells who asks.
async fn behind_a_proxy() -> Result<Bangui, Box<dyn Error>> {
    let trusted_proxies = vec!["127.0.0.0/8".parse()?];
    let http = HttpConfig { trusted_proxies, allow_plain_http: true, ..HttpConfig::default() };
    Site::reached(http, Deadlines::default()).await
}

async fn try_with(visitor: &Visitor, name: &str, extra: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [("username", name), ("password", PASSWORD), ("next", "/jails?page=2")];
    visitor.post("/login", &[fields.as_slice(), extra].concat()).await
}

/// The number that solves the task of a page.
fn solve(page: &Answer) -> Result<String, Box<dyn Error>> {
    let nonce = page.attributes("[data-work]", "data-work")?.concat();
    let bits: u32 = page.attributes("[data-work]", "data-bits")?.concat().parse()?;
    let is_solution = |number: &u64| {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(format!("{nonce}:{number}")).into();
        u32::from_be_bytes([a, b, c, d]).leading_zeros() >= bits
    };
    assert_eq!((nonce.len(), bits), (32, 16));
    Ok((0..10_000_000).find(is_solution).ok_or("no solution")?.to_string())
}

#[tokio::test]
async fn a_code_beside_the_password_lets_it_through_and_is_not_asked_for_again() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, codes) = turn_on(&mut owner, &bangui.clock).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let phone = Visitor::behind_a_proxy(bangui.address, PHONE).await?;
    let told = try_with(&phone, NAME, &[]).await?;
    assert_eq!((told.status, told.attributes("#app-code", "name")?.concat().as_str()), (429, "app_code"));
    assert_eq!(try_with(&phone, NAME, &[("app_code", "000000")]).await?.status, 429);
    assert_eq!(
        try_with(&phone, NAME, &[("app_code", &codes[0])]).await?.status,
        429,
        "codes of the app alone"
    );
    let code = app.code(&bangui.clock)?;
    let done = try_with(&phone, NAME, &[("app_code", &code)]).await?;
    assert_eq!((done.status, done.location()), (303, "/jails?page=2"), "{}", done.body);
    assert_eq!(phone.get("/account").await?.status, 200);
    // It is used up, also for who looked over the shoulder.
    let other = Visitor::behind_a_proxy(bangui.address, "192.0.2.8").await?;
    assert_eq!(try_with(&other, NAME, &[("app_code", &code)]).await?.status, 429);
    Ok(())
}

#[tokio::test]
async fn wrong_codes_make_their_address_wait_and_not_the_account() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let guesser = Visitor::behind_a_proxy(bangui.address, "198.51.100.9").await?;
    for number in 0..10 {
        let code = format!("00000{number}");
        let told = try_with(&guesser, NAME, &[("app_code", &code)]).await?;
        assert_eq!(told.status, 429);
    }
    let told = try_with(&guesser, NAME, &[("app_code", &app.code(&bangui.clock)?)]).await?;
    assert_eq!((told.status, told.texts("#app-code")?.len()), (429, 0), "not even the right one");
    // The wait of the account is that of its ten failures.
    bangui.clock.pass(Duration::from_secs(160));
    let phone = Visitor::behind_a_proxy(bangui.address, PHONE).await?;
    assert_eq!(try_with(&phone, NAME, &[]).await?.location(), "/login/code");
    Ok(())
}

#[tokio::test]
async fn work_lets_one_attempt_through() -> TestResult {
    let bangui = behind_a_proxy().await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let phone = Visitor::behind_a_proxy(bangui.address, PHONE).await?;
    let told = try_with(&phone, NAME, &[]).await?;
    let number = solve(&told)?;
    assert_eq!(try_with(&phone, NAME, &[("work", "x")]).await?.status, 422);
    // What was sent with a wrong number is gone; another page has another task.
    let told = try_with(&phone, NAME, &[("work", &number)]).await?;
    assert_eq!(told.status, 429, "the task of an earlier page");
    let number = solve(&told)?;
    let other = Visitor::behind_a_proxy(bangui.address, "192.0.2.8").await?;
    assert_eq!(try_with(&other, NAME, &[("work", &number)]).await?.status, 429, "another session");
    let done = try_with(&phone, NAME, &[("work", &number)]).await?;
    assert_eq!((done.status, done.location()), (303, "/jails?page=2"), "{}", done.body);
    Ok(())
}

#[tokio::test]
async fn work_with_the_wrong_password_is_a_failure_and_names_that_do_not_exist_get_tasks_too() -> TestResult {
    let bangui = behind_a_proxy().await?;
    for name in [NAME, "nobody"] {
        fail_from_everywhere(&bangui, name).await?;
        let stranger = Visitor::behind_a_proxy(bangui.address, "198.51.100.9").await?;
        let told = try_with(&stranger, name, &[]).await?;
        let work = solve(&told)?;
        let fields = [("username", name), ("password", "wrong"), ("work", work.as_str())];
        let wrong = stranger.post("/login", &fields).await?;
        assert_eq!((wrong.status, wrong.text("[role=alert]")?.contains("Incorrect")), (422, true), "{name}");
        assert_eq!(stranger.post("/login", &fields).await?.status, 429, "once");
        // The cookie of before, in which the task still stands.
        let before = told.session_cookie().ok_or("no cookie")?;
        let fields = [fields.as_slice(), &[("csrf_token", stranger.token.as_str())]].concat();
        let again = stranger.request(Method::POST, "/login").header("cookie", before).form(&fields);
        assert_eq!(Answer::of(again).await?.status, 429, "once, with whatever cookie");
    }
    Ok(())
}

#[tokio::test]
async fn no_work_shortens_the_wait_of_ones_own_address() -> TestResult {
    let bangui = behind_a_proxy().await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let guesser = Visitor::behind_a_proxy(bangui.address, "198.51.100.9").await?;
    let task = try_with(&guesser, NAME, &[]).await?;
    for number in 0..10 {
        let failed = guesser.log_in(&format!("name{number}"), "not the password", "/").await?;
        assert_eq!(failed.status, 422);
    }
    let told = try_with(&guesser, NAME, &[("work", &solve(&task)?)]).await?;
    assert_eq!((told.status, told.attributes("[data-work]", "data-work")?.len()), (429, 0));
    Ok(())
}

#[tokio::test]
async fn failures_from_elsewhere_do_not_make_the_second_step_wait() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let mut phone = Visitor::behind_a_proxy(bangui.address, PHONE).await?;
    let told = try_with(&phone, NAME, &[]).await?;
    let half = try_with(&phone, NAME, &[("work", &solve(&told)?)]).await?;
    assert_eq!((half.status, half.location()), (303, "/login/code"));
    fail_from_everywhere(&bangui, "somebody-else").await?;
    phone.token = phone.get("/login/code").await?.token()?;
    let code = app.code(&bangui.clock)?;
    assert_eq!(phone.post("/login/code", &[("code", &code)]).await?.location(), "/jails?page=2");
    Ok(())
}

#[tokio::test]
async fn codes_that_are_guessed_from_many_addresses_beside_the_right_password_make_the_second_step_wait()
-> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    // Without the password nobody makes the second step wait.
    for number in 0..8 {
        let guesser = Visitor::behind_a_proxy(bangui.address, &format!("198.51.100.{number}")).await?;
        let fields =
            [("username", NAME), ("password", "not the password"), ("app_code", "000000"), ("next", "/")];
        assert_eq!(guesser.post("/login", &fields).await?.status, 429);
    }
    let phone = Visitor::behind_a_proxy(bangui.address, PHONE).await?;
    let code = app.code(&bangui.clock)?;
    assert_eq!(try_with(&phone, NAME, &[("app_code", &code)]).await?.status, 303);
    bangui.clock.pass(STEP);
    for number in 0..5 {
        let guesser = Visitor::behind_a_proxy(bangui.address, &format!("198.51.101.{number}")).await?;
        assert_eq!(try_with(&guesser, NAME, &[("app_code", "000000")]).await?.status, 429);
    }
    let lucky = Visitor::behind_a_proxy(bangui.address, "198.51.102.1").await?;
    let code = app.code(&bangui.clock)?;
    assert_eq!(try_with(&lucky, NAME, &[("app_code", &code)]).await?.status, 429, "the sixth guess waits");
    assert_eq!(lucky.get("/account").await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_work_for_one_name_lets_nobody_through_at_another() -> TestResult {
    let bangui = behind_a_proxy().await?;
    fail_from_everywhere(&bangui, "a-name-of-the-attacker").await?;
    let attacker = Visitor::behind_a_proxy(bangui.address, "198.51.100.9").await?;
    let told = try_with(&attacker, "a-name-of-the-attacker", &[]).await?;
    let number = solve(&told)?;
    fail_from_everywhere(&bangui, NAME).await?;
    let cheap = try_with(&attacker, NAME, &[("work", &number)]).await?;
    assert_eq!(cheap.status, 429, "the more an account is attacked, the more its own work takes");
    let number = solve(&cheap)?;
    assert_eq!(try_with(&attacker, &NAME.to_uppercase(), &[("work", &number)]).await?.status, 303);
    Ok(())
}
