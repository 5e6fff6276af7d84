//! Configurations that have passed the test, kept here under a number until they are loaded: who asks
//! for a reload cannot make one up.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::fail2ban::client_program::{ClientError, TestedConfiguration};

/// How many are kept: each may be of 32 MB, and only one piece of work is under way at a time.
const KEPT: usize = 4;

/// Stands for a configuration that has passed the test, for one reload or restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket(u64);

#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: Mutex<VecDeque<(Ticket, TestedConfiguration)>>,
}

impl Shelf {
    pub(super) fn put(&self, tested: TestedConfiguration) -> Ticket {
        // By chance, so that one of a broker before this one means nothing here.
        let ticket = Ticket(rand::random());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front((ticket, tested));
        ticket
    }

    pub(super) fn take(&self, ticket: Ticket) -> Result<TestedConfiguration, ClientError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(own, _)| *own == ticket).ok_or(ClientError::Untested)?;
        kept.remove(place).map(|(_, tested)| tested).ok_or(ClientError::Untested)
    }
}
