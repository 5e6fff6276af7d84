//! The end of a row of a ban table after an action on it. The row itself stays where it is.

use askama::Template;

use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::jail_service::Lifted;
use crate::web::extract::ban_key::format_ban_key;
use crate::web::problem::error::Error;

use super::format;
use super::fragment::Fragment;
use super::lockout_risk::RiskyTarget;

/// What the end of a row shows.
#[derive(Debug, Clone)]
pub(crate) enum RowEnd {
    /// The button to unban; the word says why that was not done.
    Banned(Option<&'static str>),
    /// Nothing to do: it is no longer banned.
    Ended(&'static str),
    /// The way back.
    Unbanned,
    /// The question before the way back is taken.
    Asks(RiskyTarget),
}

/// The last cell of a row.
#[derive(Template)]
#[template(path = "bans/row_end.html")]
struct LastCell<'a> {
    end: RowEnd,
    /// True on the page that has the bans of all jails.
    in_all: bool,
    jail: &'a JailName,
    banned: &'a Banned,
}

impl LastCell<'_> {
    fn key(&self) -> String {
        format_ban_key(self.jail, self.banned)
    }
}

impl RowEnd {
    /// The end after an unban of one entry.
    pub(crate) fn after_unban(lifted: &Lifted) -> Self {
        match (lifted.entries.is_empty(), lifted.still_banned.is_empty()) {
            (false, _) => Self::Unbanned,
            (true, false) => Self::Banned(Some("Still banned")),
            (true, true) => Self::Ended("Ended"),
        }
    }

    /// Renders it for the row of `banned` in `jail`.
    pub(crate) fn fragment(self, in_all: bool, jail: &JailName, banned: &Banned) -> Result<Fragment, Error> {
        Ok(Fragment::new(LastCell { end: self, in_all, jail, banned }.render()?))
    }
}
