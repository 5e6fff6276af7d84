//! Finding the actions that fail during a work: fail2ban reports them only in its log.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::action_failure::JailFailures;
use crate::domain::jail::JailName;
use crate::domain::reload::Effect;
use crate::fail2ban::server_log::Mark;

use super::service::Broker;
use super::tested_configs::Tested;
use super::watch::Watch;

impl Broker {
    /// Begins to watch the actions that run when `tested` is carried out.
    pub(crate) async fn begin_watch(&self, tested: &Tested) {
        let of = |effects: &[Effect]| -> Vec<JailName> {
            let jails = tested.plan.jails.iter().filter(|plan| effects.contains(&plan.effect));
            jails.map(|plan| plan.jail.clone()).collect()
        };
        let jails = tested.plan.jails.iter().map(|plan| plan.jail.clone()).collect();
        let mut started: BTreeMap<JailName, u64> =
            of(&[Effect::Starts]).into_iter().map(|jail| (jail, 0)).collect();
        let restarted = of(&[Effect::Restarts]);
        let bans = match self.daemon.bans_in(&restarted.iter().collect::<Vec<_>>()).await {
            Ok(bans) => bans,
            Err(error) => {
                tracing::debug!(%error, "how many bans there were is not known");
                vec![None; restarted.len()]
            }
        };
        started.extend(restarted.into_iter().zip(bans.into_iter().map(Option::unwrap_or_default)));
        let mut watch = Watch { jails, started, ..Watch::default() };
        watch.marks.extend(self.daemon.mark_log().await);
        let target = tested.expected.server.get("logtarget").and_then(|texts| texts.first());
        self.watch_target(&mut watch, target.map(Path::new));
        *self.watch.lock().await = watch;
    }

    /// Also watches the log `target`, where the daemon is going to write to another one than now.
    fn watch_target(&self, watch: &mut Watch, target: Option<&Path>) {
        let now = self.daemon.log_file();
        let (process, path) = now.map_or((None, None), |now| (now.process, now.path));
        let Some(target) = target.filter(|target| target.is_absolute() && Some(*target) != path.as_deref())
        else {
            return;
        };
        match Mark::at_end_of(target, process) {
            Ok(mark) => watch.marks.push(mark),
            Err(_) => watch.new_log = Some(target.to_owned()),
        }
    }

    /// The actions that failed since the last work began, once those that it started have done their part.
    pub(crate) async fn action_failures(&self) -> Vec<JailFailures> {
        let mut watch = std::mem::take(&mut *self.watch.lock().await);
        if !watch.started.is_empty() {
            self.daemon.wait_for_actions(&watch.started).await;
        }
        if let Some(path) = watch.new_log {
            let process = self.daemon.process_id().await.ok().flatten();
            match Mark::at_begin_of(&path, process) {
                Ok(mark) => watch.marks.push(mark),
                Err(error) => tracing::debug!(%error, "fail2ban's new log cannot be read"),
            }
        }
        self.daemon.failures_since(watch.marks, &watch.jails, |_| true).await
    }
}
