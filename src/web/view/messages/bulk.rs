//! Unbans of many.

use crate::jail_service::{BulkRunning, NotLiftedReason};

use super::Explain;

/// What it is, in a few words.
pub(crate) fn bulk_title(work: &BulkRunning) -> &'static str {
    if work.is_all { "Unban of everything" } else { "Unban of many" }
}

impl Explain for NotLiftedReason {
    fn explain(&self) -> String {
        match self {
            Self::Refused(words) => return format!("fail2ban refused: {words}"),
            Self::JailStopped => "The jail was stopped meanwhile, and fail2ban lifts its bans when it stops.",
            Self::Unanswered => {
                "fail2ban did not answer, so it is not known which of them are still banned. Look at the list."
            }
            Self::NotTried => "Not tried, because fail2ban did not answer before.",
            Self::Unsendable => "The entry holds characters that would break fail2ban's protocol.",
            Self::StillHeld => "fail2ban was told to, but still has them banned.",
        }
        .to_owned()
    }
}
