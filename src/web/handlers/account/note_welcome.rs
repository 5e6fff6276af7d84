//! What every login does, whichever way it came.

use std::net::IpAddr;

use crate::domain::account::Account;
use crate::events::Event;
use crate::web::state::State;

/// Tells of a login, and looks for bans of whoever came in.
pub(super) async fn note_welcome(state: &State, account: &Account, from: IpAddr) {
    state.events.publish(Event::LoggedIn { from, account: account.name.clone() }).await;
    state.jails.prepare_own_bans(from).await;
}
