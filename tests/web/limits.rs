//! What a request may take: bytes and time.

use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bangui::config::HttpConfig;
use bangui::web::Deadlines;
use tokio::net::TcpSocket;
use tokio::time::sleep;

use crate::support::site::{Bangui, Site};
use crate::support::{TestResult, until};
use crate::web::raw::{Raw, RawAnswer, ask};

/// Short, so that the tests need not wait long for what must come.
const SHORT: Duration = Duration::from_millis(700);
/// Less than the deadlines that a test leaves as they are.
const LIMIT: Duration = Duration::from_secs(40);
/// Between two bytes of a client that trickles.
const TRICKLE: Duration = Duration::from_millis(100);

const FORM: &str =
    "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";

async fn site() -> Result<Bangui, Box<dyn Error>> {
    Site::reached(HttpConfig::default(), Deadlines::default()).await
}

/// Whose deadlines are short.
async fn hurried() -> Result<Bangui, Box<dyn Error>> {
    let deadlines = Deadlines { head: SHORT, body: SHORT, keep_alive: SHORT, ..Deadlines::default() };
    Site::reached(HttpConfig::default(), deadlines).await
}

/// An ordinary page with all headers, which says what is wrong.
fn assert_page(answer: &RawAnswer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.head);
    assert!(answer.body.contains("<h1>") && answer.body.contains(words), "{}", answer.body);
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{}", answer.head);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_long_target_is_refused() -> TestResult {
    let site = site().await?;
    let get = |length: usize| {
        let target = format!("/login?next={}", "a".repeat(length - "/login?next=".len()));
        ask(site.address, format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    };
    assert_eq!(get(8 * 1024).await?.status, 200);
    assert_page(&get(8 * 1024 + 1).await?, 414, "8 KiB");
    assert_page(&get(60_000).await?, 414, "8 KiB");
    Ok(())
}

#[tokio::test]
async fn long_headers_are_refused() -> TestResult {
    let site = site().await?;
    let get = |lines: usize, length: usize| {
        let line = format!("x-long: {}\r\n", "a".repeat(length));
        ask(site.address, format!("GET /login HTTP/1.1\r\nHost: localhost\r\n{}\r\n", line.repeat(lines)))
    };
    assert_eq!(get(1, 15_000).await?.status, 200);
    assert_page(&get(1, 16 * 1024).await?, 431, "16 KiB");
    assert_page(&get(40, 500).await?, 431, "16 KiB");
    for (lines, length) in [(97, 1), (1, 200_000)] {
        assert_eq!(get(lines, length).await?.status, 431, "too much even to be read: {lines}");
    }
    Ok(())
}

/// The body that was begun on `connection` is refused, and nothing more is read.
async fn assert_too_long(mut connection: Raw) -> TestResult {
    let answer = connection.answer().await?;
    assert_page(&answer, 413, "64 KiB");
    assert_eq!(answer.header("connection"), "close");
    connection.end().await?;
    Ok(())
}

