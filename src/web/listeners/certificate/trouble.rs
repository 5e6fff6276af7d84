//! What browsers will not like about a certificate, today or soon.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{self, CertificateError, RootCertStore};

use crate::domain::host::HostName;

/// How long before its end a certificate is worth a word. What renews by itself does so earlier.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
const DAY: i64 = 24 * 60 * 60;
/// The year 10000, after which no certificate is valid: their years have four digits.
const AFTER_ALL: u64 = 253_402_300_800;

/// A trouble with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Trouble {
    /// It has expired.
    #[error(
        "{what} expired on {}, so browsers refuse the page: renew it. BanGUI reads the new files by itself", day(*.at)
    )]
    Expired { what: &'static str, at: Timestamp },
    /// It is for later, or the clock is wrong.
    #[error(
        "{what} is valid only from {} on, so browsers refuse the page: check the clock of this machine, and use another \
         certificate until then", day(*.at)
    )]
    NotYet { what: &'static str, at: Timestamp },
    /// It expires soon.
    #[error("{what} expires on {}, {}: renew it, or find out why nothing does so by itself", day(*.at), in_days(*.left))]
    EndsSoon { what: &'static str, at: Timestamp, left: SignedDuration },
    /// It is for other names.
    #[error(
        "the certificate does not name {0}, one of the names in `host`: browsers refuse the page under that name, unless \
         another web server is in front of it"
    )]
    OtherNames(HostName),
    /// It cannot be read.
    #[error("{what} cannot be read, so nobody knows until when it is valid: {cause}")]
    Unreadable { what: &'static str, cause: String },
}

impl Trouble {
    /// Returns true if no browser takes it now.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotYet { .. })
    }
}

/// A day and a minute, for people.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%F %R UTC").to_string()
}

fn in_days(left: SignedDuration) -> String {
    match left.as_secs() / DAY {
        0 => "in less than a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    }
}

/// All troubles of the certificates of a chain, the server's first, under these names.
pub(crate) fn troubles(chain: &[CertificateDer<'_>], hosts: &[HostName], now: Timestamp) -> Vec<Trouble> {
    let names = ["the certificate"].into_iter().chain(std::iter::repeat("an intermediate certificate"));
    let of_times = chain.iter().zip(names).filter_map(|(one, what)| of_time(one, what, now));
    let of_names = chain.first().map(|own| of_names(own, hosts)).unwrap_or_default();
    of_times.chain(of_names).collect()
}

/// The end of the server's own certificate; `None` if it cannot be read.
pub(crate) fn valid_until(chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    validity(chain.first()?).ok().map(|(_, until)| until)
}

fn of_time(one: &CertificateDer<'_>, what: &'static str, now: Timestamp) -> Option<Trouble> {
    let (from, until) = match validity(one) {
        Ok(validity) => validity,
        Err(cause) => return Some(Trouble::Unreadable { what, cause: cause.to_string() }),
    };
    let left = until.duration_since(now);
    if now < from {
        Some(Trouble::NotYet { what, at: from })
    } else if now > until {
        Some(Trouble::Expired { what, at: until })
    } else {
        (left < SOON).then_some(Trouble::EndsSoon { what, at: until, left })
    }
}

/// From when and until when a certificate is valid. The library tells it where it refuses one for that reason, as it does
/// before it looks for an issuer: so it is asked about a time before and one after all.
fn validity(one: &CertificateDer<'_>) -> Result<(Timestamp, Timestamp), rustls::Error> {
    let parsed = ParsedCertificate::try_from(one)?;
    let moment = |time: UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    let from = match refusal(&parsed, 0) {
        rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            moment(not_before)
        }
        _ => Timestamp::UNIX_EPOCH,
    };
    match refusal(&parsed, AFTER_ALL) {
        rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            Ok((from, moment(not_after)))
        }
        other => Err(other),
    }
}

