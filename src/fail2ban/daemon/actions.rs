//! The actions of a jail with their properties, in three rounds: their names, the names of their
//! properties and their languages, and the values.

use crate::domain::jail::{JailName, Reading, Unread};
use crate::domain::jail_detail::{Action, ActionName, Property, RawAction};
use crate::domain::secret::{Secrets, is_secret_name};
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::Setting;
use crate::fail2ban::protocol::{command, values};

use super::{Answers, Daemon, next_answer};

/// Module of the class of the actions that run commands (`fail2ban/server/action.py`,
/// `CommandAction`). Their properties are what the configuration gave them: texts and numbers.
const COMMAND_ACTION: &str = "fail2ban.server.action";
/// The attribute that holds it. For an action in Python it is the name of its file
/// (`fail2ban/server/utils.py`, `load_python_module`).
const MODULE: &str = "__module__";

/// The properties of fail2ban's own actions in Python that are plain values. The daemon answers with
/// pickles: for a value that cannot be pickled, as `message_values` of `smtp.py`, it writes "Caught
/// unhandled exception" into its log (`fail2ban/server/asyncserver.py`, `found_terminator`).
const PYTHON_ACTIONS: [(&str, &[&str]); 2] = [
    // `config/action.d/smtp.py`; `ssl` since 1.1
    ("smtp", &["host", "ssl", "user", "password", "fromname", "fromaddr", "toaddr", "matches", "norestored"]),
    // `config/action.d/badips.py`, until 1.0
    (
        "badips",
        &[
            "timeout",
            "agent",
            "category",
            "score",
            "age",
            "bankey",
            "sumloglevel",
            "loglevel",
            "updateperiod",
            "bancategory",
            "banaction",
        ],
    ),
];

/// The facts about an action that are known before its values.
struct Outline {
    name: String,
    module: Reading<String>,
    properties: Reading<Vec<String>>,
}

impl Outline {
    /// The properties whose values can be asked for without an error in the daemon's log.
    fn answerable(&self) -> impl Iterator<Item = &String> {
        self.properties.iter().flatten().filter(|property| self.is_answerable(property))
    }

    fn is_answerable(&self, property: &str) -> bool {
        match self.module.as_deref() {
            Ok(COMMAND_ACTION) => true,
            Ok(module) => {
                PYTHON_ACTIONS.iter().any(|(known, plain)| *known == module && plain.contains(&property))
            }
            Err(_) => false,
        }
    }

    /// The whole action, its values being the next of `values`.
    fn with_values(self, values: &mut Answers, is_wanted: fn(&str) -> bool) -> Action {
        let is_asked = |name: &str| self.is_answerable(name) && is_wanted(name);
        let property = |name: &String| {
            let value = match &self.module {
                _ if is_asked(name) => {
                    reading(next_answer(values).and_then(|value| values::optional_text(&value)))
                }
                Ok(_) => Err(Unread::NotAsked),
                Err(unread) => Err(unread.clone()),
            };
            Property { name: name.clone(), value, is_masked: false }
        };
        let properties = match &self.properties {
            Ok(names) => Ok(names.iter().map(property).collect()),
            Err(unread) => Err(unread.clone()),
        };
        Action { name: self.name, properties }
    }
}

impl Daemon {
    /// The names of the actions of `jail`.
    pub(crate) async fn action_names(&self, jail: &JailName) -> Result<Vec<String>, Error> {
        command::texts(self.ask(Command::Get(jail, Setting::Actions)).await?)
    }

    /// Reads the actions of `jail` with everything in them, secrets too: for this side of the
    /// broker only.
    pub(crate) async fn raw_actions(
        &self,
        jail: &JailName,
        names: Vec<String>,
    ) -> Result<Vec<Action>, Error> {
        let jails = names.into_iter().map(|name| (jail, name)).collect();
        Ok(self.actions_of(jails, |_| true).await?.into_iter().map(|(_, action)| action).collect())
    }

    /// The action `name` of `jail` with everything in it, for those who may see its secrets; `None` where
    /// the jail has no such action.
    pub(crate) async fn raw_action(
        &self,
        jail: &JailName,
        name: &ActionName,
    ) -> Result<Option<RawAction>, Error> {
        let names = self.action_names(jail).await?;
        // Only what the daemon itself names is sent to it.
        let names = names.into_iter().filter(|known| known == name.as_str()).collect();
        Ok(self.raw_actions(jail, names).await?.into_iter().next().map(RawAction))
    }

    /// Reads the secrets in the actions of all jails, so that they can be masked in the output of
    /// fail2ban and its programs.
    ///
    /// # Errors
    /// Fails if the daemon does not answer; those known before stay known.
    pub(crate) async fn learn_secrets(&self) -> Result<(), Error> {
        let jails = self.jail_names().await?;
        let commands: Vec<_> = jails.iter().map(|jail| Command::Get(jail, Setting::Actions)).collect();
        let answers = self.ask_all(&commands).await?;
        let mut actions = Vec::new();
        for (jail, names) in jails.iter().zip(answers) {
            // A jail may have ended meanwhile.
            let names = reading(names.and_then(command::texts)).unwrap_or_default();
            actions.extend(names.into_iter().map(|name| (jail, name)));
        }
        let actions = self.actions_of(actions, is_secret_name).await?;
        let properties = actions.iter().flat_map(|(_, action)| action.properties.iter().flatten());
        self.known_secrets().set_running(Secrets::of_properties(properties));
        Ok(())
    }

    async fn actions_of<'a>(
        &self,
        names: Vec<(&'a JailName, String)>,
        is_wanted: fn(&str) -> bool,
    ) -> Result<Vec<(&'a JailName, Action)>, Error> {
        let outlines = self.outlines(names).await?;
        let commands: Vec<_> = outlines
            .iter()
            .flat_map(|(jail, outline)| {
                let asked = outline.answerable().filter(|property| is_wanted(property));
                asked.map(|property| Command::ActionProperty(jail, &outline.name, property))
            })
            .collect();
        let mut values = self.ask_all(&commands).await?.into_iter();
        let action = |(jail, outline): (_, Outline)| (jail, outline.with_values(&mut values, is_wanted));
        Ok(outlines.into_iter().map(action).collect())
    }

    async fn outlines<'a>(
        &self,
        names: Vec<(&'a JailName, String)>,
    ) -> Result<Vec<(&'a JailName, Outline)>, Error> {
        let commands: Vec<_> = names
            .iter()
            .flat_map(|(jail, name)| {
                [Command::ActionProperties(jail, name), Command::ActionProperty(jail, name, MODULE)]
            })
            .collect();
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let outline = |(jail, name)| {
            let properties = reading(next_answer(&mut answers).and_then(command::texts)).map(own);
            let module = reading(next_answer(&mut answers).and_then(command::text));
            (jail, Outline { name, module, properties })
        };
        Ok(names.into_iter().map(outline).collect())
    }
}

/// Removes the constants of fail2ban's own classes, as `ESCAPE_CRE`, which nobody sets.
fn own(mut properties: Vec<String>) -> Vec<String> {
    properties.retain(|name| !name.starts_with(|first: char| first.is_ascii_uppercase()));
    properties
}
