//! Proofs that let one attempt through the wait that failures from elsewhere have caused, so that nobody keeps an owner
//! out: a code of the second factor beside the password, or work. It shortens no wait of one's own address.

use std::net::IpAddr;

use crate::storage::logins::Credentials;

use super::throttle::{Attempt, Way};
use super::totp::figures;
use super::work::Task;
use super::{Accounts, AccountsError};

/// A proof that somebody gives to be let through.
pub(crate) enum Pass {
    /// A code of the authenticator app, which then is not asked for again.
    Code(String),
    /// The solution of a task.
    Work(Task, u64),
}

/// An attempt that was let through.
pub(super) struct LetThrough {
    pub(super) attempt: Attempt,
    /// True if the second factor was given, and is used up.
    pub(super) has_factor: bool,
}

impl Accounts {
    /// Lets one attempt at `name` through by `pass`. `None` if that is wrong, or the wait is for failures from
    /// where the account is known.
    pub(super) async fn let_through(
        &self,
        pass: Pass,
        name: &str,
        found: Option<&Credentials>,
        from: IpAddr,
    ) -> Result<Option<LetThrough>, AccountsError> {
        if found.is_some_and(|found| found.is_known) {
            return Ok(None);
        }
        let has_factor = match pass {
            Pass::Work(task, number) if self.tasks.take(&task, number) => false,
            Pass::Work(..) => return Ok(None),
            Pass::Code(typed) => {
                // Wrong codes make the address wait, and not the account.
                let Ok(attempt) = self.throttle.begin(name, from, Way::ToBeLetThrough) else {
                    return Ok(None);
                };
                let owner = found.filter(|found| !found.disabled && figures(&typed).is_some());
                let Some(owner) = owner else { return Ok(None) };
                if self.use_code(owner, &typed, None).await?.is_none() {
                    return Ok(None);
                }
                attempt.give_back();
                true
            }
        };
        let attempt = self.throttle.begin(name, from, Way::LetThrough).ok();
        Ok(attempt.map(|attempt| LetThrough { attempt, has_factor }))
    }

    /// A task that lets an attempt at `name` from `from` through; `None` if it need not or would not.
    pub(super) fn task(&self, name: &str, from: IpAddr) -> Option<Task> {
        if self.throttle.wait_of_address(from).is_some() {
            return None;
        }
        self.throttle.failures_to_wait_for(name).map(|failures| self.tasks.set(failures))
    }
}
