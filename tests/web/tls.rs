//! HTTPS that ends in BanGUI itself.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bangui::config::Listen;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::TestResult;
use crate::support::site::{Bangui, Site};
use crate::support::tls::{connect, get, make_certificate};

const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

async fn start(directory: &Path) -> Result<Bangui, Box<dyn Error>> {
    Site::without_daemon_configured(|config| {
        config.listen = vec![Listen::Https(SocketAddr::from(LISTEN))];
        config.http.tls_certificate = Some(directory.join("cert.pem"));
        config.http.tls_key = Some(directory.join("key.pem"));
    })
    .await
}

#[tokio::test]
async fn a_page_comes_encrypted_with_cookies_that_stay_so() -> TestResult {
    let directory = tempfile::tempdir()?;
    let certificate = make_certificate(directory.path())?;
    let bangui = start(directory.path()).await?;
    let answer = get(bangui.address, &certificate, "/login", "").await?;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("name=\"password\""), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    assert!(answer.contains("set-cookie: __Host-bangui") && answer.contains("Secure"), "{answer}");
    // What a web server in front that nobody has named says is not believed, and its visitor's connection not trusted.
    let forwarded = "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n";
    let answer = get(bangui.address, &certificate, "/login", forwarded).await?;
    assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("set-cookie"), "{answer}");
    assert!(answer.contains("Forwarded by an unknown web server"), "{answer}");
    assert!(!answer.contains("is not encrypted"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_new_start() -> TestResult {
    let directory = tempfile::tempdir()?;
    let first = make_certificate(directory.path())?;
    let bangui = start(directory.path()).await?;
    connect(bangui.address, &first).await?;
    let second = make_certificate(directory.path())?;
    let shown = async {
        while connect(bangui.address, &second).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_mins(1), shown).await?;
    assert!(connect(bangui.address, &first).await.is_err(), "the first one is shown no more");
    Ok(())
}

#[tokio::test]
async fn whoever_speaks_http_there_is_told_so_and_whoever_is_silent_is_cut_off() -> TestResult {
    let directory = tempfile::tempdir()?;
    make_certificate(directory.path())?;
    let bangui = start(directory.path()).await?;
    let mut plain = TcpStream::connect(bangui.address).await?;
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");

    let mut silent = TcpStream::connect(bangui.address).await?;
    let mut nothing = Vec::new();
    // A handshake that ends in its first bytes.
    silent.write_all(&[22, 3]).await?;
    silent.read_to_end(&mut nothing).await?;
    assert!(nothing.is_empty());
    Ok(())
}
