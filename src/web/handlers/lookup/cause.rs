//! Why fail2ban made a ban, as far as its database or BanGUI's audit tells.

use crate::domain::address::{Banned, Target};
use crate::domain::audit::{AuditQuery, Outcome, Record, is_between};
use crate::domain::lookup::{NoEvidence, PastBan};
use crate::domain::text::escaped;
use crate::domain::timed_ban::BANNED_AGAIN;
use crate::jail_service::LookUp;
use crate::web::state::State;
use crate::web::view::format;
use crate::web::view::messages::audit_sentences::field;

/// The most rows of the audit among which bans are looked for.
const WINDOW: usize = 50_000;
/// Seconds after its row within which a ban begins: the longest that a request waits for fail2ban.
const AFTER: i64 = 90;
/// The same for what BanGUI did by itself, whose row comes when it is done; fail2ban's database rounds the second.
const BEFORE: i64 = 2;

/// The rows of the audit that may tell who banned something.
#[derive(Debug, Default)]
pub(super) struct Causes(Vec<Record>);

impl Causes {
    /// Reads those about the bans that no failure explains.
    pub(super) async fn read(found: &LookUp, state: &State) -> Self {
        let Ok(history) = &found.history else { return Self::default() };
        let is_unexplained =
            |ban: &&PastBan| ban.evidence.as_ref().is_ok_and(|evidence| evidence.failures == 0);
        let times: Vec<i64> =
            history.bans.iter().filter(is_unexplained).map(|ban| ban.since.as_second()).collect();
        let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
            return Self::default();
        };
        let between = Some((first - AFTER, last + AFTER));
        match state.audit.rows(AuditQuery { between, ..AuditQuery::default() }, WINDOW).await {
            Ok((rows, _)) => Self(rows.into_iter().filter(is_ban).collect()),
            Err(error) => {
                tracing::warn!(%error, "who banned an address is not known");
                Self::default()
            }
        }
    }

    /// Describes the cause of `ban`, in a few words.
    pub(super) fn of(&self, ban: &PastBan) -> String {
        let evidence = match &ban.evidence {
            Ok(evidence) => evidence,
            Err(NoEvidence::Unreadable) => return "the reasons cannot be read".to_owned(),
            Err(NoEvidence::TooLarge { bytes }) => {
                return format!("the reasons are too large to show ({})", format::bytes(*bytes));
            }
        };
        let failures = match evidence.failures {
            0 => return self.without_failures(ban),
            1 => "1 failure".to_owned(),
            many => format!("{} failures", format::number(many)),
        };
        match evidence.users.as_slice() {
            [] => failures,
            users => format!("{failures}, as {}", users.join(", ")),
        }
    }

    fn without_failures(&self, ban: &PastBan) -> String {
        let Some(row) = self.0.iter().find(|row| explains(row, ban)) else {
            return "no failures recorded: banned manually or by another program".to_owned();
        };
        let Some(account) = &row.entry.account else { return "banned again by BanGUI".to_owned() };
        let reason = field(&row.entry.target, "reason").map(|reason| format!(": {}", escaped(reason)));
        format!("banned by {}{}", escaped(account), reason.unwrap_or_default())
    }
}

/// Returns true if `row` tells of bans that were made.
fn is_ban(row: &Record) -> bool {
    let action = row.entry.action.as_str();
    let is_asked = ["ban", "ban again"].contains(&action) && row.entry.account.is_some();
    (is_asked || action == BANNED_AGAIN) && row.end.outcome == Outcome::Done
}

/// Returns true if what `row` tells of made `ban`.
fn explains(row: &Record, ban: &PastBan) -> bool {
    let passed = ban.since.as_second() - row.at.as_second();
    let earliest = if row.entry.account.is_some() { -BEFORE } else { -AFTER };
    let is_jail =
        row.entry.jail.as_deref().is_none_or(|jails| jails.split(", ").any(|jail| jail == ban.jail));
    (earliest..=AFTER).contains(&passed) && is_jail && names(&row.entry.target, ban)
}

/// Returns true if the target of a row names what was banned, in whatever form, or by its key.
fn names(target: &str, ban: &PastBan) -> bool {
    let key = format!("{}/{}", ban.jail, ban.banned);
    let is_it = |word: &str| {
        word.strip_prefix("ban: ").is_some_and(|named| named == key)
            || word.split(is_between).any(|word| match (word.parse::<Target>(), &ban.banned) {
                (Ok(target), Banned::Target(own)) => target == *own,
                (_, own) => own.to_string() == word,
            })
    };
    target.split(", ").any(is_it)
}
