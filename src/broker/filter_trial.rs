//! Trying the filter of a jail that runs.

use std::sync::Arc;

use crate::domain::filter_trial::{Expressions, FilterQuestion, FilterTrial, TrialLines, Untried};
use crate::domain::jail::JailName;
use crate::fail2ban::Error;
use crate::fail2ban::client_program::Configuration;
use crate::fail2ban::client_program::try_filter::FilterCall;
use crate::fail2ban::filter_settings::FilterSource;

use super::service::Broker;

impl Broker {
    /// Tries a jail's filter as the daemon has it, with the expressions of `trial` in the place of its own.
    pub(crate) async fn try_filter(
        &self,
        jail: &JailName,
        trial: &FilterQuestion,
    ) -> Result<Result<FilterTrial, Untried>, Error> {
        let mut settings = self.daemon.filter_settings(jail).await?;
        replace(&mut settings.fail_regex, trial.failregex.as_ref());
        replace(&mut settings.ignore_regex, trial.ignoreregex.as_ref());
        let source = match &trial.lines {
            TrialLines::Pasted(lines) => FilterSource::Pasted(lines.as_str().to_owned()),
            TrialLines::FromLog => self.daemon.filter_source(jail).await?,
        };
        if matches!(&source, FilterSource::Files(paths) if paths.is_empty()) {
            return Ok(Err(Untried::NoLog));
        }
        // Pasted lines begin with a date, also where the jail itself reads the journal.
        if matches!(source, FilterSource::Pasted(_)) && settings.date_pattern.is_none() {
            settings.date_pattern = Some((None, "Default Detectors".to_owned()));
        }
        let process = self.daemon.process_id().await?.filter(|process| *process > 0);
        let root = process.map(|process| format!("/proc/{process}/root"));
        let configuration = self.configuration_of_filters().await;
        let dump = configuration.as_ref().map_or(&[][..], |configuration| &configuration.dump);
        let call = FilterCall { jail, settings: &settings, source: &source, root };
        // Each may take a whole core until its time is up.
        let _one_of_few = self.trials.acquire().await;
        Ok(self.client.try_filter(&call, dump).await?)
    }

    /// The configuration that the daemon was given last, as far as that is known; otherwise the one that the files
    /// hold now. Without one, a filter is tried with what the daemon tells.
    async fn configuration_of_filters(&self) -> Option<Arc<Configuration>> {
        if let Some(held) = self.held.all().into_iter().next() {
            return Some(Arc::clone(&held.configuration));
        }
        self.learn_secrets().await;
        match self.client.read_untested().await {
            Ok(configuration) => {
                let configuration = Arc::new(configuration);
                self.held.add(&configuration);
                Some(configuration)
            }
            Err(error) => {
                tracing::debug!(%error, "a filter is tried without the configuration");
                None
            }
        }
    }
}

fn replace(own: &mut Vec<String>, given: Option<&Expressions>) {
    if let Some(given) = given {
        own.clear();
        own.extend_from_slice(given.as_slice());
    }
}
