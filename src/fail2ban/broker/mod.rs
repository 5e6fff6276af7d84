//! Everything that touches fail2ban (its socket, its client program, its database), behind requests
//! that carry no command.
//!
//! [`Broker`] answers them; [`Handle`] asks, in the same process or over a stream that [`serve`] serves:
//! whoever may write to fail2ban's socket is root, so the web server need not be who does.

mod client;
mod error;
mod frames;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handle;
mod kind;
mod limits;
mod listener;
mod operations;
#[cfg(test)]
mod properties;
mod serve;
mod socket_file;
mod stream;
mod tested;
#[cfg(test)]
mod tests;
mod weighed;

use super::client_program::{ClientError, ClientProgram};
use super::restart::{self, ProcessFacts, RestartWay};
use super::{Daemon, Error};
use crate::config;
use crate::domain::jail::JailName;

pub use error::BrokerError;
pub use frames::FrameError;
pub use handle::Handle;
pub use listener::Listener;
pub use operations::{Reply, Request};
pub use serve::{Room, serve};
pub use socket_file::SocketError;
pub use tested::Ticket;

/// Owns the way to one fail2ban, and answers requests.
#[derive(Debug)]
pub struct Broker {
    daemon: Daemon,
    client: ClientProgram,
    restart_command: Option<Vec<String>>,
    tested: tested::Shelf,
}

impl Broker {
    /// The broker of the fail2ban that `settings` name.
    #[must_use]
    pub fn new(settings: &config::Fail2ban) -> Self {
        Self {
            daemon: Daemon::new(settings.socket.clone()),
            client: ClientProgram::new(settings.socket.clone(), settings.config.clone()),
            restart_command: settings.restart_command.clone(),
            tested: tested::Shelf::default(),
        }
    }

    /// A number that grows whenever the connection to the daemon was opened anew.
    pub(super) fn generation(&self) -> u64 {
        self.daemon.generation()
    }

    /// Does what `request` asks.
    ///
    /// # Errors
    /// When there is no such jail, fail2ban refuses, or does not answer.
    pub async fn answer(&self, request: Request) -> Result<Reply, Error> {
        let daemon = &self.daemon;
        Ok(match request {
            Request::Version {} => Reply::Version(daemon.version().await?),
            Request::ProcessId {} => Reply::ProcessId(daemon.process_id().await?),
            Request::JailList {} => Reply::JailList(daemon.jail_list().await?),
            Request::Status { jail } => Reply::Status(daemon.status(&jail).await?),
            Request::Summaries {} => Reply::Summaries(daemon.summaries().await?),
            Request::Summary { jail } => Reply::Summary(daemon.summary(&jail).await?),
            Request::Detail { jail } => Reply::Detail(Box::new(daemon.detail(&jail).await?)),
            Request::WithoutProtection {} => {
                Reply::WithoutProtection(daemon.jails_without_protection().await?)
            }
            Request::Bans { jail } => Reply::Bans(daemon.bans(&jail).await?),
            Request::Banned { jail, addresses } => Reply::Banned(daemon.banned(&jail, &addresses).await?),
            Request::NewestBan {} => Reply::NewestBan(daemon.newest_ban().await?),
            Request::BansAfter { jail, mark, since } => {
                Reply::BansAfter(daemon.bans_after(&jail, mark, since).await?)
            }
            Request::Ban { jail, targets } => Reply::Ban(daemon.ban(&jail, &targets).await?),
            Request::Unban { jail, banned } => Reply::Unban(daemon.unban(&jail, &banned).await?),
            Request::IgnoreList { jail } => Reply::IgnoreList(daemon.ignore_list(&jail).await?),
            Request::IgnoreLists {} => Reply::IgnoreLists(daemon.ignore_lists().await?),
            Request::Ignore { jail, entries } => Reply::Ignore(daemon.ignore(&jail, &entries).await?),
            Request::Unignore { jail, entry } => Reply::Unignore(daemon.unignore(&jail, &entry).await?),
            Request::IgnoresSelf { jail } => Reply::IgnoresSelf(daemon.ignores_self(&jail).await?),
            Request::SetIgnoreSelf { jail, on } => {
                Reply::SetIgnoreSelf(daemon.set_ignore_self(&jail, on).await?)
            }
            Request::SetIdle { jail, on } => Reply::SetIdle(daemon.set_idle(&jail, on).await?),
            Request::Stop { jail } => Reply::Stop(daemon.stop(&jail).await?),
            Request::KeepsBans {} => Reply::KeepsBans(daemon.keeps_bans().await?),
            Request::History { asked } => Reply::History(daemon.history(&asked).await?),
            Request::ServerSettings {} => Reply::ServerSettings(daemon.server_settings().await?),
            Request::ChangeServer { change } => Reply::ChangeServer(daemon.change_server(change).await?),
            Request::FlushLogs {} => Reply::FlushLogs(daemon.flush_logs().await?),
            Request::RestartWay {} => Reply::RestartWay(self.restart_way().await),
            Request::ClientVersion {} => Reply::ClientVersion(self.client.version().await),
            Request::ConfiguredJails {} => Reply::ConfiguredJails(self.client.configured_jails().await),
            Request::Test {} => Reply::Test(self.test().await),
            Request::ReloadAll { tested } => Reply::ReloadAll(self.reload(tested, None).await),
            Request::ReloadJail { tested, jail } => Reply::ReloadJail(self.reload(tested, Some(&jail)).await),
            Request::RestartJail { tested, jail } => {
                Reply::RestartJail(self.restart_jail(tested, &jail).await)
            }
            Request::RestartDaemon { tested } => Reply::RestartDaemon(self.restart_daemon(tested).await),
        })
    }

    async fn test(&self) -> Result<Ticket, ClientError> {
        self.client.test_configuration().await.map(|tested| self.tested.put(tested))
    }

    async fn reload(&self, tested: Ticket, jail: Option<&JailName>) -> Result<(), ClientError> {
        self.client.reload(&self.tested.take(tested)?, jail).await
    }

    async fn restart_jail(&self, tested: Ticket, jail: &JailName) -> Result<(), ClientError> {
        self.client.restart_jail(&self.tested.take(tested)?, jail).await
    }

    async fn restart_daemon(&self, tested: Ticket) -> Result<(), ClientError> {
        let tested = self.tested.take(tested)?;
        restart::run(&self.restart_way().await, &self.client, &tested).await
    }

    async fn restart_way(&self) -> RestartWay {
        match self.process().await {
            Ok(facts) => restart::way(self.restart_command.as_deref(), &facts),
            Err(reason) => RestartWay::None { reason: reason.to_owned() },
        }
    }

    /// What the system tells about the daemon's process, or why it tells nothing.
    async fn process(&self) -> Result<ProcessFacts, &'static str> {
        let pid = match self.daemon.process_id().await {
            Ok(pid) => pid,
            Err(error) => {
                tracing::debug!(%error, "no process to restart");
                return Err("fail2ban cannot be reached.");
            }
        };
        let pid = pid
            .and_then(|pid| u32::try_from(pid).ok())
            .ok_or("The system does not tell which process fail2ban is.")?;
        ProcessFacts::read(pid).map_err(|error| {
            tracing::warn!(%error, pid, "the daemon's process cannot be looked at");
            "The system does not let BanGUI look at fail2ban's process."
        })
    }
}
