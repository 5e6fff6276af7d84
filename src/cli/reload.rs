//! SIGHUP: the settings are read again, and those that can change at once do.

use std::error::Error;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

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
                Ok((config, settings)) => change(&live, config, &settings),
                Err(error) => {
                    tracing::error!("the settings stay as they are: {error}");
                }
            }
            service_manager::reloaded();
        }
    });
    Ok(())
}

fn read_again(read: Reader, passed: Option<&[Listen]>) -> Result<(Config, Settings), Box<dyn Error>> {
    let (mut config, settings) = read()?;
    if let Some(passed) = passed {
        config.listen = passed.to_vec();
    }
    config.check_lifetimes()?;
    config.http.check(&config.listen)?;
    Ok((config, settings))
}

fn change(live: &LiveConfig, config: Config, settings: &Settings) {
    if let Err(error) = logging::change(settings.file.log()) {
        tracing::error!("what is logged stays as it is: {error}");
    }
    let waiting = live.change(config);
    tracing::info!("the settings were read again: {settings}");
    if !waiting.is_empty() {
        tracing::warn!("a new start is needed for {}", waiting.join(", "));
    }
}
