//! Every setting of a jail, in two rounds: the second asks for the properties of the actions, whose
//! names the first brings.

use super::command::{self, Command};
use super::daemon::{Answers, next, reading};
use super::pickle::Value;
use super::setting::Setting;
use super::{Daemon, Error, values};
use crate::domain::jail::{JailName, Reading};
use crate::domain::jail_detail::{Action, Growth, JailDetail, Property};

/// What is asked, in the order in which [`read`] takes the answers.
const SETTINGS: [Setting; 18] = [
    Setting::LogEncoding,
    Setting::DatePattern,
    Setting::PrefRegex,
    Setting::FailRegex,
    Setting::IgnoreRegex,
    Setting::MaxLines,
    Setting::UseDns,
    Setting::MaxMatches,
    Setting::IgnoreIp,
    Setting::IgnoreSelf,
    Setting::IgnoreCommand,
    Setting::BanTimeFactor,
    Setting::BanTimeFormula,
    Setting::BanTimeMultipliers,
    Setting::BanTimeMaximum,
    Setting::BanTimeRandom,
    Setting::BanTimeOverAllJails,
    Setting::Actions,
];

impl Daemon {
    /// The settings of `jail`. What can not be read of them is told in its place.
    ///
    /// # Errors
    /// When there is no such jail, or the daemon does not answer.
    pub async fn detail(&self, jail: &JailName) -> Result<JailDetail, Error> {
        let commands = SETTINGS.map(|setting| Command::Get(jail, setting));
        let answers = self.ask_all(&commands).await?;
        if let Some(Err(error @ Error::UnknownJail(_))) = answers.first() {
            return Err(error.clone());
        }
        let mut answers = answers.into_iter();
        let (detail, names) = read(&mut answers)?;
        let actions = match names {
            Ok(names) => Ok(self.actions(jail, names).await?),
            Err(unread) => Err(unread),
        };
        Ok(JailDetail { actions, ..detail })
    }

    async fn actions(&self, jail: &JailName, names: Vec<String>) -> Result<Vec<Action>, Error> {
        let commands: Vec<_> = names.iter().map(|name| Command::ActionProperties(jail, name)).collect();
        let answers = self.ask_all(&commands).await?;
        let properties: Vec<Reading<Vec<String>>> =
            answers.into_iter().map(|answer| reading(answer.and_then(command::texts)).map(own)).collect();
        let pairs = names.iter().zip(&properties);
        let commands: Vec<_> = pairs
            .flat_map(|(action, properties)| {
                let properties = properties.iter().flatten();
                properties.map(|property| Command::ActionProperty(jail, action, property))
            })
            .collect();
        let mut values = self.ask_all(&commands).await?.into_iter();
        let mut actions = Vec::new();
        for (name, properties) in names.iter().zip(&properties) {
            let properties = match properties {
                Ok(names) => Ok(valued(names, &mut values)?),
                Err(unread) => Err(unread.clone()),
            };
            actions.push(Action { name: name.clone(), properties });
        }
        Ok(actions)
    }
}

/// Without the constants of fail2ban's own classes, as `ESCAPE_CRE`, which nobody sets.
fn own(mut properties: Vec<String>) -> Vec<String> {
    properties.retain(|name| !name.starts_with(|first: char| first.is_ascii_uppercase()));
    properties
}

fn valued(names: &[String], values: &mut Answers) -> Result<Vec<Property>, Error> {
    let property = |name: &String| {
        let value = reading(next(values)?.and_then(|value| values::optional_text(&value)));
        Ok(Property { name: name.clone(), value, is_masked: false })
    };
    names.iter().map(property).collect()
}

/// Reads the first round: everything, and the names of the actions.
fn read(answers: &mut Answers) -> Result<(JailDetail, Reading<Vec<String>>), Error> {
    let mut take = || next(answers);
    let text = |answer: Result<Value, Error>| reading(answer.and_then(|v| values::optional_text(&v)));
    let length = |answer: Result<Value, Error>| reading(answer.and_then(|v| values::optional_length(&v)));
    let count = |answer: Result<Value, Error>| reading(answer.and_then(|v| command::count(&v)));
    let list = |answer: Result<Value, Error>| reading(answer.and_then(command::texts));
    // A struct's fields are evaluated in the order in which they are written.
    let detail = JailDetail {
        log_encoding: text(take()?),
        date_pattern: reading(take()?.and_then(values::date_pattern)),
        pref_regex: text(take()?),
        fail_regex: list(take()?),
        ignore_regex: list(take()?),
        max_lines: count(take()?),
        use_dns: text(take()?),
        max_matches: count(take()?),
        ignore_list: list(take()?),
        ignore_self: reading(take()?.and_then(|value| command::optional_bool(&value))),
        ignore_command: text(take()?),
        growth: Growth {
            factor: text(take()?),
            formula: text(take()?),
            multipliers: text(take()?),
            max_time: length(take()?),
            random_time: length(take()?),
            over_all_jails: text(take()?),
        },
        actions: Ok(Vec::new()),
    };
    Ok((detail, list(take()?)))
}
