//! Restoring what ran before, where the daemon gave up in the middle: from the configurations that
//! were read before, through the daemon's own reload.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::jail::JailName;
use crate::domain::reload::{Expected, LiveState, differences, server_differences};
use crate::fail2ban::Error;
use crate::fail2ban::client_program::{ClientError, Configuration, GaveUp, Loaded, Step};

use super::held::Earlier;
use super::service::Broker;
use super::tested_configs::Tested;

/// Number of tries to put back a jail: fail2ban's database may be locked for a while.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// A configuration from which something can be put back, and what it asks for without kept ignore entries.
type Source = (Arc<Earlier>, Expected);

impl Broker {
    /// Puts back what ran before `tested` was begun. Returns an error that says that the daemon
    /// gave up, and what is not back.
    pub(crate) async fn put_back(&self, tested: &Tested, gave_up: GaveUp) -> Result<ClientError, Error> {
        tracing::warn!(
            output = gave_up.output,
            "fail2ban gave up in the middle; what ran before is put back"
        );
        let sources = self.earlier().await.into_iter();
        let sources: Vec<Source> = sources
            .map(|(earlier, expected)| (earlier, tested.kept.off_expected((*expected).clone())))
            .collect();
        for attempt in 0..TRIES {
            let now = self.live_now(tested).await?;
            if attempt > 0 {
                if tested.live.jails.keys().all(|jail| now.jails.contains_key(jail)) {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            self.put_back_once(tested, &now, &sources, gave_up.jail.as_ref().filter(|_| attempt == 0)).await;
        }
        let now = self.live_now(tested).await?;
        let before = &tested.live.jails;
        let gone: Vec<JailName> =
            before.keys().filter(|jail| !now.jails.contains_key(*jail)).cloned().collect();
        let altered = before.iter().filter(|(jail, was)| now.jails.get(*jail).is_some_and(|is| is != *was));
        let altered = altered.map(|(jail, _)| jail.clone()).collect();
        Ok(ClientError::Interrupted { output: gave_up.output, gone, altered })
    }

    /// Puts back what ran before a restart that failed with `error`, where a process other than
    /// `old` answers: a daemon in the background that gives up at its start goes on without its
    /// jails.
    pub(crate) async fn after_failed_restart(
        &self,
        tested: &Tested,
        old: Option<i32>,
        error: ClientError,
    ) -> Error {
        let ClientError::Failed { output } = error else { return error.into() };
        let begun = async {
            if self.daemon.process_id().await? == old {
                return Ok(ClientError::Failed { output: output.clone() });
            }
            // They are half made: none of them was started.
            for jail in self.daemon.jail_names().await? {
                self.do_one(&tested.configuration, Step::Stop(jail)).await;
            }
            self.put_back(tested, GaveUp { jail: None, output: output.clone() }).await
        };
        match begun.await {
            Ok(error) => error.into(),
            Err(unreached) => {
                let unreached: Error = unreached;
                tracing::warn!(%unreached, "no daemon answers after the restart that failed");
                ClientError::Failed { output }.into()
            }
        }
    }

    /// Reads what runs now, without kept ignore entries: they are put back later.
    async fn live_now(&self, tested: &Tested) -> Result<LiveState, Error> {
        Ok(tested.kept.off_live(self.daemon.live_state(&tested.expected).await?))
    }

    async fn put_back_once(
        &self,
        tested: &Tested,
        now: &LiveState,
        sources: &[Source],
        failed: Option<&JailName>,
    ) {
        for jail in now.jails.keys().filter(|jail| !tested.live.jails.contains_key(*jail)) {
            // Half of a jail that was new.
            self.do_one(&tested.configuration, Step::Stop(jail.clone())).await;
        }
        if now.server != tested.live.server
            && let Some((source, _)) = closest_server(&tested.live, sources)
        {
            self.do_one(&source.configuration, Step::Settings).await;
        }
        for (jail, (source, expected)) in closest(&tested.live, sources) {
            let (before, is) = (tested.live.jails.get(jail), now.jails.get(jail));
            if before == is && failed != Some(jail) {
                continue;
            }
            let wanted = expected.jail(jail);
            let only_restart = is.zip(wanted).is_some_and(|(is, wanted)| {
                wanted.actions.iter().any(|action| !action.survives)
                    || differences(is, wanted).iter().any(|difference| difference.needs_restart)
            });
            let mut ways: Vec<fn(JailName) -> Step> = vec![Step::Restart, Step::Salvage, Step::Stop];
            if !only_restart {
                ways.insert(0, Step::Reload);
            }
            // Better a jail without one of its logs than none; and none rather than half of one, which
            // would be listed and do nothing.
            for way in ways {
                if self.do_one(&source.configuration, way(jail.clone())).await {
                    break;
                }
            }
        }
    }

    /// Does one step. Returns true if the daemon took it.
    async fn do_one(&self, configuration: &Configuration, step: Step) -> bool {
        match self.client.load(configuration, std::slice::from_ref(&step)).await {
            Ok(Loaded::Whole) => true,
            Ok(Loaded::UpTo(GaveUp { output, .. })) => {
                tracing::warn!(?step, output, "fail2ban did not take it back");
                false
            }
            Err(error) => {
                tracing::warn!(?step, %error, "it cannot be put back");
                false
            }
        }
    }
}

/// The configuration that is nearest to the settings that the daemon had.
fn closest_server<'a>(live: &LiveState, sources: &'a [Source]) -> Option<&'a Source> {
    sources.iter().min_by_key(|(_, expected)| server_differences(live, &expected.server).len())
}

/// Returns for each jail that ran the configuration that is nearest to its earlier state.
fn closest<'a>(live: &'a LiveState, sources: &'a [Source]) -> BTreeMap<&'a JailName, &'a Source> {
    let of = |jail: &'a JailName| {
        let was = live.jails.get(jail)?;
        let candidates = sources.iter().filter_map(|source| Some((source, source.1.jail(jail)?)));
        candidates.min_by_key(|(_, wanted)| differences(was, wanted).len()).map(|(source, _)| (jail, source))
    };
    live.jails.keys().filter_map(of).collect()
}
