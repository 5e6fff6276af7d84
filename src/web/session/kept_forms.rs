//! Forms that wait until whoever sent them has proved who they are: in memory, few, and not for long. What
//! was typed into them, a new account's password among it, is neither on a page nor in the database.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::account::AccountId;
use crate::domain::clock::Clock;
use crate::mutex::Mutex;
use crate::web::extract::form::Fields;

/// Seconds for which a form waits.
const HOLDS: i64 = 10 * 60;
/// Number of forms of one account that wait at once.
const MOST_OF_ACCOUNT: usize = 8;
/// Bytes of all forms that wait at once.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Names a form that waits. Random, so that only the page that it is shown on knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptFormId(u128);

/// Whoever sent a form: nobody confirms what another session has left, not even one of the same account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) account: AccountId,
    /// The token of the session, which it keeps when a proof gives it a new key.
    pub(crate) token: u128,
}

/// A form that waits.
#[derive(Debug, Clone)]
pub(crate) struct KeptForm {
    id: KeptFormId,
    sender: Sender,
    at: i64,
    /// The path that it was sent to, with its query.
    pub path: String,
    /// Name of its action in the audit.
    pub action: &'static str,
    /// The fields.
    pub fields: Fields,
    /// Error in the last proof that was given for it.
    pub mistake: Option<String>,
}

/// The forms that wait, the oldest first. Clones share them.
#[derive(Clone)]
pub(crate) struct KeptForms {
    clock: Clock,
    forms: Arc<Mutex<Vec<KeptForm>>>,
}

impl KeptForms {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, forms: Arc::default() }
    }

    /// Keeps the form that `sender` has sent to `path`, and drops the oldest that are too many.
    pub(crate) fn keep(
        &self,
        sender: Sender,
        path: &str,
        action: &'static str,
        fields: Fields,
    ) -> KeptFormId {
        let id = KeptFormId(rand::random());
        let at = self.clock.now();
        let mut forms = self.forms.lock();
        forms.retain(|form| is_alive(form, at));
        forms.push(KeptForm { id, sender, at, path: path.to_owned(), action, fields, mistake: None });
        let is_of_account = |form: &KeptForm| form.sender.account == sender.account;
        while forms.iter().filter(|form| is_of_account(form)).count() > MOST_OF_ACCOUNT {
            let Some(oldest) = forms.iter().position(is_of_account) else { break };
            forms.remove(oldest);
        }
        while forms.len() > 1 && forms.iter().map(KeptForm::bytes).sum::<usize>() > MOST_BYTES {
            forms.remove(0);
        }
        id
    }

    /// Returns the form, if `sender` has sent it and it still waits.
    pub(crate) fn find(&self, sender: Sender, id: KeptFormId) -> Option<KeptForm> {
        let now = self.clock.now();
        let forms = self.forms.lock();
        forms.iter().find(|form| form.id == id && form.sender == sender && is_alive(form, now)).cloned()
    }

    /// Notes what was wrong with the proof that was given for a form.
    pub(crate) fn note_mistake(&self, id: KeptFormId, mistake: String) {
        if let Some(form) = self.forms.lock().iter_mut().find(|form| form.id == id) {
            form.mistake = Some(mistake);
        }
    }

    /// Drops a form.
    pub(crate) fn remove(&self, id: KeptFormId) {
        self.forms.lock().retain(|form| form.id != id);
    }
}

/// The page on which a form that is sent to `path` stands: its first part is one everywhere.
pub(crate) fn page_of(path: &str) -> String {
    let first = path.split(['/', '?']).nth(1).unwrap_or_default();
    format!("/{first}")
}

fn is_alive(form: &KeptForm, now: i64) -> bool {
    (0..HOLDS).contains(&(now - form.at))
}

impl KeptForm {
    fn bytes(&self) -> usize {
        self.path.len() + self.fields.bytes()
    }
}

impl fmt::Display for KeptFormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for KeptFormId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ANN: Sender = Sender { account: AccountId(1), token: 1 };
    const BOB: Sender = Sender { account: AccountId(2), token: 2 };

    fn fields(bytes: usize) -> Fields {
        Fields::parse(format!("a={}", "x".repeat(bytes)).as_bytes())
    }

    #[test]
    fn a_form_waits_for_its_own_session_and_for_ten_minutes() {
        let clock = Clock::default();
        let forms = KeptForms::new(clock.clone());
        let id = forms.keep(ANN, "/accounts", "add account", fields(1));
        assert!(forms.find(BOB, id).is_none() && forms.find(Sender { token: 3, ..ANN }, id).is_none());
        let found = forms.find(ANN, id).map(|form| (form.path, form.fields.first("a").map(str::to_owned)));
        assert_eq!(found, Some(("/accounts".to_owned(), Some("x".to_owned()))));
        clock.pass(Duration::from_mins(10));
        assert!(forms.find(ANN, id).is_none());
    }

    #[test]
    fn forms_are_few_and_take_little_room() {
        let forms = KeptForms::new(Clock::default());
        let of_bob = forms.keep(BOB, "/", "x", fields(1));
        let first = forms.keep(ANN, "/", "x", fields(1));
        for _ in 0..MOST_OF_ACCOUNT {
            forms.keep(ANN, "/", "x", fields(1));
        }
        assert!(forms.find(ANN, first).is_none() && forms.find(BOB, of_bob).is_some());
        for account in 0..100 {
            forms.keep(Sender { account: AccountId(account), token: 1 }, "/", "x", fields(60_000));
        }
        let bytes: usize = forms.forms.lock().iter().map(KeptForm::bytes).sum();
        assert!(bytes <= MOST_BYTES, "{bytes}");
    }
}
