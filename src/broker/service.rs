//! The broker, which owns the way to one fail2ban, and answers requests.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::broker::change_log::{ChangeLog, Peer};
use crate::broker::operations::{Reply, Request};
use crate::broker::{held, tested_configs, watch};
use crate::config;
use crate::domain::protection::{Listener, NotLooked};
use crate::domain::reload::Expected;
use crate::fail2ban::Error;
use crate::fail2ban::client_program::restart::{ProcessFacts, RestartWay};
use crate::fail2ban::client_program::{ClientProgram, NoRestart, restart};
use crate::fail2ban::daemon::Daemon;
use crate::mutex::Mutex;
use crate::protection;

/// The most trials of filters at a time.
const MOST_TRIALS: usize = 2;

/// Owns the way to one fail2ban, and answers requests.
#[derive(Debug)]
pub struct Broker {
    pub(crate) daemon: Daemon,
    pub(crate) client: ClientProgram,
    restart_command: Option<Vec<String>>,
    pub(crate) tested: tested_configs::TestedConfigs,
    pub(crate) held: held::Held,
    /// The state of the watch over the actions that the last work runs.
    pub(crate) watch: tokio::sync::Mutex<watch::Watch>,
    /// The trials of filters that may be under way.
    pub(crate) trials: Semaphore,
    /// Log of the changes it was asked for, where it serves other processes.
    changes: Option<ChangeLog>,
    /// The configuration that this broker last gave the daemon.
    expected: Mutex<Option<Arc<Expected>>>,
}

impl Broker {
    /// The broker of the fail2ban that `settings` name.
    #[must_use]
    pub fn new(settings: &config::Fail2ban) -> Self {
        let client = ClientProgram::new(settings.socket.clone(), settings.config.clone());
        let client = ClientProgram { program: settings.client.clone(), ..client };
        Self::with(client, settings.restart_command.clone())
    }

    /// The broker of the fail2ban that `client` is for.
    #[must_use]
    pub fn with(client: ClientProgram, restart_command: Option<Vec<String>>) -> Self {
        let daemon = Daemon::new(client.socket.clone());
        Self {
            client: ClientProgram { secrets: daemon.known_secrets().clone(), ..client },
            daemon,
            restart_command,
            tested: tested_configs::TestedConfigs::default(),
            held: held::Held::default(),
            watch: tokio::sync::Mutex::default(),
            trials: Semaphore::new(MOST_TRIALS),
            changes: None,
            expected: Mutex::default(),
        }
    }

    /// The same, which records in `changes` what its clients ask it to change.
    #[must_use]
    pub fn recording(self, changes: ChangeLog) -> Self {
        Self { changes: Some(changes), ..self }
    }

    /// Carries out `request` of another process, which is recorded if it changes something.
    pub(crate) async fn handle_of(&self, peer: Peer, request: Request) -> Result<Reply, Error> {
        let Some(changes) = &self.changes else { return self.handle(request).await };
        let jail = match &request {
            Request::Load { planned } | Request::RestartDaemon { planned } => self.tested.jail_of(*planned),
            _ => None,
        };
        let change = changes.begin(peer, &request, jail);
        let answer = self.handle(request).await;
        if let Some(change) = change {
            changes.end(change, &answer);
        }
        answer
    }

    /// A number that grows whenever the connection to the daemon was opened anew.
    pub(crate) fn generation(&self) -> u64 {
        self.daemon.generation()
    }

