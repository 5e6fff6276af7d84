//! The kinds of requests: how long each may be under way, and which are costly.

use std::time::Duration;

use super::operations::Request;

/// The longest time that a costly request waits for others of its kind.
pub(crate) const IN_LINE: Duration = Duration::from_secs(30);

/// The cost of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One question that the daemon answers from memory.
    Quick,
    /// Several such questions, one after another.
    Rounds,
    /// A reading of fail2ban's database, or a list that may hold 1,000,000 bans.
    List,
    /// A change, which takes as long as the daemon's actions do.
    Change,
    /// Up to three readings of the configuration by fail2ban-client.
    Reading,
    /// A trial of a configuration and of those before it; or loading one, and putting back the
    /// previous state where that fails; or a restart of the daemon.
    Work,
}

impl Kind {
    /// Returns how long the caller waits for an answer: a little longer than all deadlines behind
    /// it, so that these report what is wrong.
    pub(crate) fn max_wait(self) -> Duration {
        match self {
            Self::Quick => Duration::from_secs(13),
            Self::Rounds => Duration::from_secs(35),
            // The log target may be asked for first.
            Self::Change => Duration::from_secs(85),
            Self::List => IN_LINE + Duration::from_secs(70),
            Self::Reading => IN_LINE + Duration::from_secs(190),
            Self::Work => IN_LINE + Duration::from_mins(20),
        }
    }
}

impl Request {
    /// Returns true if only a daemon that answers can have answered this. Requests that read files or run programs
    /// may succeed without one.
    pub(crate) fn needs_daemon(&self) -> bool {
        matches!(self.kind(), Kind::Quick | Kind::Rounds) && !matches!(self, Self::RestartWay {})
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Version {}
            | Self::ProcessId {}
            | Self::Status { .. }
            | Self::Banned { .. }
            | Self::NewestBan {}
            | Self::LastBans {}
            | Self::IgnoreList { .. }
            | Self::Ignore { .. }
            | Self::Unignore { .. }
            | Self::IgnoresSelf { .. }
            | Self::SetIgnoreSelf { .. }
            | Self::SetIdle { .. }
            | Self::KeepsBans {}
            | Self::ServerSettings {}
            | Self::ChangeServer { .. }
            | Self::FlushLogs {}
            | Self::RestartWay {}
            | Self::Changes {} => Kind::Quick,
            Self::JailList {}
            | Self::Summaries {}
            | Self::Summary { .. }
            | Self::Detail { .. }
            | Self::RevealAction { .. }
            | Self::LogReaders {}
            | Self::LackingJails {}
            | Self::IgnoreLists {}
            | Self::PostCondition {} => Kind::Rounds,
            Self::Bans { .. }
            | Self::Clock {}
            | Self::BansAfter { .. }
            | Self::History { .. }
            | Self::LoggedBans { .. }
            | Self::LogTraces { .. }
            | Self::Recorded { .. }
            | Self::WrittenBans { .. }
            | Self::Firewall {}
            | Self::Logs {}
            | Self::Listeners {}
            | Self::Holders { .. } => Kind::List,
            Self::Ban { .. } | Self::Unban { .. } | Self::Stop { .. } | Self::ActionFailures {} => {
                Kind::Change
            }
            Self::ClientVersion {}
            | Self::ConfiguredJails {}
            | Self::Test {}
            | Self::TryFilter { .. }
            | Self::TryFilters {}
            | Self::HoldConfiguration {} => Kind::Reading,
            Self::Plan { .. }
            | Self::Load { .. }
            | Self::RestartDaemon { .. }
            | Self::StartDaemon {}
            | Self::ConfiguredIgnores {} => Kind::Work,
        }
    }
}
