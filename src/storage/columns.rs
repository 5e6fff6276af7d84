//! Conversion of domain values to and from columns.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::account::{AccountId, AccountName, Role};
use crate::domain::address::Target;
use crate::domain::audit::Outcome;
use crate::domain::geo::place::NetworkProvider;
use crate::domain::ignore::{IgnoreEntry, Note};
use crate::domain::jail::JailName;
use crate::domain::notice::{NoticeId, NoticeKind};
use crate::domain::passkey::{PasskeyId, PasskeyName};
use crate::domain::session::SessionNumber;

/// A value of another crate, stored as the text of its `Display` and `FromStr`.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> ToSql for Text<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T: FromStr<Err: std::error::Error + Send + Sync + 'static>> FromSql for Text<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// A moment, stored as seconds since 1970.
pub(crate) struct Seconds(pub(crate) Timestamp);

impl FromSql for Seconds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_second(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

macro_rules! stored_as_text {
    ($($type:ty),*) => { $(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.to_string().into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Text::column_result(value).map(|text| text.0)
            }
        }
    )* };
}

macro_rules! stored_as_number {
    ($($type:ident),*) => { $(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )* };
}

stored_as_text!(
    AccountName,
    IgnoreEntry,
    JailName,
    NetworkProvider,
    Note,
    NoticeKind,
    Outcome,
    PasskeyName,
    Role,
    Target
);
stored_as_number!(AccountId, NoticeId, PasskeyId, SessionNumber);