    /// Carries out `request`.
    ///
    /// # Errors
    /// Fails if there is no such jail, fail2ban refuses, or does not answer.
    pub async fn handle(&self, request: Request) -> Result<Reply, Error> {
        let daemon = &self.daemon;
        Ok(match request {
            Request::Version {} => Reply::Version(daemon.version().await?),
            Request::ProcessId {} => Reply::ProcessId(daemon.process_id().await?),
            Request::JailList {} => Reply::JailList(daemon.jail_list().await?),
            Request::Status { jail } => Reply::Status(daemon.status(&jail).await?),
            Request::LackingJails {} => Reply::LackingJails(daemon.lacking_jails().await?),
            Request::Summaries {} => Reply::Summaries(daemon.summaries().await?),
            Request::Summary { jail } => Reply::Summary(daemon.summary(&jail).await?),
            Request::Detail { jail } => Reply::Detail(Box::new(daemon.detail(&jail).await?)),
            Request::LogReaders {} => Reply::LogReaders(daemon.jails_that_read_its_log().await?),
            Request::Bans { jail } => Reply::Bans(daemon.bans(&jail).await?),
            Request::Clock {} => Reply::Clock(daemon.clock().await?),
            Request::Banned { jail, addresses } => Reply::Banned(daemon.banned(&jail, &addresses).await?),
            Request::NewestBan {} => Reply::NewestBan(daemon.newest_ban().await?),
            Request::LoggedBans { place } => Reply::LoggedBans(daemon.logged_bans(place).await?),
            Request::LogTraces { asked } => Reply::LogTraces(daemon.log_traces(&asked).await?),
            Request::Recorded { from } => Reply::Recorded(daemon.recorded(from).await?),
            Request::WrittenBans { jail } => Reply::WrittenBans(daemon.written_bans(&jail).await?),
            Request::Holders { address } => Reply::Holders(daemon.holders(address).await?),
            Request::LastBans {} => Reply::LastBans(daemon.last_bans().await?),
            Request::BansAfter { jail, mark, since } => {
                Reply::BansAfter(daemon.bans_after(&jail, mark, since).await?)
            }
            Request::Ban { jail, targets } => Reply::Ban(daemon.ban(&jail, &targets).await?),
            Request::Unban { jail, banned } => Reply::Unban(self.unban(&jail, &banned).await?),
            Request::IgnoreList { jail } => Reply::IgnoreList(daemon.ignore_list(&jail).await?),
            Request::IgnoreLists {} => Reply::IgnoreLists(daemon.ignore_lists().await?),
            Request::Ignore { jail, entries } => Reply::Ignore(self.ignore(&jail, &entries).await?),
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
            Request::ClientVersion {} => Reply::ClientVersion(self.client.version().await?),
            Request::ConfiguredJails {} => Reply::ConfiguredJails(self.configured_jails().await?),
            Request::ConfiguredIgnores {} => Reply::ConfiguredIgnores(self.configured_ignores().await?),
            Request::Firewall {} => Reply::Firewall(protection::look_at_firewall(daemon).await?),
            Request::Logs {} => Reply::Logs(protection::look_at_logs(daemon).await?),
            Request::Listeners {} => Reply::Listeners(self.listeners().await?),
            Request::Test {} => Reply::Test(self.test().await?),
            Request::HoldConfiguration {} => Reply::HoldConfiguration(self.hold().await?),
            Request::Plan { scope, kept } => Reply::Plan(self.plan(&scope, &kept).await?),
            Request::Load { planned } => Reply::Load(self.load(planned).await?),
            Request::RestartDaemon { planned } => Reply::RestartDaemon(self.restart_daemon(planned).await?),
            Request::StartDaemon {} => Reply::StartDaemon(self.start_daemon().await?),
            Request::ActionFailures {} => Reply::ActionFailures(self.action_failures().await),
            Request::TryFilter { jail, trial } => Reply::TryFilter(self.try_filter(&jail, &trial).await?),
            Request::TryFilters {} => Reply::TryFilters(self.try_filters().await?),
            Request::Changes {} => Reply::Changes(self.changes.as_ref().map(ChangeLog::latest)),
            Request::PostCondition {} => Reply::PostCondition(self.post_condition().await?),
            Request::RevealAction { jail, action } => {
                Reply::RevealAction(daemon.raw_action(&jail, &action).await?)
            }
        })
    }

    async fn listeners(&self) -> Result<Result<Vec<Listener>, NotLooked>, Error> {
        let pid = self.daemon.process_id().await?;
        let found = tokio::task::spawn_blocking(move || protection::listeners(pid)).await;
        found.map_err(|error| Error::Unreadable(error.to_string()))
    }

    /// Learns the secrets to mask in the words of fail2ban-client: it quotes configuration files
    /// that it cannot read, which hold about what runs.
    pub(crate) async fn learn_secrets(&self) {
        if let Err(error) = self.daemon.learn_secrets().await {
            tracing::debug!(%error, "the secrets that are known stay those of before");
        }
    }

    pub(crate) fn expect(&self, expected: &Arc<Expected>) {
        *self.expected.lock() = Some(Arc::clone(expected));
    }

    pub(crate) fn expected(&self) -> Option<Arc<Expected>> {
        self.expected.lock().clone()
    }

    pub(crate) async fn restart_way(&self) -> RestartWay {
        if let Some(command) = self.restart_command.as_ref().filter(|command| !command.is_empty()) {
            // It wins over whatever the process is, and works without one.
            return RestartWay::Command(command.clone());
        }
        match self.process().await {
            Ok(facts) => restart::way(&facts),
            Err(reason) => RestartWay::None(reason),
        }
    }

    /// Reads the system's facts about the daemon's process; an error says why there are none.
    async fn process(&self) -> Result<ProcessFacts, NoRestart> {
        let pid = match self.daemon.process_id().await {
            Ok(pid) => pid,
            Err(error) => {
                tracing::debug!(%error, "no process to restart");
                return Err(NoRestart::Unreachable);
            }
        };
        let pid = pid.and_then(|pid| u32::try_from(pid).ok()).ok_or(NoRestart::UnknownProcess)?;
        ProcessFacts::of_process(pid).map_err(|error| {
            tracing::warn!(%error, pid, "the daemon's process cannot be looked at");
            NoRestart::HiddenProcess
        })
    }
}
