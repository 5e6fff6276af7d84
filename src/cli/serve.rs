//! `bangui serve`: the web interface.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::cli::admit::admit;
use crate::cli::{confine, reload};
use crate::config::geo::Provider;
use crate::config::{Config, HttpConfig, Listen, LiveConfig};
use crate::storage::Storage;
use crate::web;
use crate::web::Listeners;

/// Serves until the process is told to end, with what `read` reads at each SIGHUP.
pub(crate) async fn run(mut config: Config, read: reload::Reader) -> Result<(), Box<dyn Error>> {
    let passed = Listeners::passed()?;
    if let Some(passed) = &passed {
        tracing::info!("systemd passes the sockets to listen on, which takes the place of --listen");
        config.listen = passed.places();
    }
    admit(&config)?;
    for listen in &config.listen {
        warn_of_plain_http(listen, &config.http);
    }
    if let Some(warning) = config.http.proxy_login_warning() {
        tracing::warn!("{warning}");
    }
    // Afterwards no other directory than this can be reached.
    Storage::make_directory(&config.database)?;
    let _in_use = Storage::serve(&config.database)?;
    let confined = confine::confine(&config)?;
    tracing::info!("BanGUI has confined itself: {confined}");
    if config.geo.providers.contains(&Provider::IpApi) {
        tracing::warn!(
            "ip-api.com is asked where addresses are: every public address that is shown or looked up leaves this \
             machine unencrypted."
        );
    }
    let live = Arc::new(LiveConfig::new(config));
    reload::at_each_hangup(read, Arc::clone(&live), passed.as_ref().map(Listeners::places))?;
    Ok(web::run(live, passed).await?)
}

/// Says so when passwords will travel the network unencrypted.
pub(crate) fn warn_of_plain_http(listen: &Listen, http: &HttpConfig) {
    // Without the permission a request that comes unencrypted is refused.
    if http.allow_plain_http
        && let Listen::Address(address) = listen
        && let Some(warning) = plain_http_warning(*address)
    {
        tracing::warn!("{warning}");
    }
}

fn plain_http_warning(listen: SocketAddr) -> Option<String> {
    // Canonical, because ::ffff:127.0.0.1 is this machine too.
    (!listen.ip().to_canonical().is_loopback()).then(|| {
        format!(
            "Listening on {listen} over plain HTTP: whoever is on the way can read passwords and \
             take over sessions. Better listen with HTTPS, or on 127.0.0.1 with a web server with HTTPS in front."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_beyond_this_machine_is_warned_of() -> Result<(), Box<dyn Error>> {
        for other in ["0.0.0.0:80", "[::]:80", "192.0.2.1:8580", "[2001:db8::1]:80"] {
            let warning = plain_http_warning(other.parse()?).ok_or(other)?;
            assert!(warning.contains(other) && warning.contains("plain HTTP"), "{warning}");
        }
        for this in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(plain_http_warning(this.parse()?), None);
        }
        Ok(())
    }
}
