//! The part of the page of what every jail ignores that changes: the form, the list, what else is kept.

use std::net::IpAddr;

use askama::Template;
use jiff::Timestamp;
use jiff::Zoned;
use jiff::civil::Date;

use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::fail2ban;
use crate::jail_service::{EverywhereRow, KeptOverview, KeptState, NotIgnored};
use crate::web::extract::ban_query;
use crate::web::problem::error::Error;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::ignore_card::{AddField, AddForm};
use crate::web::view::lockout_risk::LockoutQuestion;
use crate::web::view::messages::Explain as _;
use crate::web::view::page::{DaemonState, Page};
use crate::web::view::{format, messages};

/// What every jail ignores, with what can be done about it.
#[derive(Debug, Template)]
#[template(path = "ignores/part.html")]
pub(crate) struct EverywherePart {
    csrf: String,
    /// True if the logged-in user may change the list.
    operates: bool,
    client: Option<IpAddr>,
    today: Date,
    now: Timestamp,
    kept: KeptOverview,
    /// Input of the form.
    pub(crate) form: AddForm,
    /// Question to confirm before it is done.
    pub(crate) ask: Option<Box<EverywhereQuestion>>,
    /// Message about the last action.
    pub(crate) said: Option<Flash>,
}

/// Question about an action that could lock somebody out, or leave little to ban.
#[derive(Debug)]
pub(crate) struct EverywhereQuestion {
    /// What is to be added; `None` where it is to be removed.
    pub(crate) add: Option<AddForm>,
    /// True if the note and the end of an entry are to be those that were written, even none.
    pub(crate) is_change: bool,
    /// The entry, as it was written.
    pub(crate) name: String,
    pub(crate) question: LockoutQuestion,
}

/// The error with which the daemon did not answer when `page` looked.
pub(crate) fn unavailable(page: &Page) -> Option<fail2ban::Error> {
    match &page.daemon {
        Some(DaemonState::Unavailable(error) | DaemonState::Restarting { error, .. }) => Some(error.clone()),
        Some(DaemonState::Answers(_)) | None => None,
    }
}

impl EverywherePart {
    /// Reads what is kept. `written` is an entry for the form: with its note and end, where it is there already.
    pub(crate) async fn load(page: &Page, state: &State, written: Option<&str>) -> Result<Self, Error> {
        let kept = state.jails.kept_overview(unavailable(page)).await?;
        let form = written.map(|written| form_of(written, &kept)).unwrap_or_default();
        Ok(Self {
            csrf: page.csrf.clone(),
            operates: page.operates(),
            client: page.client,
            today: Zoned::now().date(),
            now: page.now,
            kept,
            form,
            ask: None,
            said: None,
        })
    }

    /// True if the form is that of an entry of the list.
    fn is_change(&self) -> bool {
        let entry: Option<IgnoreEntry> = self.form.written.parse().ok();
        let mut held = self.kept.everywhere.iter().filter(|row| row.holds);
        entry.is_some_and(|entry| held.any(|row| row.kept.entry == entry))
    }

    /// The address of the user, who may add it, where no entry is or contains it. Host names are left aside.
    fn client_to_add(&self) -> Option<IpAddr> {
        let client = self.client.filter(|_| self.operates)?;
        let mut targets =
            self.kept.everywhere.iter().filter(|row| row.holds).filter_map(|row| row.kept.entry.target());
        (!targets.any(|target| target.contains(client))).then_some(client)
    }

    /// Where an entry is in force, in a few words. Empty where that is not known.
    fn in_force(&self, row: &EverywhereRow) -> String {
        match (&self.kept.running, row.in_force.len()) {
            (Err(_), _) => String::new(),
            (Ok(0), _) => "no jail runs".to_owned(),
            (Ok(_), 0) if !row.holds => "in no jail".to_owned(),
            (Ok(1), 1) => "in the only jail".to_owned(),
            (Ok(all), here) if *all == here => format!("in all {all} jails"),
            (Ok(all), here) => format!("in {here} of {all} {}", if *all == 1 { "jail" } else { "jails" }),
        }
    }

    /// Why it is missing in some jails: each with its reason. Of one that is being removed: where it still is.
    fn reasons(row: &EverywhereRow) -> Vec<String> {
        let still = row.in_force.iter().filter(|_| !row.holds).map(|jail| format!("still in {jail}"));
        let reason = |(jail, why): &(JailName, NotIgnored)| match why {
            NotIgnored::Unread(unread) => Some(format!("unknown in {jail}: {}", messages::explain(unread))),
            NotIgnored::NotTaken(_) | NotIgnored::Missing if !row.holds => None,
            NotIgnored::NotTaken(cause) => Some(format!("not in {jail}: {}", cause.explain())),
            NotIgnored::Missing => Some(format!("not in {jail}: BanGUI adds it within a few seconds")),
        };
        still.chain(row.others.iter().filter_map(reason)).collect()
    }

    /// Why an entry is being removed.
    fn ended(row: &EverywhereRow) -> String {
        match &row.kept.removed_by {
            Some(by) => format!("removed by {by}"),
            None => "its last day has passed".to_owned(),
        }
    }
}

fn form_of(written: &str, kept: &KeptOverview) -> AddForm {
    let entry: Option<IgnoreEntry> = written.parse().ok();
    let known = kept.everywhere.iter().find(|row| row.holds && Some(&row.kept.entry) == entry.as_ref());
    let known = known.map(|row| &row.kept);
    AddForm {
        written: written.to_owned(),
        keep: true,
        note: known.map(|kept| kept.note.to_string()).unwrap_or_default(),
        until: known.and_then(|kept| kept.until).map(|until| until.to_string()).unwrap_or_default(),
        mistake: None,
    }
}
