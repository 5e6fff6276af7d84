//! Planning a reload and carrying it out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::broker::planned::Planned;
use crate::domain::ignore::Listed;
use crate::domain::jail::JailName;
use crate::domain::reload::{
    Effect, Expected, ExpectedJail, JailPlan, KeptIgnores, LiveState, Plan, PostCondition, Refusal, Scope,
};
use crate::domain::text::truncate;
use crate::fail2ban::Error;
use crate::fail2ban::client_program::restart::RestartWay;
use crate::fail2ban::client_program::{
    ClientError, Configuration, Loaded, Misfit, NoRestart, Purpose, Step, restart,
};

use super::held::Earlier;
use super::service::Broker;
pub(crate) use super::tested_configs::{Tested, Token};

/// The most lines of fail2ban's refusals that a page shows.
const MOST_LINES: usize = 20;
/// The longest of these lines, in characters.
const LONGEST_LINE: usize = 400;

impl Broker {
    /// Tries the configuration, compares it with what runs, and makes a plan for `scope`, where the
    /// `kept` ignore entries are put back afterwards.
    pub(crate) async fn plan(&self, scope: &Scope, kept: &KeptIgnores) -> Result<Planned, Error> {
        // If nobody answers nothing has to be read.
        let version = self.daemon.version().await?;
        self.learn_secrets().await;
        let (configuration, expected) = self.tried(*scope == Scope::Daemon).await?;
        let live = self.daemon.live_state(&expected).await?;
        // A restart that starts the installed version by itself may come after an upgrade.
        let starts_installed = *scope == Scope::Daemon
            && matches!(self.restart_way().await, RestartWay::Systemd { .. } | RestartWay::Command(_));
        if expected.version != version && !starts_installed {
            let misfit = Misfit::Versions { program: expected.version.clone(), daemon: version };
            return Err(ClientError::Unfit(misfit).into());
        }
        self.fits(scope, &live, &expected)?;
        // Without one of them more counts as lost, and is asked for.
        let earlier = self.earlier().await;
        let earlier: Vec<&Expected> = earlier.iter().map(|(_, expected)| &**expected).collect();
        let live_before = kept.off_live(live.clone());
        let target = kept.off_expected((*expected).clone());
        let mut plan = Plan::new(scope, &live_before, &target, &earlier);
        plan.note_kept(kept, &live, &expected);
        plan.note_without_log(&configuration.skipped());
        self.held.add(&configuration);
        let digest = configuration.digest();
        let (live, kept) = (live_before, kept.clone());
        let token = self.tested.store(Tested { configuration, expected, live, kept, plan: plan.clone() });
        Ok(Planned { token, plan, configuration: digest })
    }

    /// Reads and tries the configuration, without comparing it with anything.
    pub(crate) async fn test(&self) -> Result<(), ClientError> {
        self.learn_secrets().await;
        let configuration = self.client.read_configuration().await?;
        let expected = self.client.try_configuration(&configuration, &Purpose::default()).await?;
        refuse(expected.refusals.iter())
    }

    /// Reads the configuration, as one that the daemon may just have been started with.
    pub(crate) async fn hold(&self) -> Result<(), ClientError> {
        self.learn_secrets().await;
        self.held.loaded(&Arc::new(self.client.read_untested().await?));
        Ok(())
    }

    /// The jails that the configuration starts.
    pub(crate) async fn configured_jails(&self) -> Result<Vec<JailName>, ClientError> {
        self.learn_secrets().await;
        let configuration = Arc::new(self.client.read_untested().await?);
        self.held.add(&configuration);
        Ok(configuration.jails())
    }

    /// The ignore lists that the configuration gives its jails.
    pub(crate) async fn configured_ignores(&self) -> Result<Vec<(JailName, Vec<Listed>)>, Error> {
        self.learn_secrets().await;
        let (_, expected) = self.tried(false).await?;
        let known = expected.jails.iter().filter(|jail| !expected.refuses(&jail.name));
        let listed = |list: &Vec<String>| list.iter().cloned().map(Listed::from_daemon).collect();
        Ok(known
            .filter_map(|jail| Some((jail.name.clone(), listed(jail.settings.get("ignoreip")?))))
            .collect())
    }

    async fn tried(&self, is_start: bool) -> Result<(Arc<Configuration>, Arc<Expected>), Error> {
        let now = self.daemon.server_settings().await?;
        let log_target = now.log_target.ok().flatten();
        let purpose = Purpose { log_target, database: now.database.ok().flatten(), is_start };
        let configuration = self.client.read_configuration().await?;
        let expected = self.client.try_configuration(&configuration, &purpose).await?;
        Ok((Arc::new(configuration), Arc::new(expected)))
    }

    /// Returns earlier configurations and what they asked for. One that cannot be tried is left
    /// out.
    pub(crate) async fn earlier(&self) -> Vec<(Arc<Earlier>, Arc<Expected>)> {
        let mut found = Vec::new();
        for earlier in self.held.all() {
            match earlier.expected(&self.client).await {
                Ok(expected) => found.push((earlier, expected)),
                Err(error) => tracing::warn!(%error, "an earlier configuration cannot be tried"),
            }
        }
        found
    }

