//! Trying the filters of jails that run.

use std::sync::Arc;

use crate::domain::filter_trial::{Expressions, FilterQuestion, FilterTrial, TrialLines, Untried};
use crate::domain::jail::JailName;
use crate::domain::protection::{FilterLook, JailFilter};
use crate::fail2ban::Error;
use crate::fail2ban::client_program::Configuration;
use crate::fail2ban::client_program::try_filter::FilterCall;
use crate::fail2ban::filter_settings::{FilterSettings, FilterSource};

use super::service::Broker;

/// The most lines of each kind that are shown of one trial.
const MOST_SHOWN: usize = 100;

/// A filter that is tried.
struct Tried {
    jail: JailName,
    settings: FilterSettings,
    source: FilterSource,
}

impl Tried {
    fn has_log(&self) -> bool {
        !matches!(&self.source, FilterSource::Files(paths) if paths.is_empty())
    }
}

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
        // Pasted lines begin with a date, also where the jail itself reads the journal.
        if matches!(source, FilterSource::Pasted(_)) && settings.date_pattern.is_none() {
            settings.date_pattern = Some((None, "Default Detectors".to_owned()));
        }
        let tried = Tried { jail: jail.clone(), settings, source };
        let mut outcomes = self.outcomes(std::slice::from_ref(&tried), MOST_SHOWN).await?;
        Ok(outcomes.pop().unwrap_or(Err(Untried::NoTime)))
    }

    /// Tries the filter of each jail on its log.
    pub(crate) async fn try_filters(&self) -> Result<Vec<JailFilter>, Error> {
        let (mut tried, mut filters) = (Vec::new(), Vec::new());
        for jail in self.daemon.jail_list().await?.names {
            match self.as_it_is(&jail).await {
                Ok(own) => tried.push(own),
                // It has ended meanwhile.
                Err(Error::UnknownJail(_)) => {}
                Err(error) if error.is_of_the_connection() => return Err(error),
                Err(error) => {
                    let look = Err(Untried::Failed(error.to_string()));
                    filters.push(JailFilter { jail, use_dns: None, look });
                }
            }
        }
        let outcomes = self.outcomes(&tried, 0).await?;
        filters.extend(tried.into_iter().zip(outcomes).map(|(tried, outcome)| JailFilter {
            jail: tried.jail,
            use_dns: tried.settings.use_dns,
            look: outcome.map(|trial| FilterLook::from(&trial)),
        }));
        Ok(filters)
    }

    async fn as_it_is(&self, jail: &JailName) -> Result<Tried, Error> {
        let settings = self.daemon.filter_settings(jail).await?;
        Ok(Tried { jail: jail.clone(), settings, source: self.daemon.filter_source(jail).await? })
    }

    /// What each filter makes of its lines.
    async fn outcomes(
        &self,
        tried: &[Tried],
        most_shown: usize,
    ) -> Result<Vec<Result<FilterTrial, Untried>>, Error> {
        let process = self.daemon.process_id().await?.filter(|process| *process > 0);
        let root = process.map(|process| format!("/proc/{process}/root"));
        let configuration = self.configuration_of_filters().await;
        let dump = configuration.as_ref().map_or(&[][..], |configuration| &configuration.dump);
        let with_log = tried.iter().filter(|tried| tried.has_log());
        let calls: Vec<FilterCall<'_>> = with_log
            .map(|Tried { jail, settings, source }| FilterCall {
                jail,
                settings,
                source,
                root: root.clone(),
                most_shown,
            })
            .collect();
        // Each may take a whole core until its time is up.
        let _one_of_few = self.trials.acquire().await;
        let mut answers = self.client.try_filters(&calls, dump).await?.into_iter();
        let mut next = || answers.next().unwrap_or(Err(Untried::NoTime));
        Ok(tried.iter().map(|tried| if tried.has_log() { next() } else { Err(Untried::NoLog) }).collect())
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
