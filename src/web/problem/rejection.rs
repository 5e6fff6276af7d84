//! Rejections of requests for the way in which they came, whatever they ask for.

use actix_web::http::StatusCode;
use thiserror::Error;

use super::content::{Problem, problem};

/// Bytes of a KiB, as the words count.
const KIB: usize = 1024;
/// The longest body, in bytes: some thousand addresses.
pub(crate) const LONGEST_BODY: usize = 64 * KIB;
/// The most fields of a form: more than the addresses that fit, fewer than would cost us.
pub(crate) const MOST_FIELDS: usize = 5_000;
/// The longest request target, in bytes.
pub(crate) const LONGEST_TARGET: usize = 8 * KIB;
/// The most bytes of all header names and values.
pub(crate) const LONGEST_HEADERS: usize = 16 * KIB;

/// Reason why a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Rejection {
    /// It is for a host that is not allowed.
    #[error("a host that is not allowed")]
    UnknownHost,
    /// It came unencrypted from beyond this machine, which is not permitted.
    #[error("plain HTTP is not permitted")]
    PlainHttp,
    /// It came encrypted, but says that it is forwarded for somebody, and not from a web server that is believed.
    #[error("forwarded by an unknown web server")]
    UnknownProxy,
    /// It came by the socket of the web server in front, from a user that is not its.
    #[error("not the web server in front")]
    NotTheProxy,
    /// The browser says that it was sent from another site.
    #[error("sent from another site")]
    OtherSite,
    /// Its target is too long.
    #[error("the request target is too long")]
    TargetTooLong,
    /// Its headers are too long.
    #[error("the headers are too long")]
    HeadersTooLong,
    /// Its body is too long, or has too many fields.
    #[error("the body is too long")]
    BodyTooLong,
    /// Its body did not come in time.
    #[error("the body did not come in time")]
    TooSlow,
}

impl Rejection {
    /// The status of the answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
            Self::PlainHttp | Self::UnknownProxy | Self::NotTheProxy | Self::OtherSite => {
                StatusCode::FORBIDDEN
            }
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// The words. None of them is the client's.
    pub(crate) fn describe(self) -> Problem {
        match self {
            Self::UnknownHost => problem(
                "Unknown host name",
                "BanGUI answers only to the host names in its settings, so that no other site can impersonate it.",
                "If the name in the address bar is right, start BanGUI with --host and that name, without the port; \
                 or name it in BANGUI_HOST.",
            ),
            Self::PlainHttp => problem(
                "Only over HTTPS",
                "This connection is not encrypted: passwords could be read on the way, so BanGUI does not answer on it.",
                "Open the https:// address of the web server in front of BanGUI. That server must connect to a socket \
                 of BanGUI's (--listen unix:PATH with --proxy-user) or be named with --trusted-proxy, and must send \
                 X-Forwarded-Proto and X-Forwarded-For. Without one, use an SSH tunnel, or permit plain HTTP with \
                 --allow-plain-http.",
            ),
            Self::UnknownProxy => problem(
                "Forwarded by an unknown web server",
                "The connection to BanGUI is encrypted, but its headers say that a web server in front passes this on \
                 for somebody, and BanGUI knows of none there: whether the way to that server is encrypted cannot be told.",
                "If there is one, name it with --trusted-proxy, and have it send X-Forwarded-Proto and X-Forwarded-For. \
                 If there is none, something else adds these headers: a program between, or an extension of the browser.",
            ),
            Self::NotTheProxy => problem(
                "This socket is for the web server",
                "The user that connected is not one of those in BanGUI's settings.",
                "Name the user that the web server in front runs as with --proxy-user, or in BANGUI_PROXY_USER.",
            ),
            Self::OtherSite => problem(
                "This was sent from another site",
                "Nothing was changed: the browser says that the form did not come from one of BanGUI's own pages.",
                "Open BanGUI itself and do it there.",
            ),
            Self::TargetTooLong => problem(
                "This address is too long",
                &format!("Nothing was done: the address is longer than {} KiB.", LONGEST_TARGET / KIB),
                "Ask for less at once.",
            ),
            Self::HeadersTooLong => problem(
                "The browser sent too much with this request",
                &format!("Nothing was done: its headers are longer than {} KiB.", LONGEST_HEADERS / KIB),
                "Clear the cookies of this site and try again.",
            ),
            Self::BodyTooLong => problem(
                "Request too large",
                &format!(
                    "Nothing was done: BanGUI takes no more than {} KiB and {},000 fields at once.",
                    LONGEST_BODY / KIB,
                    MOST_FIELDS / 1000
                ),
                "Send it in several parts.",
            ),
            Self::TooSlow => problem(
                "Request timed out",
                "Nothing was done: the form did not arrive in time.",
                "Try again. If this continues, check the connection.",
            ),
        }
    }
}
