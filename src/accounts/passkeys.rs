//! Passkeys of accounts: making, using and removing them.

use std::net::IpAddr;

use thiserror::Error;

use crate::domain::account::{Account, AccountId};
use crate::domain::one_person::one_person;
use crate::domain::passkey::{OwnPasskey, PasskeyId, PasskeyName, Site};
use crate::storage::logins::Credentials;
use crate::storage::passkeys::{Added, Handle, NewPasskey, StoredPasskey};
use crate::storage::self_service::Change;
use crate::storage::{StorageError, logins, passkeys};

use super::proof::{Factor, LoggedIn, OwnError, PasskeyAnswer};
use super::self_service::{RecoveryCode, recovery_codes};
use super::webauthn::verify::{Answer, StoredCredential};
use super::webauthn::{Asked, Challenge, HANDLE, KnownCredential, WebauthnError, make, verify};
use super::{Accounts, AccountsError};

/// A question for the browser: what it is sent, and what is kept until it answers.
pub(crate) struct PasskeyQuestion {
    /// Kept in the session.
    pub(crate) challenge: Challenge,
    /// The options of `navigator.credentials`, with Base64url in the place of bytes.
    pub(crate) options: serde_json::Value,
}

/// The result of a login by a passkey alone.
#[derive(Debug)]
#[must_use]
pub(crate) enum PasskeyLogIn {
    /// Logged in.
    Done(Account),
    /// Not logged in.
    Refused(PasskeyRefusal),
}

/// The reason that an answer of a passkey was not taken. For the log and the audit: a visitor learns only whether
/// it came too late.
#[derive(Debug, Error)]
pub(crate) enum PasskeyRefusal {
    /// Nothing was asked, or it was answered already, or minutes ago.
    #[error("there is no question that this answers, or no longer")]
    TooLate,
    /// Nobody has this passkey here, or it is another account's.
    #[error("this passkey is unknown here")]
    Unknown,
    /// It is a second factor only. Whoever finds a key without a PIN may give it one, so that it verifies its user now is
    /// not enough: it has to have done so when it was made, or after the password.
    #[error("this passkey is a second factor only: it has not verified its user before")]
    SecondFactorOnly,
    /// The answer is not right.
    #[error(transparent)]
    Wrong(#[from] WebauthnError),
    /// The account is disabled or has changed meanwhile.
    #[error("the account of this passkey is disabled, or has changed meanwhile")]
    NoLogin,
}

/// The reason that a passkey was not added.
#[derive(Debug, Error)]
pub(crate) enum AddPasskeyError {
    /// The question is no longer open.
    #[error("there is no question that this answers, or no longer")]
    TooLate,
    /// The browser's answer is not right.
    #[error(transparent)]
    Wrong(#[from] WebauthnError),
    /// It is stored already, or the account has as many as it may have.
    #[error("it is stored already, or there are too many")]
    NoRoom,
    /// The account was changed meanwhile, or the database failed.
    #[error(transparent)]
    Own(#[from] OwnError),
}

impl From<StorageError> for AddPasskeyError {
    fn from(error: StorageError) -> Self {
        Self::Own(error.into())
    }
}

impl Accounts {
    /// The passkeys of `account`.
    pub(crate) async fn passkeys_of(&self, account: AccountId) -> Result<Vec<OwnPasskey>, AccountsError> {
        Ok(self.storage.call(move |connection| passkeys::of_account(connection, account)).await?)
    }

    /// Asks the browser to make a passkey.
    pub(crate) async fn ask_for_new_passkey(
        &self,
        account: &Account,
        site: &Site,
    ) -> Result<PasskeyQuestion, AccountsError> {
        let (id, host, new) = (account.id, site.host.clone(), random_handle());
        let look = move |connection: &mut _| {
            Ok((passkeys::handle(connection, id, &new)?, passkeys::ids(connection, id, &host)?))
        };
        let (handle, present) = self.storage.call(look).await?;
        Ok(self.question(site, Some(account.id), make::ask(site, handle, &account.name, &known(present))?))
    }

    /// Adds the passkey that the browser made, and ends the other sessions. Returns recovery codes if it is the
    /// first second factor. Whoever calls this has asked for a proof before.
    ///
    /// # Errors
    /// When the answer is not right or comes too late.
    pub(crate) async fn add_passkey(
        &self,
        who: &LoggedIn,
        name: PasskeyName,
        answer: &PasskeyAnswer,
    ) -> Result<Option<Vec<RecoveryCode>>, AddPasskeyError> {
        let (challenge, site) = self.open(answer, Some(who.account.id)).ok_or(AddPasskeyError::TooLate)?;
        let made = make::check(site, &challenge.state, &answer.answer)?;
        if !self.challenges.use_up(challenge) {
            return Err(AddPasskeyError::TooLate);
        }
        let (id, origin) = (who.account.id, self.origin(who.from));
        let read = self.storage.call(move |connection| logins::by_id(connection, id, origin)).await?;
        let read = read.ok_or(OwnError::WrongPassword)?;
        let codes = (!read.has_second_factor()).then(recovery_codes);
        let (shown, hashes) = codes.unzip();
        let new = NewPasskey {
            host: site.host.clone(),
            credential_id: made.known.id,
            name,
            public_key: made.public_key,
            state: made.state,
            transports: made.known.transports,
        };
        let (now, stays, cause) = (self.clock.now(), who.session, who.cause());
        let write = move |connection: &mut _| {
            passkeys::add(connection, &read, &new, hashes.as_deref(), stays, &cause, now)
        };
        match self.storage.call(write).await? {
            Added::Done => Ok(shown),
            Added::Changed => Err(OwnError::WrongPassword.into()),
            Added::NoRoom => Err(AddPasskeyError::NoRoom),
        }
    }

    /// Removes a passkey and ends the other sessions.
    ///
    /// # Errors
    /// As [`Accounts::confirm`].
    pub(crate) async fn remove_passkey(
        &self,
        who: &LoggedIn,
        password: &str,
        factor: &Factor,
        passkey: PasskeyId,
    ) -> Result<(), OwnError> {
        let confirmed = self.confirm(who, password, Some(factor)).await?;
        self.change(who, confirmed, Change::NoPasskey(passkey)).await
    }

    /// Asks the browser for any passkey that verifies its user.
    pub(crate) fn ask_for_any_passkey(&self, site: &Site) -> Result<PasskeyQuestion, AccountsError> {
        Ok(self.question(site, None, verify::ask_anybody(site)?))
    }

    /// Asks the browser for a passkey of `account`. `None` if it has none for this host.
    pub(crate) async fn ask_for_own_passkey(
        &self,
        account: AccountId,
        site: &Site,
    ) -> Result<Option<PasskeyQuestion>, AccountsError> {
        let host = site.host.clone();
        let present = self.storage.call(move |connection| passkeys::ids(connection, account, &host)).await?;
        if present.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.question(site, Some(account), verify::ask_owner(site, &known(present))?)))
    }

