//! Messages about problems of the providers of places, and about missing names.

use std::net::IpAddr;

use crate::domain::geo::ip_api::{BatchError, LONGEST_ANSWER};
use crate::geo::mmdb::error::LARGEST;
use crate::geo::reverse::NameFailure;
use crate::geo::{GeoProblem, Health, MmdbError, NameError};

use super::Explain;

impl Explain for GeoProblem {
    fn explain(&self) -> String {
        match self {
            Self::File { file, error, is_in_use: false } => {
                format!("{file} cannot be used: {}.", error.explain())
            }
            Self::File { file, error, is_in_use: true } => {
                format!(
                    "The new {file} cannot be used, so the previous one stays in use: {}.",
                    error.explain()
                )
            }
            Self::BadRecord { file, cause } => format!("{file} has a record that cannot be read: {cause}."),
            Self::IpApi(Health::Refusing) => {
                "ip-api.com refuses requests for a while, because too many came from here.".to_owned()
            }
            Self::IpApi(Health::StorageFailed) => {
                "Answers of ip-api.com cannot be stored, because BanGUI's database failed.".to_owned()
            }
            Self::IpApi(health) => format!("ip-api.com is unreliable at the moment: {}.", health.explain()),
            Self::CacheDown => "The geo cache cannot be read, because BanGUI's database failed.".to_owned(),
        }
    }
}

/// Describes what ip-api.com did, to follow its name.
impl Explain for Health {
    fn explain(&self) -> String {
        match self {
            Self::Untried => "it was not asked yet".to_owned(),
            Self::Healthy | Self::Recovered => "it answers".to_owned(),
            Self::Refusing => BatchError::TooMany.explain(),
            Self::Failing(error) => error.explain(),
            Self::StorageFailed => "BanGUI's database could not store its answer".to_owned(),
        }
    }
}

impl Explain for BatchError {
    fn explain(&self) -> String {
        match self {
            Self::Late(_) => "it did not answer in time".to_owned(),
            Self::Unreachable(_) => "it cannot be reached".to_owned(),
            Self::BrokenOff(_) => "the connection to it broke off".to_owned(),
            Self::TooMany => "it refused, because too many requests came from here (429)".to_owned(),
            Self::Status(status) => format!("it answered with status {status}"),
            Self::TooLong => format!("its answer was longer than {LONGEST_ANSWER} bytes"),
            Self::Unreadable(_) => "its answer could not be read".to_owned(),
            Self::Nonsense => "its answer was not about what it was asked".to_owned(),
        }
    }
}

impl Explain for MmdbError {
    fn explain(&self) -> String {
        match self {
            Self::Io(cause) => format!("it cannot be read: {cause}"),
            Self::NoFile => "it is not a file".to_owned(),
            Self::TooLarge => format!("it has more than {LARGEST} bytes"),
            Self::Changing => "it changed while it was read".to_owned(),
            Self::Format(cause) => format!("it is not a complete file in MaxMind's format: {cause}"),
            Self::BuildTime => "its build time is impossible".to_owned(),
        }
    }
}

impl Explain for NameFailure {
    fn explain(&self) -> String {
        match self {
            Self::NoName => "the address has no name",
            Self::Late => "the DNS did not answer in time",
            Self::Failed => "the DNS could not be asked",
        }
        .to_owned()
    }
}

/// Explains why no name of `address` is shown.
pub(crate) fn no_name(address: IpAddr, error: NameError) -> String {
    let why = match error {
        NameError::NotConfigured => "reverse DNS is not among the providers".to_owned(),
        NameError::Failed(failure) => failure.explain(),
        NameError::Busy => "it is already being looked up".to_owned(),
        NameError::Recently(failure) => {
            format!("{}, as asked less than five minutes ago", failure.explain())
        }
        NameError::TooMany => "too many names are being looked up now".to_owned(),
    };
    format!("The name of {address} is unknown: {why}.")
}
