//! The state that the handlers share.

use std::sync::Arc;

use crate::accounts::{Accounts, Sessions, Setup};
use crate::audit::Audit;
use crate::events::Events;
use crate::geo::Geo;
use crate::history::History;
use crate::jail_service::JailService;

/// State that the handlers share.
#[derive(Clone)]
pub(crate) struct State {
    /// The jails.
    pub jails: Arc<JailService>,
    /// Receives what happened.
    pub(crate) events: Events,
    /// The audit log.
    pub audit: Audit,
    /// The record of bans.
    pub history: History,
    /// The accounts that may log in.
    pub accounts: Accounts,
    /// The sessions of logged-in users.
    pub(crate) sessions: Sessions,
    /// The chance to make the first account, where there was none at the start.
    pub setup: Option<Setup>,
    /// The providers of places.
    pub geo: Arc<Geo>,
}
