//! For how long a request may be under way.

use std::time::Duration;

use super::operations::Request;

/// One question that the daemon answers from memory, and a little more than it may take.
const QUICK: Duration = Duration::from_secs(12);
/// Some of them one after another.
const ROUNDS: Duration = Duration::from_secs(35);
/// What takes as long as there are bans, behind others of its kind.
const SLOW: Duration = Duration::from_secs(70);
/// fail2ban-client reads the configuration, three times.
const TEST: Duration = Duration::from_secs(190);
/// fail2ban-client reloads, or the daemon is restarted.
const WORK: Duration = Duration::from_secs(320);

impl Request {
    /// How long the answer may take: a little longer than all deadlines behind it, so that these
    /// say what is wrong.
    pub(super) fn patience(&self) -> Duration {
        match self {
            Self::Version {}
            | Self::ProcessId {}
            | Self::JailNames {}
            | Self::Status { .. }
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
            | Self::RestartWay {} => QUICK,
            Self::Summaries {}
            | Self::Summary { .. }
            | Self::Detail { .. }
            | Self::WithoutProtection {}
            | Self::IgnoreLists {}
            | Self::History { .. } => ROUNDS,
            Self::Bans { .. } | Self::Ban { .. } | Self::Unban { .. } | Self::Stop { .. } => SLOW,
            Self::ClientVersion {} | Self::ConfiguredJails {} | Self::Test {} => TEST,
            Self::ReloadAll { .. }
            | Self::ReloadJail { .. }
            | Self::RestartJail { .. }
            | Self::RestartDaemon { .. } => WORK,
        }
    }
}
