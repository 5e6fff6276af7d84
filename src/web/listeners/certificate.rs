//! The certificate for HTTPS, which is read again when its files change.

mod error;
pub(crate) mod trouble;

use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::interval;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::LiveConfig;
use crate::config::http::TlsFiles;
use crate::domain::host::HostName;
use crate::file_stamp::FileStamp;
use error::in_words;
use trouble::Trouble;

pub use error::CertificateError;

/// Interval between two looks at the files.
const LOOK: Duration = Duration::from_secs(5);
/// Interval after which the log tells again what is wrong with a certificate in use.
const TELL_AGAIN: Duration = Duration::from_hours(24);

/// A certificate with its key, as its files were when they could last be used.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    now: RwLock<Now>,
}

#[derive(Debug)]
struct Now {
    used: Arc<CertifiedKey>,
    /// The files that were tried last, whether they could be used or not.
    seen: [Option<FileStamp>; 2],
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub(crate) fn read(files: TlsFiles) -> Result<Arc<Self>, CertificateError> {
        let provider = Arc::new(ring::default_provider());
        let seen = stamps(&files);
        let used = Arc::new(load(&files, &provider)?);
        Ok(Arc::new(Self { files, provider, now: RwLock::new(Now { used, seen }) }))
    }

    /// The settings of TLS connections that show this certificate: TLS 1.2 and 1.3, HTTP/1.1 alone.
    ///
    /// # Errors
    /// When the library refuses.
    pub(crate) fn tls_settings(self: &Arc<Self>) -> Result<ServerConfig, CertificateError> {
        let mut settings = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(settings)
    }

    /// Reads the files whenever they have changed, for as long as the server runs. What cannot be used is logged, and
    /// what was before stays in use. What browsers will not like about the one in use is logged once a day.
    pub(crate) async fn watch(self: Arc<Self>, live: Arc<LiveConfig>) {
        let mut ticks = interval(LOOK);
        let mut told: Option<Instant> = None;
        loop {
            ticks.tick().await;
            let this = Arc::clone(&self);
            let is_new = tokio::task::spawn_blocking(move || this.read_if_changed()).await;
            if let Err(error) = &is_new {
                tracing::error!(%error, "the certificate was not looked at");
            }
            if matches!(is_new, Ok(true)) || told.is_none_or(|told| told.elapsed() >= TELL_AGAIN) {
                self.log_troubles(&live.now().http.hosts);
                told = Some(Instant::now());
            }
        }
    }

    fn log_troubles(&self, hosts: &[HostName]) {
        for trouble in self.troubles(hosts) {
            if trouble.is_refused() {
                tracing::error!("{trouble}");
            } else {
                tracing::warn!("{trouble}");
            }
        }
    }

    /// What browsers will not like about it, today or soon, under these names.
    pub(crate) fn troubles(&self, hosts: &[HostName]) -> Vec<Trouble> {
        trouble::troubles(&self.used().cert, hosts, Timestamp::now())
    }

    /// Until when it is valid, for people.
    pub(crate) fn valid_until(&self) -> Option<String> {
        trouble::valid_until(&self.used().cert).map(trouble::day)
    }

    fn used(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).used)
    }

    /// Reads the files again where they have changed. Returns true if another certificate is in use from now on. Blocks.
    fn read_if_changed(&self) -> bool {
        let seen = stamps(&self.files);
        if self.now.read().unwrap_or_else(PoisonError::into_inner).seen == seen {
            return false;
        }
        let read = load(&self.files, &self.provider);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.seen = seen;
        match read {
            Ok(used) => {
                tracing::info!(file = %self.files.certificate.display(), "a new certificate is in use");
                now.used = Arc::new(used);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the certificate has changed and cannot be used: the previous one stays in use");
                false
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.used())
    }
}

fn stamps(files: &TlsFiles) -> [Option<FileStamp>; 2] {
    [&files.certificate, &files.key].map(|path| FileStamp::of_file(path))
}

