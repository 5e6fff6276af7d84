//! Unbans of many.

use crate::jail_service::NotLiftedReason;

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
            Self::StillHeld => "Still banned: fail2ban did not lift them.",
        }
        .to_owned()
    }
}
