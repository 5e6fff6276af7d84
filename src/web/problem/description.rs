//! Descriptions of errors for the user: the problem, and what to do about it. Never a path, a cause
//! or a debug print; those are in the log.

pub(crate) mod broker;

use std::time::Duration;

use crate::accounts::{AccountsError, PasswordsError};
use crate::domain::text::escaped;
use crate::fail2ban::client_program::NoRestart;
use crate::web::problem::content::{Picture, Problem, not_found, problem, retryable, with_unknown_outcome};
use crate::{fail2ban, jail_service};

use super::error::Error;

/// The words for `error`.
pub(crate) fn describe(error: &Error) -> Problem {
    match error {
        Error::Jails(error) => describe_jail_error(error),
        Error::NotBegun(error) => Problem { outcome_unknown: false, ..describe_daemon_error(error) },
        Error::NoPage => not_found("There is no such page", "Nothing is at this address.", ""),
        Error::BadInput(sentence) => problem("Invalid request", sentence, "Go back and try again."),
        Error::Csrf => problem(
            "This form has expired",
            "Nothing was changed: the form does not belong to your current login.",
            "Go back, reload the page and try again.",
        ),
        Error::Forbidden(least) => problem(
            "You do not have permission",
            &format!("This requires the role {least}. Nothing was changed."),
            "Ask an administrator of this BanGUI.",
        ),
        Error::OwnAccount => problem(
            "This is your own account",
            "You cannot take away your own rights here. Nothing was changed.",
            "Your password, second factor and sessions are under Your account.",
        ),
        Error::LoggedInByProxy => problem(
            "The web server in front logs you in",
            "Your account has no password and no second factor here. Nothing was changed.",
            "Change them where the web server in front asks you to log in.",
        ),
        Error::NoCookies => problem(
            "Your browser keeps no cookies",
            "The web server in front has logged you in, but BanGUI keeps a login in a cookie, and your browser did not \
             send it back.",
            "Allow cookies for this site in the settings of your browser, then open it again.",
        ),
        Error::Accounts(AccountsError::Passwords(PasswordsError::Busy)) => Problem {
            retryable: true,
            ..problem("Too many logins at once", "Your login was not checked.", "Try again in a few seconds.")
        },
        Error::Refused(refusal) => refusal.describe(),
        Error::Unrecorded(_) => Problem {
            retryable: true,
            ..problem(
                "Nothing was done",
                "BanGUI's database cannot record the action in the audit, so it was not done.",
                "Check whether the disk is full. Quick unban works all the same.",
            )
        },
        Error::Storage(_) | Error::Accounts(AccountsError::Storage(_)) => database_error(),
        Error::Accounts(_) | Error::Internal(_) => internal_error(),
    }
}

/// The words for what is a mistake of ours.
pub(crate) fn internal_error() -> Problem {
    with_unknown_outcome(problem(
        "Something went wrong in BanGUI",
        "The page could not be created.",
        "The cause is in BanGUI's log.",
    ))
}

/// The words for a failure of our database.
pub(crate) fn database_error() -> Problem {
    with_unknown_outcome(problem(
        "BanGUI's own database failed",
        "What you asked for needs it.",
        "Check whether the disk is full or read-only. The cause is in BanGUI's log.",
    ))
}

/// The words for what the jail service could not do.
pub(crate) fn describe_jail_error(error: &jail_service::Error) -> Problem {
    match error {
        jail_service::Error::Daemon(error) => describe_daemon_error(error),
        jail_service::Error::Storage(_) => database_error(),
        jail_service::Error::UnderWay => problem(
            "A reload or restart is in progress",
            "Only one runs at a time, and nothing new was started.",
            "Wait for it to end, then try again.",
        ),
        jail_service::Error::BulkUnderWay => problem(
            "Another unban is in progress",
            "Only one runs at a time, and nothing new was started. Its progress is shown above the list of bans.",
            "Wait for it to end, then try again.",
        ),
        jail_service::Error::NoRestart(reason) => problem(
            "fail2ban cannot be restarted from here",
            no_restart(*reason),
            "Restart it on the server.",
        ),
        jail_service::Error::BesideFile { jail, version } => problem(
            "Nothing can be added to this ignore list",
            &format!(
                "The ignore list of {jail} names a file, and fail2ban {version} cannot add entries beside a file. Nothing was changed."
            ),
            "Write the entry into that file.",
        ),
        jail_service::Error::NotConfigured(jail) => problem(
            &format!("{jail} cannot be started from here"),
            "The configuration that BanGUI reads does not enable it.",
            "Enable it in fail2ban's configuration, or start BanGUI with the right --fail2ban-config.",
        ),
        jail_service::Error::StillIgnored { jail, entry } => problem(
            "fail2ban did not remove it",
            &format!("{entry} is still ignored in {jail}: fail2ban did not remove it."),
            "Take it out of ignoreip in fail2ban's configuration and reload the jail.",
        ),
        jail_service::Error::NotBannable(text) => problem(
            "This is not an address",
            &format!(
                "“{text}” is neither an IP address nor a network, and no jail has banned it as it stands."
            ),
            "Write it like 203.0.113.7, 2001:db8::1 or 203.0.113.0/24.",
        ),
        jail_service::Error::Unsendable(text) => problem(
            "This entry cannot be sent to fail2ban",
            &format!(
                "“{}” holds characters that would break fail2ban's protocol. Nothing was changed.",
                escaped(text)
            ),
            "It ends with its ban time, or with fail2ban-client unban --all on the server.",
        ),
    }
}

