//! The plans, kept here under a number until they are carried out: a client that asks for a reload
//! cannot make one up.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::jail::JailName;
use crate::domain::reload::{Expected, KeptIgnores, LiveState, Plan, Scope};
use crate::fail2ban::client_program::{ClientError, Configuration};
use crate::mutex::Mutex;

/// Number of plans that are kept: each may be of 32 MB, and only one piece of work is under way at
/// a time.
const KEPT: usize = 4;

/// Stands for a plan, to be carried out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token(u64);

/// A configuration that has passed the trial, and the plan for it.
#[derive(Debug)]
pub(crate) struct Tested {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) expected: Arc<Expected>,
    /// The state that ran when the plan was made, without kept ignore entries.
    pub(crate) live: LiveState,
    /// The ignore entries that are put back afterwards.
    pub(crate) kept: KeptIgnores,
    pub(crate) plan: Plan,
}

#[derive(Debug, Default)]
pub(crate) struct TestedConfigs {
    kept: Mutex<VecDeque<(Token, Tested)>>,
}

impl TestedConfigs {
    pub(crate) fn store(&self, tested: Tested) -> Token {
        // By chance, so that one of a broker before this one means nothing here.
        let token = Token(rand::random());
        let mut kept = self.kept.lock();
        kept.truncate(KEPT - 1);
        kept.push_front((token, tested));
        token
    }

    /// The only jail that a plan is about.
    pub(crate) fn jail_of(&self, planned: Token) -> Option<JailName> {
        let kept = self.kept.lock();
        let (_, tested) = kept.iter().find(|(own, _)| *own == planned)?;
        if let Scope::Jail(jail) = &tested.plan.scope { Some(jail.clone()) } else { None }
    }

    pub(crate) fn take(&self, token: Token) -> Result<Tested, ClientError> {
        let mut kept = self.kept.lock();
        let place = kept.iter().position(|(own, _)| *own == token).ok_or(ClientError::Untested)?;
        kept.remove(place).map(|(_, tested)| tested).ok_or(ClientError::Untested)
    }
}
