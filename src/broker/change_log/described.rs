//! Changes that requests ask for, in words for the record.

use crate::domain::broker_change::Operation;
use crate::domain::jail::JailName;
use crate::domain::server::ServerChange;

use super::super::operations::Request;

/// The change that a request asks for.
pub(crate) struct Described {
    pub(crate) operation: Operation,
    pub(crate) jail: Option<String>,
    pub(crate) targets: Vec<String>,
}

/// Describes what `request` changes; `None` where it only asks.
pub(crate) fn describe(request: &Request) -> Option<Described> {
    let of = |operation, jail: Option<&JailName>, targets| {
        Some(Described { operation, jail: jail.map(ToString::to_string), targets })
    };
    match request {
        Request::Ban { jail, targets } => of(Operation::Ban, Some(jail), texts(targets)),
        Request::Unban { jail, banned } => of(Operation::Unban, Some(jail), texts(banned)),
        Request::Ignore { jail, entries } => of(Operation::Ignore, Some(jail), texts(entries)),
        Request::Unignore { jail, entry } => of(Operation::Unignore, Some(jail), vec![entry.to_string()]),
        Request::SetIgnoreSelf { jail, on } => of(Operation::IgnoreSelf, Some(jail), switch(*on)),
        Request::SetIdle { jail, on } => of(Operation::Idle, Some(jail), switch(*on)),
        Request::Stop { jail } => of(Operation::Stop, Some(jail), Vec::new()),
        Request::Load { .. } => of(Operation::Load, None, Vec::new()),
        Request::RestartDaemon { .. } | Request::StartDaemon {} => of(Operation::Restart, None, Vec::new()),
        Request::ChangeServer { change } => of(Operation::Setting, None, vec![setting(*change)]),
        Request::FlushLogs {} => of(Operation::FlushLogs, None, Vec::new()),
        Request::RevealAction { jail, action } => {
            of(Operation::Reveal, Some(jail), vec![action.as_str().to_owned()])
        }
        Request::Version {}
        | Request::ProcessId {}
        | Request::JailList {}
        | Request::Status { .. }
        | Request::Summaries {}
        | Request::Summary { .. }
        | Request::Detail { .. }
        | Request::Bans { .. }
        | Request::Banned { .. }
        | Request::NewestBan {}
        | Request::LastBans {}
        | Request::BansAfter { .. }
        | Request::Recorded { .. }
        | Request::WrittenBans { .. }
        | Request::Holders { .. }
        | Request::LoggedBans { .. }
        | Request::LogTraces { .. }
        | Request::IgnoreList { .. }
        | Request::IgnoreLists {}
        | Request::IgnoresSelf { .. }
        | Request::KeepsBans {}
        | Request::History { .. }
        | Request::ServerSettings {}
        | Request::ClientVersion {}
        | Request::ConfiguredJails {}
        | Request::ConfiguredIgnores {}
        | Request::Firewall {}
        | Request::Logs {}
        | Request::Listeners {}
        | Request::Test {}
        | Request::TryFilter { .. }
        | Request::TryFilters {}
        | Request::HoldConfiguration {}
        | Request::Plan { .. }
        | Request::PostCondition {}
        | Request::ActionFailures {}
        | Request::RestartWay {}
        | Request::Clock {}
        | Request::LogReaders {}
        | Request::LackingJails {}
        | Request::Changes {} => None,
    }
}

fn texts<T: ToString>(targets: &[T]) -> Vec<String> {
    targets.iter().map(ToString::to_string).collect()
}

fn switch(on: bool) -> Vec<String> {
    vec![if on { "on" } else { "off" }.to_owned()]
}

fn setting(change: ServerChange) -> String {
    match change {
        ServerChange::LogLevel(level) => format!("log level {level}"),
        ServerChange::PurgeAge(age) => format!("purge age {} s", age.seconds()),
        ServerChange::MaxMatches(most) => format!("log lines of a ban {}", most.number()),
    }
}
