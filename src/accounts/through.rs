//! Proofs that let one attempt through the wait that failures from elsewhere have caused, so that nobody keeps an owner
//! out: a code of the second factor beside the password, or work. It shortens no wait of one's own address.
//!
//! A code counts only together with the right password: whoever guesses codes without it learns nothing and makes
//! nobody but their address wait, and whoever has it makes the second step wait, from however many addresses.

use std::net::IpAddr;

use crate::storage::logins::Credentials;

use super::first_step::{LogIn, Typed};
use super::throttle::Way;
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

/// Result of a login with a [`Pass`].
pub(super) enum Through {
    /// It was tried, with the outcome that [`Accounts::compare_password`] has.
    Tried(Option<LogIn>),
    /// It was not let through.
    No,
}

impl Accounts {
    /// Tries a login with `pass`, which lets nobody through if the wait is for failures from where the account is known.
    pub(super) async fn try_through(
        &self,
        pass: Pass,
        typed: &Typed<'_>,
        found: Option<Credentials>,
    ) -> Result<Through, AccountsError> {
        if found.as_ref().is_some_and(|found| found.is_known) {
            return Ok(Through::No);
        }
        match pass {
            Pass::Work(task, number) => {
                if !self.tasks.take(&task, self.throttle.name(typed.name), number) {
                    return Ok(Through::No);
                }
                let Ok(attempt) = self.throttle.begin(typed.name, typed.from, Way::LetThrough) else {
                    return Ok(Through::No);
                };
                self.compare_password(typed, found, attempt).await.map(Through::Tried)
            }
            Pass::Code(code) => self.try_with_code(&code, typed, found).await,
        }
    }

    /// Tries a password and a code of the authenticator app. Whichever is wrong, the answer is the same.
    async fn try_with_code(
        &self,
        code: &str,
        typed: &Typed<'_>,
        found: Option<Credentials>,
    ) -> Result<Through, AccountsError> {
        let begin = |way| self.throttle.begin(typed.name, typed.from, way).ok();
        let Some(attempt) = begin(Way::ToBeLetThrough) else { return Ok(Through::No) };
        let Some(right) = self.right_password(typed, found, attempt).await? else { return Ok(Through::No) };
        let Some(second) = figures(code).and_then(|_| begin(Way::CodeBeside)) else { return Ok(Through::No) };
        if self.use_code(&right.found, code, None).await?.is_none() {
            return Ok(Through::No);
        }
        second.give_back();
        self.password_was_right(right, true, typed.from).await.map(Through::Tried)
    }

    /// A task that lets an attempt at `name` from `from` through; `None` if it need not or would not.
    pub(super) fn task(&self, name: &str, from: IpAddr) -> Option<Task> {
        if self.throttle.wait_of_address(from).is_some() {
            return None;
        }
        let failures = self.throttle.failures_to_wait_for(name)?;
        Some(self.tasks.set(self.throttle.name(name), failures))
    }
}
