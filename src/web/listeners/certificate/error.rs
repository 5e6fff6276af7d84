//! Why a certificate cannot be used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem;

/// Reason why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file that cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// A file in which it is not, or is broken.
    #[error("{} holds no {what} in PEM: {cause}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Its name for people.
        what: &'static str,
        /// The reason, in words.
        cause: &'static str,
    },
    /// The key has a passphrase, which nobody could type.
    #[error("the key in {0} has a passphrase: take it off, as with `openssl pkey -in {0} -out NEW`")]
    Passphrase(String),
    /// The key is of a kind that the library does not sign with.
    #[error(
        "the key in {0} is of a kind that cannot be used: take RSA with 2048 to 8192 bits, ECDSA with P-256 or P-384, or \
         Ed25519"
    )]
    Kind(String),
    /// They cannot be used together.
    #[error("the key in {} does not fit the certificate in {}: {cause}", key.display(), certificate.display())]
    Pair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// The library's error.
        cause: rustls::Error,
    },
    /// The library refuses.
    #[error("TLS cannot be set up: {0}")]
    Protocol(#[from] rustls::Error),
}

/// The library's own words for people.
pub(super) fn in_words(cause: &pem::Error) -> &'static str {
    match cause {
        pem::Error::NoItemsFound => "it has no such part",
        pem::Error::MissingSectionEnd { .. } => "it breaks off in the middle",
        _ => "it is damaged",
    }
}