#[tokio::test]
async fn a_long_body_is_refused_before_it_comes_where_its_length_is_told() -> TestResult {
    let site = site().await?;
    for method in ["POST", "GET", "DELETE"] {
        let mut connection = Raw::to(site.address).await?;
        let head = format!("{method} /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n");
        connection.send(head).await?;
        assert_too_long(connection).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_long_body_of_untold_length_is_refused_while_it_comes() -> TestResult {
    let site = site().await?;
    for method in ["POST", "GET"] {
        let mut connection = Raw::to(site.address).await?;
        let head =
            format!("{method} /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.send(head).await?;
        let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
        for _ in 0..3 {
            connection.send(&chunk).await?;
        }
        assert_too_long(connection).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_form_of_very_many_fields_is_refused() -> TestResult {
    let site = site().await?;
    let post = |fields: usize| {
        let body = vec!["a="; fields].join("&");
        ask(site.address, format!("{FORM}Content-Length: {}\r\n\r\n{body}", body.len()))
    };
    assert_eq!(post(5_000).await?.status, 403, "it has no token");
    assert_page(&post(5_001).await?, 413, "5,000 fields");
    Ok(())
}

#[tokio::test]
async fn a_body_with_a_get_is_of_no_consequence() -> TestResult {
    let site = site().await?;
    let mut connection = Raw::to(site.address).await?;
    for _ in 0..2 {
        connection
            .send("GET /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\nusername=admin")
            .await?;
        let answer = connection.answer().await?;
        assert!(answer.status == 200 && !answer.body.contains("value=\"admin\""), "{}", answer.body);
    }
    Ok(())
}

/// Sends `bytes` again and again, slowly, until the server answers; `None` where it ends the connection.
async fn trickle(connection: &mut Raw, bytes: &str) -> Result<Option<RawAnswer>, Box<dyn Error>> {
    let begin = Instant::now();
    while begin.elapsed() < LIMIT {
        tokio::select! {
            answer = connection.answer() => return Ok(answer.ok()),
            () = sleep(TRICKLE) => {}
        }
        if connection.send(bytes).await.is_err() {
            return Ok(connection.answer().await.ok());
        }
    }
    Err("the server listens on and on".into())
}

#[tokio::test]
async fn a_slow_head_is_cut_off() -> TestResult {
    let site = hurried().await?;
    let mut connection = Raw::to(site.address).await?;
    connection.send("GET /login HTTP/1.1\r\nHost: localhost\r\nx-slow: ").await?;
    let answer = trickle(&mut connection, "a").await?.ok_or("no answer")?;
    assert_eq!(answer.status, 408);
    connection.end().await
}

#[tokio::test]
async fn a_slow_head_is_cut_off_also_after_a_quick_request() -> TestResult {
    let site = hurried().await?;
    let mut connection = Raw::to(site.address).await?;
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    assert_eq!(connection.answer().await?.status, 200);
    connection.send("GET /login HTTP/1.1\r\nHost: localhost\r\nx-slow: ").await?;
    assert!(trickle(&mut connection, "a").await?.is_none());
    connection.end().await
}

#[tokio::test]
async fn a_slow_body_is_cut_off() -> TestResult {
    let deadlines = Deadlines { body: SHORT, ..Deadlines::default() };
    let site = Site::reached(HttpConfig::default(), deadlines).await?;
    for (length, part) in [("Content-Length: 60000", "a"), ("Transfer-Encoding: chunked", "1\r\na\r\n")] {
        let mut connection = Raw::to(site.address).await?;
        connection.send(format!("{FORM}{length}\r\n\r\n")).await?;
        let answer = trickle(&mut connection, part).await?.ok_or("no answer")?;
        assert_page(&answer, 408, "did not arrive in time");
        assert_eq!(answer.header("connection"), "close", "{length}");
        assert!(trickle(&mut connection, part).await?.is_none(), "{length}: it goes on");
        connection.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_cut_off() -> TestResult {
    let deadlines = Deadlines { unread: SHORT, keep_alive: Duration::from_hours(1), ..Deadlines::default() };
    let site = Site::reached(HttpConfig::default(), deadlines).await?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(2048)?;
    let connection = socket.connect(site.address).await?;
    let request = "GET /assets/htmx-4.0.1.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    until("it is cut off", || match connection.try_write(request.as_bytes()) {
        Ok(_) => Ok(false),
        Err(error) => Ok(error.kind() != ErrorKind::WouldBlock),
    })
    .await
}

#[tokio::test]
async fn an_idle_connection_is_closed() -> TestResult {
    let site = hurried().await?;
    let mut connection = Raw::to(site.address).await?;
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    assert_eq!(connection.answer().await?.status, 200);
    connection.end().await?;
    let mut silent = Raw::to(site.address).await?;
    silent.end().await
}
