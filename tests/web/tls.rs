//! HTTPS that ends in BanGUI itself.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bangui::config::Listen;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::TestResult;
use crate::support::site::{Bangui, Site};

const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// Makes a certificate for `localhost` with its key in this directory.
fn make_certificate(directory: &Path) -> Result<CertificateDer<'static>, Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(directory.join("cert.pem"), made.cert.pem())?;
    fs::write(directory.join("key.pem"), made.signing_key.serialize_pem())?;
    Ok(made.cert.der().clone())
}

async fn start(directory: &Path) -> Result<Bangui, Box<dyn Error>> {
    Site::without_daemon_configured(|config| {
        config.listen = vec![Listen::Https(SocketAddr::from(LISTEN))];
        config.http.tls_certificate = Some(directory.join("cert.pem"));
        config.http.tls_key = Some(directory.join("key.pem"));
    })
    .await
}

/// Shakes hands with `address` as somebody who trusts `certificate` alone.
async fn connect(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
) -> Result<TlsStream<TcpStream>, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let settings = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    Ok(TlsConnector::from(Arc::new(settings)).connect(ServerName::try_from("localhost")?, stream).await?)
}

async fn get(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
    path: &str,
    headers: &str,
) -> Result<String, Box<dyn Error>> {
    let mut stream = connect(address, certificate).await?;
    let host = format!("localhost:{}", address.port());
    stream
        .write_all(
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").as_bytes(),
        )
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
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
    assert!(answer.contains("Only over HTTPS"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_new_start() -> TestResult {
    let directory = tempfile::tempdir()?;
    let first = make_certificate(directory.path())?;
    let bangui = start(directory.path()).await?;
    connect(bangui.address, &first).await?;
    let second = make_certificate(directory.path())?;
    while connect(bangui.address, &second).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
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
