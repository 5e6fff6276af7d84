//! A client of HTTPS, and certificates for it.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Makes a certificate for `localhost` with its key in this directory.
pub fn make_certificate(directory: &Path) -> Result<CertificateDer<'static>, Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(directory.join("cert.pem"), made.cert.pem())?;
    fs::write(directory.join("key.pem"), made.signing_key.serialize_pem())?;
    Ok(made.cert.der().clone())
}

/// Shakes hands with `address` as somebody who trusts `certificate` alone.
pub async fn connect(
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

/// The whole answer to a request for `path`, with these further headers.
pub async fn get(
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
