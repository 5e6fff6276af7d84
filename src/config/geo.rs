//! Settings for the providers that tell more about an address than its country, which BanGUI knows
//! by itself.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, value_parser};
use thiserror::Error;

const DEFAULT_CACHE_DAYS: u32 = 30;
/// The free service, which speaks plain HTTP only.
const IP_API: &str = "http://ip-api.com";
/// The window of its rate limit (ip-api.com, "API Documentation: Batch JSON", usage limits).
const IP_API_WINDOW: Duration = Duration::from_mins(1);

/// The providers of places. By default there are none.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Geo {
    /// Provider of the city, network and organisation of addresses. May be given several times:
    /// they are asked in that order, and each fills in what those before it did not know.
    /// `mmdb:FILE` is a file of MaxMind or DB-IP on this machine. `ip-api` is the service
    /// ip-api.com, free for non-commercial use: every public address that is shown or looked up
    /// then leaves this machine, UNENCRYPTED. `reverse-dns` adds a button that asks this machine's
    /// DNS for one address's name.
    #[arg(
        id = "geo-provider",
        long,
        value_name = "PROVIDER",
        env = "BANGUI_GEO_PROVIDER",
        value_delimiter = ','
    )]
    pub providers: Vec<Provider>,
    /// Days after which an answer of ip-api.com or the DNS is asked for again.
    #[arg(
        id = "geo-cache-days",
        long,
        value_name = "DAYS",
        env = "BANGUI_GEO_CACHE_DAYS",
        default_value_t = DEFAULT_CACHE_DAYS,
        value_parser = value_parser!(u32).range(1..=3650)
    )]
    pub cache_days: u32,
    /// The URL of ip-api.com. Only tests change it.
    #[arg(skip = IP_API.to_owned())]
    pub ip_api: String,
    /// The time in which ip-api.com takes 15 batches. Only tests change it.
    #[arg(skip = IP_API_WINDOW)]
    pub ip_api_window: Duration,
}

impl Default for Geo {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            cache_days: DEFAULT_CACHE_DAYS,
            ip_api: IP_API.to_owned(),
            ip_api_window: IP_API_WINDOW,
        }
    }
}

impl Geo {
    /// The time for which an answer stays valid.
    #[must_use]
    pub(crate) fn good_for(&self) -> Duration {
        Duration::from_hours(u64::from(self.cache_days) * 24)
    }
}

/// A provider of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// A file in MaxMind's format.
    Mmdb(PathBuf),
    /// The service ip-api.com.
    IpApi,
    /// The domain name system, on request.
    ReverseDns,
}

/// The text names no provider.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("write mmdb:FILE with the file's path, ip-api, or reverse-dns")]
pub struct ProviderError;

impl FromStr for Provider {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        let text = text.trim();
        match (text, text.strip_prefix("mmdb:")) {
            ("ip-api", _) => Ok(Self::IpApi),
            ("reverse-dns", _) => Ok(Self::ReverseDns),
            (_, Some(file)) if !file.is_empty() => Ok(Self::Mmdb(file.into())),
            _ => Err(ProviderError),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        geo: Geo,
    }

    fn parse(arguments: &[&str]) -> Result<Geo, clap::Error> {
        Ok(Program::try_parse_from([&["bangui"], arguments].concat())?.geo)
    }

    #[test]
    fn unless_told_nobody_is_asked() -> Result<(), clap::Error> {
        assert_eq!(parse(&[])?, Geo::default());
        assert!(Geo::default().providers.is_empty());
        assert_eq!(Geo::default().good_for(), Duration::from_hours(720));
        Ok(())
    }

    #[test]
    fn providers_keep_the_order_in_which_they_were_given() -> Result<(), clap::Error> {
        let geo = parse(&[
            "--geo-provider=mmdb:/d/a b.mmdb,ip-api",
            "--geo-provider=reverse-dns",
            "--geo-cache-days=7",
        ])?;
        assert_eq!(
            geo.providers,
            [Provider::Mmdb("/d/a b.mmdb".into()), Provider::IpApi, Provider::ReverseDns]
        );
        assert_eq!(geo.good_for(), Duration::from_hours(168));
        assert_eq!(geo.ip_api, "http://ip-api.com");
        Ok(())
    }

    #[test]
    fn what_is_no_provider_or_no_number_of_days_is_refused() {
        for argument in [
            "--geo-provider=mmdb:",
            "--geo-provider=mmdb",
            "--geo-provider=/a.mmdb",
            "--geo-provider=",
            "--geo-provider=ip-api.com",
            "--geo-cache-days=0",
            "--geo-cache-days=x",
        ] {
            assert!(parse(&[argument]).is_err(), "{argument}");
        }
    }

    #[test]
    fn the_help_says_that_addresses_leave_the_machine_unencrypted() {
        let help = <Program as clap::CommandFactory>::command().render_long_help().to_string();
        assert!(help.contains("leaves this machine, UNENCRYPTED"), "{help}");
    }
}