/// Describes why fail2ban cannot be restarted from here.
pub(crate) fn no_restart(reason: NoRestart) -> &'static str {
    match reason {
        NoRestart::InContainer => {
            "fail2ban is the main process of its container, which has to be restarted instead."
        }
        NoRestart::InForeground => {
            "fail2ban runs in the foreground under another program, which has to restart it."
        }
        NoRestart::OwnUnit => {
            "A fail2ban that BanGUI starts would belong to BanGUI's own systemd unit and end with it."
        }
        NoRestart::Unreachable => "fail2ban cannot be reached.",
        NoRestart::UnknownProcess => "The system does not tell which process fail2ban is.",
        NoRestart::HiddenProcess => "The system does not let BanGUI look at fail2ban's process.",
        NoRestart::EmptyCommand => "The restart command is empty.",
    }
}

/// A limit in whole seconds, of which a little less has passed at most.
fn in_seconds(limit: Duration) -> String {
    let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
    format!("{seconds} {}", if seconds == 1 { "second" } else { "seconds" })
}

/// The words for what the daemon did or did not say.
pub(crate) fn describe_daemon_error(error: &fail2ban::Error) -> Problem {
    match error {
        fail2ban::Error::SocketMissing(_) => retryable(
            Picture::SocketMissing,
            "fail2ban is not running",
            "Its socket does not exist, so nothing is watched and nothing new is banned, unless the socket is somewhere else.",
            "Start it on the server. If it is running, tell BanGUI where its socket is with --fail2ban-socket.",
            Some("sudo systemctl start fail2ban"),
        ),
        fail2ban::Error::NotRunning(_) => retryable(
            Picture::NotRunning,
            "fail2ban has stopped",
            "Its socket is there but nobody listens on it: it ended without cleaning up. Nothing new is banned.",
            "Start it on the server, and check its log for the reason.",
            Some("sudo systemctl restart fail2ban"),
        ),
        fail2ban::Error::WouldStart(_) => retryable(
            Picture::NotRunning,
            "fail2ban is stopped",
            "systemd starts it as soon as something opens its socket, so BanGUI leaves that alone: somebody may have stopped it on purpose. Nothing is watched and nothing new is banned.",
            "Start it on the server when it is to run again. The page recovers by itself.",
            Some("sudo systemctl start fail2ban"),
        ),
        fail2ban::Error::MountedSocketGone(_) => retryable(
            Picture::SocketMissing,
            "fail2ban's socket has been replaced",
            "The socket is mounted here as a single file, and fail2ban has made a new one since, as it does at each start. The mount still shows the old one, on which nobody listens. fail2ban may well be running and banning.",
            "Mount the directory of the socket instead of the file, and start BanGUI's container again. This shows what BanGUI can reach:",
            Some("bangui check"),
        ),
        fail2ban::Error::PermissionDenied(_) => retryable(
            Picture::Denied,
            "No permission to talk to fail2ban",
            "fail2ban may well be running, but BanGUI's user is not allowed to open its socket.",
            "Run BanGUI as a user who may, which by default is root. This shows what it can reach:",
            Some("sudo bangui check"),
        ),
        fail2ban::Error::Connect { .. } => retryable(
            Picture::NotRunning,
            "fail2ban cannot be reached",
            "Its socket could not be opened. The reason is in BanGUI's log.",
            "Check whether fail2ban is running:",
            Some("sudo systemctl status fail2ban"),
        ),
        fail2ban::Error::Deadline(limit) => with_unknown_outcome(retryable(
            Picture::Silent,
            "fail2ban does not answer",
            &format!(
                "It is there, but did not answer within {}. It may be busy with a long list or a slow action.",
                in_seconds(*limit)
            ),
            "Wait a moment. If this continues, check the service:",
            Some("sudo systemctl status fail2ban"),
        )),
        fail2ban::Error::CutOff(_) => with_unknown_outcome(retryable(
            Picture::CutOff,
            "The connection to fail2ban was lost",
            "The connection ended before the answer was complete, as it does when fail2ban stops or restarts.",
            "Reload the page when fail2ban is back.",
            None,
        )),
        fail2ban::Error::Unreadable(_) => with_unknown_outcome(retryable(
            Picture::Unreadable,
            "fail2ban's answer could not be read",
            "Something answered on fail2ban's socket, but BanGUI could not read the answer, so nothing is shown rather than something wrong.",
            "Check whether BanGUI uses the right socket. The details are in BanGUI's log.",
            Some("sudo bangui check"),
        )),
        fail2ban::Error::Broker(error) => broker::describe_broker_error(error),
        fail2ban::Error::UnknownJail(jail) => not_found(
            "There is no such jail",
            &format!("fail2ban has no running jail “{jail}”. It may have been stopped or renamed."),
            "",
        ),
        fail2ban::Error::Client(_) | fail2ban::Error::Database(_) => problem(
            "fail2ban could not be asked",
            "Its program or its database did not provide what this needs. The reason is in BanGUI's log.",
            "This shows what BanGUI can reach: bangui check.",
        ),
        fail2ban::Error::Refused { message, .. } => {
            problem("fail2ban refused", &format!("It says: {message}"), "Nothing was changed.")
        }
        fail2ban::Error::UnsafeArgument(_) => problem(
            "This cannot be sent to fail2ban",
            "The text holds characters that would break fail2ban's protocol. Nothing was sent.",
            "Write it without them.",
        ),
    }
}
