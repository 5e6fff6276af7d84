//! Tells the service manager (systemd, where `NOTIFY_SOCKET` is set) how this process does. Elsewhere nothing is told.

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

/// The service works from now on. Afterwards the watchdog hears of it as often as it asks for (`WatchdogSec=`): from the
/// main thread's runtime, so that a process that hangs is started again, and one that has much to do is not.
pub(crate) fn ready() {
    notify(&[NotifyState::Ready]);
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tokio::spawn(async move {
            let mut ticks = interval(limit / 2);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                notify(&[NotifyState::Watchdog]);
            }
        });
    }
}

/// The service is about to end.
pub(crate) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The service reads its settings again; [`reloaded`] follows.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager is not told of the reload"),
    }
}

/// The reload has ended, well or not.
pub(crate) fn reloaded() {
    notify(&[NotifyState::Ready]);
}

fn notify(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager is not told how BanGUI does");
    }
}
