//! Which jails run, to tell whether a recorded ban blocks anything.

use crate::domain::history::{Ending, RecordedBan};
use crate::domain::jail::JailName;
use crate::web::state::State;

use super::page::{DaemonState, Page};

/// The jails that run; `None` where fail2ban does not tell.
#[derive(Debug)]
pub(crate) struct Running(Option<Vec<JailName>>);

impl Running {
    /// Reads them, unless fail2ban does not answer `page`.
    pub(crate) async fn read(page: &Page, state: &State) -> Self {
        if !matches!(page.daemon, Some(DaemonState::Answers(_))) {
            return Self(None);
        }
        Self::ask(state).await
    }

    /// Reads them for what has no page.
    pub(crate) async fn ask(state: &State) -> Self {
        let running = state.jails.running_jails().await;
        Self(running.inspect_err(|error| tracing::warn!(%error, "which jails run is not known")).ok())
    }

    /// Returns true if `ban` stands only in fail2ban's database: its jail does not run.
    pub(crate) fn blocks_nothing(&self, ban: &RecordedBan) -> bool {
        let runs = |jails: &Vec<JailName>| jails.iter().any(|jail| jail.as_str() == ban.jail);
        ban.ending == Ending::Standing && !self.0.as_ref().is_none_or(runs)
    }
}
