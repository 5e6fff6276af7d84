//! Notices to accounts, and the devices that they are known by.

use std::net::IpAddr;

use crate::domain::account::AccountId;
use crate::domain::notice::{Notice, NoticeId, NoticeKind, Source};
use crate::domain::one_person::one_person;
use crate::domain::session::SessionNumber;
use crate::storage::StorageError;
use crate::storage::notices::{self, Cause};

use super::Accounts;
use super::proof::LoggedIn;

/// Seconds for which a device stays known after a login.
const KNOWN_FOR: i64 = 90 * 24 * 60 * 60;
/// Seconds for which a device that a notice is about dismisses none. Then it may be the only one that is left.
const SUSPECT_FOR: i64 = 30 * 24 * 60 * 60;

impl Accounts {
    /// Records a login by `session` with `browser` at `from`. If that is a new device, the account's other
    /// sessions are told.
    pub(crate) async fn note_login(
        &self,
        account: AccountId,
        session: SessionNumber,
        browser: String,
        from: IpAddr,
    ) -> Result<(), StorageError> {
        self.note_device(account, NoticeKind::NewDevice, Some(session), browser, from).await
    }

    /// Records that a session goes on with another browser, which no browser does by itself. All of the
    /// account's sessions are told, as nobody knows whose this one is now.
    pub(crate) async fn note_other_browser(
        &self,
        account: AccountId,
        browser: String,
        from: IpAddr,
    ) -> Result<(), StorageError> {
        self.note_device(account, NoticeKind::OtherBrowser, None, browser, from).await
    }

    async fn note_device(
        &self,
        account: AccountId,
        kind: NoticeKind,
        session: Option<SessionNumber>,
        browser: String,
        from: IpAddr,
    ) -> Result<(), StorageError> {
        let now = self.clock.now();
        let known = Source { address: one_person(from), browser };
        let write = move |connection: &mut rusqlite::Connection| {
            let transaction = connection.transaction()?;
            if notices::note_device(&transaction, account, &known, now.saturating_sub(KNOWN_FOR), now)? {
                let source = Some(Source { address: from, ..known });
                notices::insert(&transaction, account, kind, "", &Cause { session, source }, now)?;
            }
            transaction.commit()
        };
        self.storage.call(write).await
    }

    /// Returns what `session` of the account is told, the newest first.
    pub(crate) async fn notices(
        &self,
        account: AccountId,
        session: SessionNumber,
    ) -> Result<Vec<Notice>, StorageError> {
        self.storage.call(move |connection| notices::of_session(connection, account, session)).await
    }

    /// Records that the session of `who` goes on under the number of its successor.
    pub(crate) async fn renumber_notices(&self, who: &LoggedIn) -> Result<(), StorageError> {
        let (account, old, new) = (who.account.id, who.session, who.successor);
        let write = move |connection: &mut _| notices::renumber(connection, account, old, new).map(drop);
        self.storage.call(write).await
    }

    /// Removes what the session of `who` was told up to `last`. Returns how many notices; `None` if one is about the
    /// very device that `who` is at, by whatever session: whoever caused it does not hide it.
    pub(crate) async fn dismiss_notices(
        &self,
        who: &LoggedIn,
        last: NoticeId,
    ) -> Result<Option<usize>, StorageError> {
        let (account, session) = (who.account.id, who.session);
        let here = Source { address: one_person(who.from), browser: who.browser.clone() };
        let since = self.clock.now().saturating_sub(SUSPECT_FOR);
        let write = move |connection: &mut rusqlite::Connection| {
            let transaction = connection.transaction()?;
            let recent = notices::devices_since(&transaction, account, since)?;
            if recent.into_iter().any(|about| Source { address: one_person(about.address), ..about } == here)
            {
                return Ok(None);
            }
            let gone = notices::dismiss(&transaction, account, session, last)?;
            transaction.commit()?;
            Ok(Some(gone))
        };
        self.storage.call(write).await
    }
}