/// Why the library would not take a certificate at that time, from nobody whom it trusts.
fn refusal(parsed: &ParsedCertificate<'_>, seconds: u64) -> rustls::Error {
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    let nobody = RootCertStore::empty();
    let taken = verify_server_cert_signed_by_trust_anchor(parsed, &nobody, &[], time, algorithms);
    taken.err().unwrap_or(rustls::Error::InvalidCertificate(CertificateError::BadEncoding))
}

/// The hosts that the certificate does not name, as a client of the same library judges.
fn of_names(own: &CertificateDer<'_>, hosts: &[HostName]) -> Vec<Trouble> {
    let Ok(own) = ParsedCertificate::try_from(own) else { return Vec::new() };
    let is_named = |host: &&HostName| {
        let name = match host {
            HostName::Name(name) => ServerName::try_from(name.clone()).ok(),
            HostName::Address(address) => Some(ServerName::from(*address)),
        };
        name.is_some_and(|name| verify_server_name(&own, &name).is_ok())
    };
    hosts.iter().filter(|host| !is_named(host)).cloned().map(Trouble::OtherNames).collect()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    /// A certificate for these names, valid for all of 2026.
    fn of_2026(names: &[&str]) -> Result<CertificateDer<'static>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut settings = rcgen::CertificateParams::new(names)?;
        settings.not_before = rcgen::date_time_ymd(2026, 1, 1);
        settings.not_after = rcgen::date_time_ymd(2027, 1, 1);
        Ok(settings.self_signed(&rcgen::KeyPair::generate()?)?.der().clone())
    }

    fn said(chain: &[CertificateDer<'_>], hosts: &[&str], now: &str) -> Result<Vec<String>> {
        let hosts = hosts.iter().map(|host| host.parse()).collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(troubles(chain, &hosts, now.parse()?).iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_time_outside_of_it_or_near_its_end_is_told() -> Result {
        let chain = [of_2026(&["a.example"])?];
        for (now, words) in [
            ("2025-12-31T23:59:59Z", "the certificate is valid only from 2026-01-01 00:00 UTC on"),
            ("2027-01-01T00:00:01Z", "the certificate expired on 2027-01-01 00:00 UTC"),
            ("2026-12-18T00:00:01Z", "the certificate expires on 2027-01-01 00:00 UTC, in 13 days"),
            ("2026-12-30T12:00:00Z", "in a day"),
            ("2026-12-31T12:00:00Z", "in less than a day"),
        ] {
            let said = said(&chain, &[], now)?;
            assert!(said.len() == 1 && said[0].contains(words), "{now}: {said:?}");
        }
        for now in ["2026-01-01T00:00:00Z", "2026-12-17T23:59:59Z"] {
            assert_eq!(said(&chain, &[], now)?, [""; 0], "{now}");
        }
        assert_eq!(valid_until(&chain), Some("2027-01-01T00:00:00Z".parse()?));
        let both = [chain[0].clone(), chain[0].clone()];
        assert!(
            said(&both, &[], "2027-02-01T00:00:00Z")?[1].starts_with("an intermediate certificate expired")
        );
        Ok(())
    }

    #[test]
    fn a_host_that_it_does_not_name_is_told() -> Result {
        let chain = [of_2026(&["a.example", "*.b.example", "192.0.2.1"])?];
        let now = "2026-06-01T00:00:00Z";
        assert_eq!(said(&chain, &["A.example", "x.b.example", "192.0.2.1"], now)?, [""; 0]);
        let other = ["b.example", "x.y.b.example", "192.0.2.2", "[2001:db8::1]"];
        let said = said(&chain, &other, now)?;
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[0].starts_with("the certificate does not name b.example, one of the names"), "{said:?}");
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_told() -> Result {
        let said = said(&[CertificateDer::from(vec![1, 2, 3])], &["a.example"], "2026-06-01T00:00:00Z")?;
        assert!(said.len() == 1 && said[0].contains("cannot be read"), "{said:?}");
        Ok(())
    }
}
