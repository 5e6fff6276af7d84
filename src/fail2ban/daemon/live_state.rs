//! The state of a running daemon, in the terms in which a configuration was tried: the same
//! questions.

use std::collections::BTreeMap;

use strum::VariantArray as _;

use crate::domain::jail::{JailName, Reading};
use crate::domain::reload::{
    Expected, ExpectedAction, LiveAction, LiveJail, LiveState, Settings, comparable,
};
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::{COMPARED, ServerSetting};
use crate::fail2ban::protocol::{command, values};

use super::{Answers, Daemon, next_answer};

/// An action of a jail, with the state that the configuration asks for.
struct Asked<'a> {
    jail: &'a JailName,
    expected: &'a ExpectedAction,
}

impl Daemon {
    /// Reads the daemon's state of everything in `expected`. Settings that the tried fail2ban does
    /// not know are not asked for: the daemon would log an error for each. A value that cannot be
    /// read is reported in its place.
    pub(crate) async fn live_state(&self, expected: &Expected) -> Result<LiveState, Error> {
        let names = self.jail_names().await?;
        let settings = known(expected);
        let mut commands: Vec<Command<'_>> =
            ServerSetting::VARIANTS.iter().map(|setting| Command::GetServer(*setting)).collect();
        for name in &names {
            commands.extend(settings.iter().map(|setting| Command::GetNamed(name, setting)));
            commands.push(Command::GetNamed(name, "actions"));
        }
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let server =
            ServerSetting::VARIANTS.iter().map(|setting| (setting.keyword().to_owned(), texts(&mut answers)));
        let server = server.collect();
        let mut jails = BTreeMap::new();
        for name in names {
            let settings = settings.iter().map(|setting| {
                let texts = texts(&mut answers).map(|texts| comparable(setting, texts));
                ((*setting).to_owned(), texts)
            });
            let settings = settings.collect();
            let action = |name: String| LiveAction { name, properties: None };
            let actions = texts(&mut answers).map(|names| names.into_iter().map(action).collect());
            jails.insert(name, LiveJail { settings, actions });
        }
        self.read_properties(&mut jails, expected).await?;
        Ok(LiveState { server, jails })
    }

    /// Reads the options of the actions that run and are expected.
    async fn read_properties(
        &self,
        jails: &mut BTreeMap<JailName, LiveJail>,
        expected: &Expected,
    ) -> Result<(), Error> {
        let asked = actions_of_both(jails, expected);
        let commands: Vec<_> =
            asked.iter().map(|asked| Command::ActionProperties(asked.jail, &asked.expected.name)).collect();
        let mut names = Vec::new();
        for answer in self.ask_all(&commands).await? {
            names.push(reading(answer.and_then(command::texts)));
        }
        // Only values that the tried action could tell: others may not be sent at all, and the daemon
        // logs that as an error.
        let is_asked = |asked: &Asked<'_>, name: &String| asked.expected.properties.contains_key(name);
        let pairs = || asked.iter().zip(&names);
        let commands: Vec<_> = pairs()
            .flat_map(|(asked, names)| {
                let names = names.iter().flatten().filter(|name| is_asked(asked, name));
                names.map(|name| Command::ActionProperty(asked.jail, &asked.expected.name, name))
            })
            .collect();
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let mut found: Vec<(JailName, String, Settings)> = Vec::new();
        for (asked, names) in pairs() {
            let properties = properties(asked.expected, names, &mut answers);
            found.push((asked.jail.clone(), asked.expected.name.clone(), properties));
        }
        for (jail, name, properties) in found {
            let actions = jails.get_mut(&jail).and_then(|jail| jail.actions.as_mut().ok());
            if let Some(action) = actions.into_iter().flatten().find(|action| action.name == name) {
                action.properties = Some(properties);
            }
        }
        Ok(())
    }
}

/// The settings that the tried fail2ban knows.
fn known(expected: &Expected) -> Vec<&'static str> {
    let knows = |setting: &&str| expected.jails.iter().any(|jail| jail.settings.contains_key(*setting));
    COMPARED.iter().copied().filter(knows).collect()
}

fn actions_of_both<'a>(jails: &BTreeMap<JailName, LiveJail>, expected: &'a Expected) -> Vec<Asked<'a>> {
    let mut asked = Vec::new();
    for wanted in &expected.jails {
        let Some(Ok(actions)) = jails.get(&wanted.name).map(|jail| &jail.actions) else { continue };
        let both = wanted.actions.iter().filter(|action| actions.iter().any(|now| now.name == action.name));
        asked.extend(both.map(|expected| Asked { jail: &wanted.name, expected }));
    }
    asked
}

/// The options of one action: those of `names` that were asked for have the next answers.
fn properties(expected: &ExpectedAction, names: &Reading<Vec<String>>, answers: &mut Answers) -> Settings {
    match names {
        Ok(names) => {
            let property = |name: &String| {
                let is_asked = expected.properties.contains_key(name);
                (name.clone(), if is_asked { texts(answers) } else { Ok(Vec::new()) })
            };
            names.iter().map(property).collect()
        }
        Err(unread) => expected.properties.keys().map(|name| (name.clone(), Err(unread.clone()))).collect(),
    }
}

/// The next answer as texts.
fn texts(answers: &mut Answers) -> Reading<Vec<String>> {
    reading(next_answer(answers).and_then(|value| values::texts(&value)))
}
