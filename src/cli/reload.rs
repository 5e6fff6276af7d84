//! SIGHUP: the settings are read again, and those that can change at once do.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::cli::admit::admit;
use crate::cli::logging;
use crate::cli::settings::Settings;

use crate::config::live::LiveConfig;
use crate::config::{Config, Listen};
use crate::service_manager;

/// Reads the settings of `bangui serve`.
pub(crate) type Reader = fn() -> Result<(Config, Settings), Box<dyn Error>>;

/// Reads the settings again at each SIGHUP, for as long as the server runs. `passed` are the sockets that systemd has
/// passed, if it has. What cannot be used is logged and changes nothing.
///
/// # Errors
/// When the signal cannot be listened to.
pub(crate) fn at_each_hangup(
    read: Reader,
    live: Arc<LiveConfig>,
    passed: Option<Vec<Listen>>,
) -> std::io::Result<()> {
    let mut hangups: Signal = signal(SignalKind::hangup())?;
    actix_web::rt::spawn(async move {
        while hangups.recv().await.is_some() {
            service_manager::reloading();
            match read_again(read, passed.as_deref()) {
                Ok(read) => change(&live, read),
                Err(error) => {
                    tracing::error!("the settings stay as they are: {error}");
                }
            }
            service_manager::reloaded();
        }
    });
    Ok(())
}

/// Settings that can all be used.
struct Read {
    config: Config,
    settings: Settings,
    logged: EnvFilter,
}

fn read_again(read: Reader, passed: Option<&[Listen]>) -> Result<Read, Box<dyn Error>> {
    let (mut config, settings) = read()?;
    if let Some(passed) = passed {
        config.listen = passed.to_vec();
    }
    admit(&config)?;
    let logged = logging::filter(settings.file.log())?;
    // Whether it can be read is not known here: a server that has confined itself reads nothing outside.
    for file in [&config.http.tls_certificate, &config.http.tls_key].into_iter().flatten() {
        if fs::metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(format!("there is no file {} for HTTPS", file.display()).into());
        }
    }
    Ok(Read { config, settings, logged })
}

fn change(live: &LiveConfig, Read { config, settings, logged }: Read) {
    if let Err(error) = logging::change(logged) {
        tracing::error!("what is logged stays as it is: {error}");
    }
    let waiting = live.change(config);
    tracing::info!("the settings were read again: {settings}");
    if !waiting.is_empty() {
        tracing::warn!("a new start is needed for {}: systemctl restart bangui", waiting.join(", "));
    }
}
