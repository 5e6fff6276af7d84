//! What to do about an error of fail2ban or of the broker.

use crate::cli::check::places;
use crate::fail2ban;
use crate::fail2ban::broker_error::BrokerError;

/// An error, and what to do about it.
pub(super) fn with_advice(error: &fail2ban::Error) -> String {
    use crate::fail2ban::Error as E;
    let advice = match error {
        E::SocketMissing(_) => "start fail2ban, or name its socket with --fail2ban-socket",
        E::NotRunning(path) if !places::is_socket(path) => {
            "it is no socket: name fail2ban's with --fail2ban-socket"
        }
        E::NotRunning(_) => "fail2ban has died: start it, for example with `systemctl start fail2ban`",
        E::WouldStart(_) => "start it, for example with `systemctl start fail2ban`, when it should run again",
        E::MountedSocketGone(_) => {
            "mount the directory of the socket instead of the socket itself, and restart this container"
        }
        E::PermissionDenied(_) => "run this as root, or give this user write access to the socket",
        E::Deadline(_) => "fail2ban is busy or hangs: check its log, and restart it if this persists",
        E::Broker(error) => of_broker(error),
        E::Connect { .. }
        | E::CutOff(_)
        | E::Unreadable(_)
        | E::UnknownJail(_)
        | E::Refused { .. }
        | E::UnsafeArgument(_)
        | E::Client(_)
        | E::Database(_) => "check fail2ban's log, and whether this is its socket",
    };
    format!("{error}: {advice}")
}

/// Describes an answer that is missing because nobody could be asked; an earlier line has said why.
pub(super) fn unasked(error: &fail2ban::Error) -> String {
    match error {
        fail2ban::Error::Broker(_) => "unknown without the broker".to_owned(),
        other => with_advice(other),
    }
}

fn of_broker(error: &BrokerError) -> &'static str {
    match error {
        BrokerError::NotThere(_) | BrokerError::Connect { .. } => {
            "start `bangui broker` with this socket, for example with `systemctl start bangui-broker`"
        }
        BrokerError::Denied(_) | BrokerError::HungUp => {
            "run this as the user that the broker serves, or start the broker with --allow-user for this user"
        }
        BrokerError::OtherVersion(_) | BrokerError::Unreadable(_) => {
            "install the same version of BanGUI for both, and restart both"
        }
        BrokerError::Silent(_) | BrokerError::CutOff(_) | BrokerError::TooLong(_) => {
            "check the broker's log, and restart it if this persists"
        }
    }
}