    fn fits(&self, scope: &Scope, live: &LiveState, expected: &Expected) -> Result<(), ClientError> {
        if let Some(configured) = expected.socket.as_deref().map(Path::new)
            && resolved(configured) != resolved(&self.client.socket)
        {
            let (configured, used) = (configured.to_owned(), self.client.socket.clone());
            return Err(Misfit::Socket { configured, used }.into());
        }
        let is_alive = !live.jails.is_empty();
        let is_restart = *scope == Scope::Daemon;
        let runs = |name: &str| live.jails.keys().any(|jail| jail.as_str() == name);
        let named = expected.jails.iter().map(|jail| jail.name.as_str());
        let refused = expected.refusals.iter().filter_map(|refusal| refusal.jail.as_deref());
        if is_alive && !is_restart && !named.chain(refused).any(runs) {
            return Err(Misfit::NoJailInCommon.into());
        }
        let database = |texts: Option<&Vec<String>>| texts.and_then(|texts| texts.first().cloned());
        if let (Some(Ok(used)), Some(configured)) = (live.server.get("dbfile"), expected.server.get("dbfile"))
            && used != configured
            && is_alive
            && !is_restart
        {
            let (configured, used) = (database(Some(configured)), database(Some(used)));
            return Err(Misfit::Database { configured, used }.into());
        }
        accepted(scope, expected)
    }

    /// Carries out a plan. Returns what is missing after it.
    pub(crate) async fn load(&self, token: Token) -> Result<PostCondition, Error> {
        let tested = self.tested.take(token)?;
        self.begin_watch(&tested).await;
        if let Loaded::UpTo(gave_up) = self.client.load(&tested.configuration, &steps(&tested)).await? {
            return Err(self.put_back(&tested, gave_up).await?.into());
        }
        self.held.loaded(&tested.configuration);
        self.expect(&tested.expected);
        let live = self.daemon.live_state(&tested.expected).await?;
        Ok(PostCondition::of_state(&tested.plan.scope, &live, &tested.expected))
    }

    /// Restarts the daemon with the planned configuration.
    pub(crate) async fn restart_daemon(&self, token: Token) -> Result<(), Error> {
        let tested = self.tested.take(token)?;
        let old = self.daemon.process_id().await?;
        self.begin_watch(&tested).await;
        if let Err(error) = restart::run(&self.restart_way().await, &self.client).await {
            return Err(self.after_failed_restart(&tested, old, error).await);
        }
        self.held.loaded(&tested.configuration);
        self.expect(&tested.expected);
        Ok(())
    }

    /// Starts a daemon that does not run, by the command that restarts it.
    pub(crate) async fn start_daemon(&self) -> Result<(), ClientError> {
        let way = self.restart_way().await;
        if !matches!(way, RestartWay::Command(_)) {
            return Err(ClientError::NoRestart(NoRestart::Unreachable));
        }
        self.test().await?;
        restart::run(&way, &self.client).await
    }

    /// Returns what is missing now, by the configuration that was loaded last.
    pub(crate) async fn post_condition(&self) -> Result<PostCondition, Error> {
        let Some(expected) = self.expected() else { return Ok(PostCondition::default()) };
        let live = self.daemon.live_state(&expected).await?;
        Ok(PostCondition::of_state(&Scope::All, &live, &expected))
    }
}

/// Resolves links in the path of a socket, as far as possible: `/var/run` is a link.
fn resolved(socket: &Path) -> PathBuf {
    let directory = socket.parent().and_then(|directory| directory.canonicalize().ok());
    match (directory, socket.file_name()) {
        (Some(directory), Some(name)) => directory.join(name),
        _ => socket.to_owned(),
    }
}

/// Fails if fail2ban refused something that `scope` needs.
fn accepted(scope: &Scope, expected: &Expected) -> Result<(), ClientError> {
    match scope {
        Scope::Daemon => refuse(expected.refusals.iter()),
        // Broken jails are left out, unless there are no others.
        Scope::All => {
            let is_sound = |jail: &ExpectedJail| !expected.refuses(&jail.name);
            let is_any_sound = expected.jails.iter().any(is_sound);
            refuse(expected.refusals.iter().filter(|refusal| refusal.jail.is_none() || !is_any_sound))
        }
        Scope::Jail(jail) | Scope::RestartJail(jail) => {
            refuse(expected.refusals.iter().filter(|refusal| refusal.concerns(jail)))?;
            // The daemon deletes a jail that is reloaded and no longer enabled.
            let is_configured = expected.jail(jail).is_some();
            if is_configured { Ok(()) } else { Err(ClientError::UnknownJail(jail.to_string())) }
        }
    }
}

fn refuse<'a>(refusals: impl Iterator<Item = &'a Refusal>) -> Result<(), ClientError> {
    let lines: Vec<String> = refusals.map(Refusal::line).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let mut output: Vec<String> =
        lines.iter().take(MOST_LINES).map(|line| truncate(line, LONGEST_LINE)).collect();
    if lines.len() > MOST_LINES {
        output.push(format!("and {} more", lines.len() - MOST_LINES));
    }
    Err(ClientError::ConfigurationRefused { output: output.join("\n") })
}

/// Returns the steps of a plan. Jails that are restarted come first: where that fails the fewest
/// have changed.
fn steps(tested: &Tested) -> Vec<Step> {
    let step = |plan: &JailPlan| match plan.effect {
        Effect::Restarts => Step::Restart(plan.jail.clone()),
        // A reload would remove an action of it.
        Effect::Unchanged if plan.cannot_reload => Step::Wake(plan.jail.clone()),
        Effect::Unchanged | Effect::Changed | Effect::Starts => Step::Reload(plan.jail.clone()),
        Effect::Removed | Effect::Skipped => Step::Stop(plan.jail.clone()),
    };
    let mut steps: Vec<Step> = tested.plan.jails.iter().map(step).collect();
    steps.sort_by_key(|step| match step {
        Step::Settings => 0,
        Step::Restart(_) | Step::Salvage(_) => 1,
        Step::Reload(_) | Step::Wake(_) => 2,
        Step::Stop(_) => 3,
    });
    steps.insert(0, Step::Settings);
    steps
}
