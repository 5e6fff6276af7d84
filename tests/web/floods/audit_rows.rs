//! Rows of the audit: nobody washes out what others did, and nobody writes without bound.

use std::error::Error;

use bangui::domain::account::Role;
use futures_util::future::try_join_all;
use rusqlite::Connection;

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, Site};
use crate::support::visitor::Visitor;
use crate::web::audit::rows;
use crate::web::floods::flood;

fn count(site: &Bangui, condition: &str) -> Result<usize, Box<dyn Error>> {
    let database = Connection::open(site.database())?;
    let sql = format!("SELECT count(*) FROM audit WHERE {condition}");
    Ok(database.query_row(&sql, [], |row| row.get(0))?)
}

#[tokio::test]
async fn ten_thousand_anonymous_posts_leave_no_row_and_wash_out_no_failed_login() -> TestResult {
    let site = Site::without_daemon().await?;
    let guesser = Visitor::stranger(site.address).await?;
    for guess in ["a", "b", "c"] {
        guesser.log_in(NAME, guess, "/").await?;
    }
    let post = |path: &str| {
        let body = format!("x={}", "A".repeat(2_000));
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let begin = std::time::Instant::now();
    flood(site.address, &post("/theme"), 10_050, 403).await?;
    for (path, status) in [("/login", 403), ("/login/code", 403), ("/setup", 403), ("/jails/sshd/ban", 303)] {
        flood(site.address, &post(path), 200, status).await?;
    }
    println!("10,850 anonymous posts in {:?}", begin.elapsed());
    assert_eq!(count(&site, "action = 'log in' AND outcome = 'refused'")?, 3);
    assert_eq!(count(&site, "account IS NULL")?, 3);
    assert_eq!(site.sessions()?, 0);
    Ok(())
}

#[tokio::test]
async fn posts_with_a_token_have_a_budget_for_each_action_and_a_login_has_its_row_all_the_same() -> TestResult
{
    let site = Site::without_daemon().await?;
    let stranger = Visitor::stranger(site.address).await?;
    let send = |path: &'static str, times: usize| {
        let stranger = &stranger;
        async move { try_join_all((0..times).map(|_| stranger.post(path, &[("code", "1")]))).await }
    };
    send("/login/code", 100).await?;
    send("/server/restart", 100).await?;
    assert_eq!(count(&site, "account IS NULL AND folded = 0")?, 60);
    let folded = Connection::open(site.database())?;
    let folded: Vec<usize> = folded
        .prepare("SELECT folded FROM audit WHERE folded > 0 ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    assert_eq!(folded.iter().sum::<usize>(), 140, "none is lost: {folded:?}");
    // Twelve wrong passwords make the address wait, and what is not looked at is counted in the end.
    try_join_all((0..60).map(|_| stranger.log_in("nobody", "wrong", "/"))).await?;
    assert_eq!(count(&site, "action = 'log in' AND folded = 0")?, 30);
    site.clock.pass(std::time::Duration::from_mins(16));
    try_join_all((0..40).map(|_| stranger.log_in("somebody", "wrong", "/"))).await?;
    site.clock.pass(std::time::Duration::from_mins(9));
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(count(&site, "action = 'log in' AND account = 'admin' AND outcome = 'done'")?, 1);
    let page = admin.get("/audit?q=second%20factor").await?;
    assert!(rows(&page)?.iter().any(|row| row["outcome"].contains("counted")), "{}", page.body);
    Ok(())
}

#[tokio::test]
async fn a_viewer_writes_a_bounded_number_of_rows() -> TestResult {
    let site = Site::without_daemon().await?;
    site.add_account("viewer", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "viewer").await?;
    for _ in 0..10 {
        try_join_all((0..30).map(|_| viewer.post("/theme", &[("theme", "dark")]))).await?;
        try_join_all((0..30).map(|_| viewer.post("/unban", &[("ip", "203.0.113.5")]))).await?;
        try_join_all((0..30).map(|_| viewer.get("/accounts"))).await?;
    }
    assert_eq!(count(&site, "action = 'choose colours'")?, 0);
    for action in ["quick unban", "look"] {
        assert_eq!(count(&site, &format!("action = '{action}' AND folded = 0"))?, 100);
        let database = Connection::open(site.database())?;
        let sql = "SELECT sum(folded) FROM audit WHERE action = ?1";
        assert_eq!(database.query_row(sql, [action], |row| row.get::<_, i64>(0))?, 200);
    }
    // What others do, and what comes ten minutes later, has its own row.
    let admin = Visitor::admin(site.address).await?;
    admin.get("/audit").await?;
    site.clock.pass(std::time::Duration::from_mins(10));
    viewer.get("/accounts").await?;
    assert_eq!(count(&site, "action = 'look' AND folded = 0")?, 101);
    Ok(())
}

#[tokio::test]
async fn a_row_of_what_is_refused_is_short() -> TestResult {
    let site = Site::without_daemon().await?;
    site.add_account("viewer", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "viewer").await?;
    let long = format!("/accounts/{}", "x".repeat(8_000));
    assert_eq!(viewer.get(&long).await?.status, 403);
    let database = Connection::open(site.database())?;
    let longest = "SELECT max(length(target)) FROM audit";
    assert_eq!(database.query_row(longest, [], |row| row.get::<_, usize>(0))?, 500);
    Ok(())
}
