//! Forms of who is not logged in.

use crate::support::TestResult;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::Visitor;
use crate::web::floods::flood;
use crate::web::second_factor::{half_in, turn_on};

#[tokio::test]
async fn whoever_types_a_password_or_a_code_is_not_pushed_out_by_10_500_login_pages() -> TestResult {
    let site = Site::without_daemon().await?;
    site.add_account("second", bangui::domain::account::Role::Viewer).await?;
    let mut owner = Visitor::logged_in(site.address, "second").await?;
    let (app, _) = turn_on(&mut owner, &site.clock).await?;
    let typing = Visitor::stranger(site.address).await?;
    let waiting_for_code = half_in(site.address, "second").await?;
    let begin = std::time::Instant::now();
    flood(site.address, "GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n", 10_500, 200).await?;
    println!("10,500 login pages in {:?}", begin.elapsed());
    assert_eq!(typing.log_in(NAME, PASSWORD, "/").await?.status, 303);
    let code = app.code(&site.clock)?;
    assert_eq!(waiting_for_code.post("/login/code", &[("code", &code)]).await?.status, 303);
    assert_eq!(site.sessions()?, 3, "the owner's, and the two logins");
    Ok(())
}

#[tokio::test]
async fn a_form_opened_without_a_login_expires_and_belongs_to_one_browser() -> TestResult {
    let site = Site::without_daemon().await?;
    let first = Visitor::stranger(site.address).await?;
    let second = Visitor::stranger(site.address).await?.with_token(&first.token);
    assert_eq!(second.log_in(NAME, PASSWORD, "/").await?.status, 403);
    site.clock.pass(std::time::Duration::from_hours(12));
    assert_eq!(first.log_in(NAME, PASSWORD, "/").await?.status, 403);
    let mut again = first;
    again.token = again.get("/login").await?.token()?;
    assert_eq!(again.log_in(NAME, PASSWORD, "/").await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_second_step_is_waited_for_a_quarter_of_an_hour() -> TestResult {
    let site = Site::without_daemon().await?;
    let mut owner = Visitor::admin(site.address).await?;
    let (app, _) = turn_on(&mut owner, &site.clock).await?;
    let waiting = half_in(site.address, NAME).await?;
    site.clock.pass(std::time::Duration::from_mins(15));
    let answer = waiting.post("/login/code", &[("code", &app.code(&site.clock)?)]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/login"));
    let long = format!("/jails?q={}", "%22".repeat(2_000));
    let visitor = Visitor::stranger(site.address).await?;
    assert_eq!(
        visitor.log_in(NAME, PASSWORD, &long).await?.status,
        303,
        "a way back that no cookie has room for"
    );
    Ok(())
}
