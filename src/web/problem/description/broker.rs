//! Description for the user when the broker could not be asked.

use crate::fail2ban::broker_error::BrokerError;
use crate::web::problem::content::{Picture, Problem, problem, retryable, with_unknown_outcome};

const LOOK: Option<&str> = Some("sudo systemctl status bangui-broker");

/// The words for `error`.
pub(crate) fn describe_broker_error(error: &BrokerError) -> Problem {
    match error {
        BrokerError::NotThere(_) => retryable(
            Picture::NotRunning,
            "BanGUI's broker does not answer",
            "This server has no access to fail2ban itself: it asks a broker, and none is running where it should be. fail2ban may well be running and banning.",
            "Start the broker on the server. The page recovers by itself. This shows its state:",
            LOOK,
        ),
        BrokerError::HungUp => retryable(
            Picture::CutOff,
            "BanGUI's broker hung up",
            "It took the connection and ended it at once, so nothing was asked. It is just stopping, too many are connected to it, or it serves another user than this server's.",
            "If this continues, check its log:",
            LOOK,
        ),
        BrokerError::Denied(_) => retryable(
            Picture::Denied,
            "BanGUI's broker refuses this user",
            "The broker is running, but it serves one user alone, and this server runs as another.",
            "Start the broker with --allow-user and the user of the web server. This shows its state:",
            LOOK,
        ),
        BrokerError::Connect { .. } => retryable(
            Picture::NotRunning,
            "BanGUI's broker does not answer",
            "Its socket could not be opened. The reason is in BanGUI's log.",
            "Check whether the broker is running:",
            LOOK,
        ),
        BrokerError::OtherVersion(_) => retryable(
            Picture::Unreadable,
            "The broker is of another version",
            "What listens on the broker's socket does not speak this server's protocol, so nothing was asked.",
            "Install the same BanGUI for both and start both again.",
            LOOK,
        ),
        BrokerError::Silent(_) => with_unknown_outcome(retryable(
            Picture::Silent,
            "BanGUI's broker does not answer",
            "It is there but did not answer in time.",
            "Wait a moment. If this continues, check the service:",
            LOOK,
        )),
        BrokerError::CutOff(_) => with_unknown_outcome(retryable(
            Picture::CutOff,
            "The connection to BanGUI's broker was lost",
            "The connection ended before the answer was complete, as it does when the broker stops or restarts.",
            "Reload the page when the broker is back.",
            None,
        )),
        BrokerError::Unreadable(_) => with_unknown_outcome(retryable(
            Picture::Unreadable,
            "The broker's answer could not be read",
            "Nothing is shown rather than something wrong. The details are in BanGUI's log.",
            "Install the same BanGUI for both and start both again.",
            LOOK,
        )),
        BrokerError::TooLong(_) => {
            problem("This is too much at once", "Nothing was sent to fail2ban.", "Do it in smaller parts.")
        }
    }
}
