//! The card of a jail's ignore list.

use std::net::IpAddr;

use askama::Template;
use jiff::Zoned;
use jiff::civil::Date;

use crate::domain::ignore::{IgnoreEntry, IgnoreEntryError, NoteError};
use crate::domain::jail::JailName;
use crate::jail_service;
use crate::jail_service::{IgnoreList, IgnoreRow, KeepRequest};
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::field::date;
use crate::web::extract::form::Fields;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::format;
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::messages;
use crate::web::view::messages::Explain;
use crate::web::view::page::Page;

/// A jail's ignore list, with what can be done to it.
#[derive(Debug, Template)]
#[template(path = "ignore/card.html")]
pub(crate) struct IgnoreCard {
    jail: JailName,
    base: String,
    csrf: String,
    /// True if the logged-in user may change the list.
    operates: bool,
    client: Option<IpAddr>,
    today: Date,
    /// The list, or why it is not known.
    list: Result<IgnoreList, jail_service::Error>,
    /// Input of the form.
    pub form: AddForm,
    /// Question to confirm before it is done.
    pub ask: Option<Box<IgnoreQuestion>>,
    /// Entry that is not removed from this list alone, as every jail ignores it.
    pub(crate) everywhere: Option<String>,
    /// Message about the last action.
    pub said: Option<Flash>,
}

/// The form to add with: empty, or with a mistake.
#[derive(Debug, Default)]
pub(crate) struct AddForm {
    /// The entry as it was written.
    pub written: String,
    /// True if it is to be kept.
    pub keep: bool,
    /// Reason for keeping it.
    pub note: String,
    /// Last day on which it is kept.
    pub until: String,
    /// Field that is wrong, and why.
    pub(crate) mistake: Option<(AddField, String)>,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddField {
    Entry,
    Note,
    Until,
}

/// Question about an action that could lock somebody out, or leave little to ban.
#[derive(Debug)]
pub(crate) struct IgnoreQuestion {
    /// Action that is to be confirmed.
    pub deed: IgnoreAction,
    /// Reason why it is dangerous.
    pub question: LockoutQuestion,
    /// The page that is shown afterwards, where it is not the jail's: one of ours.
    pub next: Option<String>,
}

/// Action on an ignore list that is asked about.
#[derive(Debug)]
pub(crate) enum IgnoreAction {
    /// Puts what the form says on the list.
    Add(AddForm),
    /// Takes this entry off the list.
    Remove(String),
    /// Stops keeping this entry, so that fail2ban forgets it at its next reload.
    Unkeep(String),
    /// Stops ignoring the machine's own addresses.
    IgnoreSelf,
}

impl AddForm {
    /// Reads the fields as they came.
    pub(crate) fn parse(fields: &Fields) -> Self {
        let text = |name| fields.first(name).unwrap_or_default().to_owned();
        let keep = fields.first("keep") == Some("yes");
        Self { written: text("ip"), keep, note: text("note"), until: text("until"), mistake: None }
    }

    /// Reads what is to be ignored, and how it is to be kept; or says which field is wrong and why.
    pub(crate) fn read(&self) -> Result<(IgnoreEntry, Option<KeepRequest>), (AddField, String)> {
        let entry = self.written.parse().map_err(|error: IgnoreEntryError| wrong(AddField::Entry, &error))?;
        if !self.keep {
            return Ok((entry, None));
        }
        let note = self.note.parse().map_err(|error: NoteError| wrong(AddField::Note, &error))?;
        let until = match self.until.trim() {
            "" => None,
            text => Some(last_day(text).map_err(|reason| (AddField::Until, reason))?),
        };
        Ok((entry, Some(KeepRequest { note, until })))
    }

    pub(crate) fn mistake_in(&self, field: AddField) -> Option<&str> {
        self.mistake.as_ref().filter(|(wrong, _)| *wrong == field).map(|(_, reason)| reason.as_str())
    }
}

fn wrong(field: AddField, error: &impl Explain) -> (AddField, String) {
    (field, error.explain())
}

fn last_day(text: &str) -> Result<Date, String> {
    let day = date(text).ok_or_else(|| "Write the day like 2026-12-31.".to_owned())?;
    if day < Zoned::now().date() { Err("That day has passed.".to_owned()) } else { Ok(day) }
}

impl IgnoreQuestion {
    /// The route that does it, behind the jail's own.
    fn path(&self) -> &'static str {
        match self.deed {
            IgnoreAction::Add(_) => "/ignore",
            IgnoreAction::Remove(_) => "/ignore/remove",
            IgnoreAction::Unkeep(_) => "/ignore/unkeep",
            IgnoreAction::IgnoreSelf => "/ignore-self",
        }
    }
}

impl IgnoreCard {
    /// Reads the list. Where that fails the card says so, and the page around it still comes.
    pub(crate) async fn load(page: &Page, state: &State, jail: &JailName) -> Self {
        let list = state.jails.ignore_list(jail).await.inspect_err(|error| {
            tracing::warn!(%jail, %error, "an ignore list could not be read");
        });
        Self {
            jail: jail.clone(),
            base: jail_path(jail),
            csrf: page.csrf.clone(),
            operates: page.operates(),
            client: page.client,
            today: Zoned::now().date(),
            list,
            form: AddForm::default(),
            ask: None,
            everywhere: None,
            said: None,
        }
    }

    /// The entry that makes the jail ignore the administrator, if one does. Host names are left aside:
    /// a page does not wait for their look-up.
    fn own_entry(&self) -> Option<&IgnoreRow> {
        let (list, client) = (self.list.as_ref().ok()?, self.client?);
        list.rows.iter().find(|row| !row.is_missing && row.listed.contains(client))
    }

    /// Returns true if an entry may stand for every address of a kind.
    pub(crate) fn may_hold_everybody(&self) -> bool {
        self.list.as_ref().is_ok_and(|list| list.rows.iter().any(|row| row.listed.may_be_everybody()))
    }

    fn put_back_failed(&self) -> Option<String> {
        let list = self.list.as_ref().ok()?;
        let not_in_force = list.not_in_force.as_ref().map(|found| format!("{}.", found.cause.explain()));
        not_in_force.or_else(|| list.problem.as_ref().map(messages::explain))
    }
}
