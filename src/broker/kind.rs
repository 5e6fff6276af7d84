//! What kinds of requests there are: how long one may be under way, and which are costly.

use std::time::Duration;

use super::operations::Request;

/// How long a costly request may wait for others of its kind.
pub(crate) const IN_LINE: Duration = Duration::from_secs(30);

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One question that the daemon answers from memory.
    Quick,
    /// Some of them, one after another.
    Rounds,
    /// A reading of fail2ban's database, or a list that may hold 1,000,000 bans.
    List,
    /// What takes as long as the daemon's actions do.
    Change,
    /// fail2ban-client reads the configuration, up to three times.
    Reading,
    /// A configuration and those before it are tried; or one is loaded, and what ran before put back where
    /// that fails; or the daemon is restarted.
    Work,
}

impl Kind {
    /// How long who asks waits: a little longer than all deadlines behind it, so that these say what is
    /// wrong.
    pub(crate) fn max_wait(self) -> Duration {
        match self {
            Self::Quick => Duration::from_secs(13),
            Self::Rounds => Duration::from_secs(35),
            // Where it logs may be asked first.
            Self::Change => Duration::from_secs(85),
            Self::List => IN_LINE + Duration::from_secs(70),
            Self::Reading => IN_LINE + Duration::from_secs(190),
            Self::Work => IN_LINE + Duration::from_mins(20),
        }
    }
}

impl Request {
    /// Whether an answer to it proves that the daemon answers. Conservative: what reads files or runs programs may
    /// do without it.
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
            | Self::RestartWay {} => Kind::Quick,
            Self::JailList {}
            | Self::Summaries {}
            | Self::Summary { .. }
            | Self::Detail { .. }
            | Self::RevealAction { .. }
            | Self::LogReaders {}
            | Self::IgnoreLists {}
            | Self::PostCondition {} => Kind::Rounds,
            Self::Bans { .. } | Self::Clock {} | Self::BansAfter { .. } | Self::History { .. } => Kind::List,
            Self::Ban { .. } | Self::Unban { .. } | Self::Stop { .. } | Self::ActionFailures {} => {
                Kind::Change
            }
            Self::ClientVersion {}
            | Self::ConfiguredJails {}
            | Self::Test {}
            | Self::HoldConfiguration {} => Kind::Reading,
            Self::Plan { .. } | Self::Load { .. } | Self::RestartDaemon { .. } => Kind::Work,
        }
    }
}