fn load(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let in_file = |path: &Path, what| {
        let path = path.to_owned();
        move |cause| match cause {
            pem::Error::Io(cause) => CertificateError::Read { path, cause },
            cause => CertificateError::Missing { path, what, cause: in_words(&cause) },
        }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .and_then(|chain: Vec<_>| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(in_file(&files.certificate, "certificate"))?;
    // Both of its forms say so in a line.
    let name = || files.key.display().to_string();
    if fs::read(&files.key).is_ok_and(|text| memchr::memmem::find(&text, b"ENCRYPTED").is_some()) {
        return Err(CertificateError::Passphrase(name()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(in_file(&files.key, "private key"))?;
    if provider.key_provider.load_private_key(key.clone_key()).is_err() {
        return Err(CertificateError::Kind(name()));
    }
    CertifiedKey::from_der(chain, key, provider).map_err(|cause| CertificateError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    /// The files of a new certificate for `name`.
    fn write(files: &TlsFiles, name: &str) -> Result {
        let made = rcgen::generate_simple_self_signed([name.to_owned()])?;
        fs::write(&files.certificate, made.cert.pem())?;
        fs::write(&files.key, made.signing_key.serialize_pem())?;
        Ok(())
    }

    fn shown(certificate: &Certificate) -> Arc<CertifiedKey> {
        certificate.used()
    }

    #[test]
    fn a_new_certificate_is_used_and_a_broken_one_is_not() -> Result {
        let directory = tempfile::tempdir()?;
        let files = TlsFiles {
            certificate: directory.path().join("cert.pem"),
            key: directory.path().join("key.pem"),
        };
        write(&files, "one.example")?;
        let certificate = Certificate::read(files.clone())?;
        let first = shown(&certificate);
        certificate.read_if_changed();
        assert!(Arc::ptr_eq(&first, &shown(&certificate)), "nothing has changed");

        // The certificate is renewed, and its key a moment later.
        let second = rcgen::generate_simple_self_signed(["two.example".to_owned()])?;
        fs::write(&files.certificate, second.cert.pem())?;
        certificate.read_if_changed();
        assert!(Arc::ptr_eq(&first, &shown(&certificate)), "half a pair is not used");
        fs::write(&files.key, second.signing_key.serialize_pem())?;
        certificate.read_if_changed();
        assert_eq!(shown(&certificate).end_entity_cert()?, second.cert.der());

        fs::remove_file(&files.certificate)?;
        certificate.read_if_changed();
        assert_eq!(shown(&certificate).end_entity_cert()?, second.cert.der());
        Ok(())
    }

    #[test]
    fn what_cannot_be_used_is_said_with_its_file() -> Result {
        let directory = tempfile::tempdir()?;
        let [certificate, key, other] =
            ["cert.pem", "key.pem", "other"].map(|name| directory.path().join(name));
        let files = TlsFiles { certificate, key };
        let refusal =
            |files: &TlsFiles| Certificate::read(files.clone()).err().map(|error| error.to_string());
        let says = |files: &TlsFiles, part: &str| {
            let said = refusal(files).unwrap_or_default();
            assert!(said.contains(part), "{said}");
        };
        says(&files, "cert.pem cannot be read: No such file");
        write(&files, "one.example")?;
        fs::write(&other, "no certificate")?;
        says(&TlsFiles { certificate: other.clone(), ..files.clone() }, "other holds no certificate in PEM");
        says(&TlsFiles { key: other.clone(), ..files.clone() }, "other holds no private key in PEM");
        fs::write(&other, rcgen::KeyPair::generate()?.serialize_pem())?;
        says(&TlsFiles { key: other.clone(), ..files.clone() }, "does not fit the certificate");
        let broken_off = fs::read_to_string(&files.certificate)?;
        fs::write(&other, broken_off.get(..broken_off.len() / 2).unwrap_or_default())?;
        let half = TlsFiles { certificate: other.clone(), ..files.clone() };
        says(&half, "other holds no certificate in PEM: it breaks off in the middle");
        for head in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
        ] {
            fs::write(&other, format!("{head}\nMIIB\n"))?;
            says(&TlsFiles { key: other.clone(), ..files.clone() }, "other has a passphrase: take it off");
        }
        // What can be read as a key, but not be used.
        fs::write(&other, "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n")?;
        says(&TlsFiles { key: other, ..files }, "is of a kind that cannot be used: take RSA with 2048");
        Ok(())
    }
}