    /// Logs somebody at `from` in by their passkey alone. No failures of others make it wait: there is nothing in
    /// it to be guessed.
    pub(crate) async fn log_in_by_passkey(
        &self,
        answer: &PasskeyAnswer,
        from: IpAddr,
    ) -> Result<PasskeyLogIn, AccountsError> {
        Ok(match self.use_passkey(None, answer, from).await? {
            Ok(account) => PasskeyLogIn::Done(account),
            Err(why) => PasskeyLogIn::Refused(why),
        })
    }

    /// Checks an answer of a passkey, which has to be one `of` an account if that is known, and records the use.
    pub(super) async fn use_passkey(
        &self,
        of: Option<&Credentials>,
        answer: &PasskeyAnswer,
        from: IpAddr,
    ) -> Result<Result<Account, PasskeyRefusal>, AccountsError> {
        let asked = of.map(|found| found.account.id);
        let Some((challenge, site)) = self.open(answer, asked) else {
            return Ok(Err(PasskeyRefusal::TooLate));
        };
        let handle = match asked {
            Some(id) => {
                let new = random_handle();
                Some(self.storage.call(move |connection| passkeys::handle(connection, id, &new)).await?)
            }
            None => None,
        };
        let answer = match Answer::read(&answer.answer, handle) {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error.into())),
        };
        let (host, id, origin) = (site.host.clone(), answer.credential_id(), self.origin(from));
        let look = move |connection: &mut _| {
            let Some(stored) = passkeys::find(connection, &host, &id)? else { return Ok(None) };
            Ok(logins::by_id(connection, stored.account, origin)?.map(|owner| (stored, owner)))
        };
        let found = self.storage.call(look).await?;
        let is_right = |owner: &Credentials| of.is_none_or(|of| of.account.id == owner.account.id);
        let Some((stored, owner)) = found.filter(|(_, owner)| is_right(owner)) else {
            return Ok(Err(PasskeyRefusal::Unknown));
        };
        if of.is_none() && !stored.verifies() {
            return Ok(Err(PasskeyRefusal::SecondFactorOnly));
        }
        let state = match answer.check(site, &challenge.state, &credential(&stored)) {
            Ok(state) => state,
            Err(error) => return Ok(Err(error.into())),
        };
        if !self.challenges.use_up(challenge) {
            return Ok(Err(PasskeyRefusal::TooLate));
        }
        let (now, account) = (self.clock.now(), owner.account.clone());
        let write = move |connection: &mut _| {
            passkeys::use_up(connection, &owner, &stored, state, one_person(from), now)
        };
        let written = self.storage.call(write).await?;
        Ok(if written { Ok(account) } else { Err(PasskeyRefusal::NoLogin) })
    }

    /// The question to `of`, or to anybody, that `answer` is for, and its site, if that is open.
    fn open<'a>(
        &self,
        answer: &'a PasskeyAnswer,
        of: Option<AccountId>,
    ) -> Option<(&'a Challenge, &'a Site)> {
        let (challenge, site) = (answer.challenge.as_ref()?, answer.site.as_ref()?);
        self.challenges.is_open(challenge, site, of).then_some((challenge, site))
    }

    fn question(&self, site: &Site, of: Option<AccountId>, asked: Asked) -> PasskeyQuestion {
        PasskeyQuestion { challenge: self.challenges.begin(site, of, asked.state), options: asked.options }
    }
}

fn random_handle() -> Handle {
    let mut handle = [0; HANDLE];
    rand::fill(&mut handle);
    handle
}

fn known(present: Vec<(Vec<u8>, u8)>) -> Vec<KnownCredential> {
    present.into_iter().map(|(id, transports)| KnownCredential { id, transports }).collect()
}

fn credential(stored: &StoredPasskey) -> StoredCredential {
    StoredCredential {
        credential_id: stored.credential_id.clone(),
        public_key: stored.public_key.clone(),
        state: stored.state,
        handle: stored.handle,
    }
}
