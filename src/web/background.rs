//! Tasks that run in the background, without any request.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::accounts::Sessions;
use crate::audit::Audit;
use crate::history::History;
use crate::jail_service::JailService;

use super::state::State;

/// Interval between two sweeps of expired sessions.
const SWEEP: Duration = Duration::from_mins(10);
/// Interval between two comparisons of kept ignore entries with fail2ban's lists: an entry may be
/// missing for so long after somebody else has restarted fail2ban.
const CARE: Duration = Duration::from_secs(10);

/// Starts what goes on for as long as the server runs.
pub(crate) fn spawn(state: State) {
    tokio::spawn(sweep(state.sessions));
    tokio::spawn(sweep_audit(state.audit.clone()));
    tokio::spawn(write_waiting(state.audit));
    tokio::spawn(sweep_history(state.history));
    tokio::spawn(Arc::clone(&state.jails).keep_record());
    tokio::spawn(Arc::clone(&state.jails).publish_outages());
    tokio::spawn(Arc::clone(&state.jails).keep_own_bans());
    tokio::spawn(Arc::clone(&state.jails).confirm_first_views());
    tokio::spawn(Arc::clone(&state.jails).keep_timed_bans());
    tokio::spawn(Arc::clone(&state.jails).keep_looking());
    tokio::spawn(care_for_kept_ignores(state.jails));
    if state.geo.is_configured() {
        tokio::spawn(state.geo.work());
    }
}

async fn sweep(sessions: Sessions) {
    let mut ticks = interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = sessions.sweep().await {
            tracing::warn!(%error, "expired sessions could not be swept");
        }
    }
}

async fn sweep_audit(audit: Audit) {
    let mut ticks = interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = audit.sweep().await {
            tracing::warn!(%error, "what is too old or too much in the audit could not be removed");
        }
    }
}

async fn sweep_history(history: History) {
    if history.absent().is_some() {
        return;
    }
    let mut ticks = interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = history.sweep().await {
            tracing::warn!(%error, "what is too old or too much in the record of bans could not be removed");
        }
    }
}

/// Writes rows of the audit that the database did not take at first.
async fn write_waiting(audit: Audit) {
    let mut ticks = interval(CARE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = audit.write_waiting().await {
            tracing::warn!(%error, waiting = audit.waiting(), "rows of the audit go on waiting");
        }
    }
}

/// Puts back what fail2ban forgets when it is restarted, whoever restarts it.
async fn care_for_kept_ignores(jails: Arc<JailService>) {
    let mut ticks = interval(CARE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        jails.care_for_kept_ignores().await;
        jails.hold_configuration().await;
    }
}
