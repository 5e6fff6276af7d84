//! Unbans of many.

use jiff::Timestamp;

use crate::jail_service::{BulkState, NotLiftedReason};
use crate::web::view::format;

use super::Explain;

impl Explain for NotLiftedReason {
    fn explain(&self) -> String {
        match self {
            Self::Refused(words) => return format!("fail2ban refused: {words}"),
            Self::JailStopped => "The jail has been stopped, and fail2ban lifts its bans when it stops.",
            Self::Unanswered => {
                "fail2ban did not answer, so it is unknown which of them are still banned. Check the list."
            }
            Self::NotTried => "Not tried, because fail2ban did not answer before.",
            Self::Unsendable => "The entry holds characters that would break fail2ban's protocol.",
            Self::Unwritten => {
                "BanGUI’s database could not be written, so bans with an end of their own would come back. Its log says why."
            }
            Self::StillHeld => "Still banned: fail2ban did not lift them.",
        }
        .to_owned()
    }
}

/// Describes that bans with an end of their own are still remembered after an unban of all.
pub(crate) const KEEPS_TIMED: &str = "BanGUI’s database could not be written, so bans with an end of their own come back when their stopped jails start. Its log says why.";

/// Returns what is said of an unban of many to those who hear the page: that it runs, or how it ended.
pub(crate) fn said(bulk: &BulkState, now: &Timestamp) -> String {
    match (&bulk.running, bulk.recent(now)) {
        (Some(running), _) => format!("Unbanning {}", format::bans(running.of as u64, None)),
        (None, Some(last)) if last.outcome.is_well() => {
            format!("{} lifted", format::bans(last.outcome.number_lifted() as u64, None))
        }
        (None, Some(_)) => "Not all bans were lifted".to_owned(),
        (None, None) => String::new(),
    }
}
