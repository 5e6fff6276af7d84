//! What a person has to open to see BanGUI.

use std::net::SocketAddr;

use crate::config::listen::Listen;
use crate::domain::host::HostName;

use super::HttpConfig;

/// The name of this machine for itself, which is always allowed.
const LOCALHOST: &str = "localhost";

impl HttpConfig {
    /// The address of `path` below the base path, as it is typed into a browser, where BanGUI listens on `places`: at the
    /// first that a browser can open, or else at the web server in front. `None` where the name of that is not known.
    pub(crate) fn opened_at(&self, places: &[Listen], path: &str) -> Option<String> {
        let name = self.hosts.first().map(in_url);
        let direct = places.iter().find_map(|place| self.opened_directly(place, name.as_deref()));
        let in_front = || name.as_ref().map(|name| format!("https://{name}"));
        Some(format!("{}{}", direct.or_else(in_front)?, self.base_path.join(path)))
    }

    /// The address of `place` with its scheme; `None` where no browser can open it, or is refused.
    fn opened_directly(&self, place: &Listen, name: Option<&str>) -> Option<String> {
        match place {
            Listen::Socket(_) => None,
            Listen::Https(address) => {
                let name = if address.ip().to_canonical().is_loopback() { None } else { name };
                Some(format!("https://{}", authority(*address, name, 443)))
            }
            Listen::Address(address) => {
                let is_private = address.ip().to_canonical().is_loopback();
                let name = if self.allow_plain_http && !is_private { name } else { None };
                let is_answered = is_private || self.allow_plain_http || address.ip().is_unspecified();
                is_answered.then(|| format!("http://{}", authority(*address, name, 80)))
            }
        }
    }
}

/// The host and port of a URL. No browser is answered at the address that means all of them.
fn authority(address: SocketAddr, name: Option<&str>, default_port: u16) -> String {
    let name = name.or(address.ip().is_unspecified().then_some(LOCALHOST));
    match name {
        None => address.to_string(),
        Some(name) if address.port() == default_port => name.to_owned(),
        Some(name) => format!("{name}:{}", address.port()),
    }
}

fn in_url(host: &HostName) -> String {
    match host {
        HostName::Address(address) if address.is_ipv6() => format!("[{address}]"),
        host => host.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(http: &HttpConfig, places: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
        let places = places.iter().map(|place| place.parse()).collect::<Result<Vec<Listen>, _>>()?;
        Ok(http.opened_at(&places, "/setup").unwrap_or_default())
    }

    #[test]
    fn what_is_said_to_open_is_answered() -> Result<(), Box<dyn std::error::Error>> {
        let nameless = HttpConfig::default();
        let named = HttpConfig { hosts: vec!["bans.example.org".parse()?], ..HttpConfig::default() };
        let six = HttpConfig { hosts: vec!["[2001:db8::1]".parse()?], ..HttpConfig::default() };
        let plain = HttpConfig { allow_plain_http: true, ..named.clone() };
        let below = HttpConfig { base_path: "/bangui/".parse()?, ..named.clone() };
        for (http, places, opened_at) in [
            (&nameless, &["127.0.0.1:8580"][..], "http://127.0.0.1:8580/setup"),
            (&named, &["127.0.0.1:8580"], "http://127.0.0.1:8580/setup"),
            (&named, &["https://[::]:9543"], "https://bans.example.org:9543/setup"),
            (&named, &["https://[::]:443"], "https://bans.example.org/setup"),
            (&named, &["https://127.0.0.1:443"], "https://127.0.0.1:443/setup"),
            (&six, &["https://[::]:9543"], "https://[2001:db8::1]:9543/setup"),
            (&nameless, &["https://[::]:9543"], "https://localhost:9543/setup"),
            (&nameless, &["https://192.0.2.1:9543"], "https://192.0.2.1:9543/setup"),
            // Without permission plain HTTP is answered to this machine alone, and not by the name.
            (&named, &["0.0.0.0:9624"], "http://localhost:9624/setup"),
            (&plain, &["0.0.0.0:9624"], "http://bans.example.org:9624/setup"),
            (&plain, &["192.0.2.1:80"], "http://bans.example.org/setup"),
            (&named, &["192.0.2.1:9624"], "https://bans.example.org/setup"),
            (&below, &["unix:/w", "127.0.0.1:8580"], "http://127.0.0.1:8580/bangui/setup"),
            (&below, &["unix:/w"], "https://bans.example.org/bangui/setup"),
            (&nameless, &["unix:/w"], ""),
        ] {
            assert_eq!(opened(http, places)?, opened_at, "{places:?}");
        }
        Ok(())
    }
}
