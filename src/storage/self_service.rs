//! Changes that people make to their own account, each with the end of their other sessions.

use rusqlite::{Connection, Result, TransactionBehavior, params};

use crate::domain::notice::NoticeKind;
use crate::domain::passkey::PasskeyId;
use crate::domain::session::SessionNumber;

use super::logins::{Credentials, is_unchanged};
use super::notices::Cause;
use super::second_factor::{self, RecoveryHash};
use super::{notices, passkeys, sessions};

/// A change that people make to their own account.
pub enum Change {
    /// The password. Holds the new hash.
    Password(String),
    /// The second factor: a new secret, the step whose code has shown that it works, and new recovery
    /// codes.
    SecondFactor {
        /// The secret.
        secret: Vec<u8>,
        /// The used step.
        step: i64,
        /// The recovery codes.
        recovery: Vec<RecoveryHash>,
    },
    /// The authenticator app is removed.
    NoSecondFactor,
    /// A passkey is removed.
    NoPasskey(PasskeyId),
    /// The recovery codes.
    RecoveryCodes(Vec<RecoveryHash>),
}

impl Change {
    /// The kind of the notice that the account gets.
    fn notice(&self) -> NoticeKind {
        match self {
            Self::Password(_) => NoticeKind::PasswordChanged,
            Self::SecondFactor { .. } => NoticeKind::SecondFactorOn,
            Self::NoSecondFactor => NoticeKind::SecondFactorOff,
            Self::NoPasskey(_) => NoticeKind::PasskeyRemoved,
            Self::RecoveryCodes(_) => NoticeKind::RecoveryCodes,
        }
    }
}

/// Writes a change, tells the account of it by `cause`, and ends every session of the account but one. Returns
/// false and writes nothing if the account has changed since it was read, or is disabled, or that session has ended.
pub fn change(
    connection: &mut Connection,
    read: &Credentials,
    change: &Change,
    stays: SessionNumber,
    cause: &Cause,
    now: i64,
) -> Result<bool> {
    let id = read.account.id;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_unchanged(&transaction, read)? || !sessions::has(&transaction, id, stays)? {
        return Ok(false);
    }
    match change {
        Change::Password(hash) => {
            let sql = "UPDATE accounts SET password_hash = ?2, must_change = 0 WHERE id = ?1";
            transaction.execute(sql, params![id, hash])?;
        }
        Change::SecondFactor { secret, step, recovery } => {
            second_factor::set(&transaction, id, secret, *step)?;
            second_factor::replace_recovery_codes(&transaction, id, recovery)?;
        }
        Change::NoSecondFactor => second_factor::remove(&transaction, id)?,
        Change::NoPasskey(passkey) => drop(passkeys::remove(&transaction, id, *passkey)?),
        Change::RecoveryCodes(recovery) => {
            second_factor::replace_recovery_codes(&transaction, id, recovery)?;
        }
    }
    notices::insert(&transaction, id, change.notice(), "", cause, now)?;
    sessions::delete_all(&transaction, id, Some(stays))?;
    transaction.commit()?;
    Ok(true)
}
