//! What the handlers share.

use std::sync::Arc;

use crate::accounts::{Accounts, Sessions, Setup};
use crate::audit::Audit;
use crate::events::Events;
use crate::geo::Geo;
use crate::jail_service::JailService;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct State {
    /// The jails.
    pub jails: Arc<JailService>,
    /// Where what happened is published.
    pub(crate) events: Events,
    /// What was done, and by whom.
    pub audit: Audit,
    /// Who may log in.
    pub accounts: Accounts,
    /// Who is logged in.
    pub(crate) sessions: Sessions,
    /// The chance to make the first account, where there was none at the start.
    pub setup: Option<Setup>,
    /// Where addresses are.
    pub geo: Arc<Geo>,
}
