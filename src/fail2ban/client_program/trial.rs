//! Trying a configuration on a server of fail2ban's own in another process, and reading the result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

use crate::domain::jail::JailName;
use crate::domain::reload::{Expected, ExpectedAction, ExpectedJail, Refusal, Texts, comparable};
use crate::fail2ban::client_error::ClientError;
use crate::fail2ban::pickle::integer::DECIMAL;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::setting::{COMPARED, ServerSetting};
use crate::fail2ban::protocol::values;

use super::dump::Configuration;
use super::{ClientProgram, MOST_DUMP, TEST_DEADLINE, failed};

const SCRIPT: &str = concat!(
    include_str!("stream.py"),
    include_str!("outside.py"),
    include_str!("sample.py"),
    include_str!("trial.py")
);

/// The purpose of a trial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Purpose {
    /// The daemon's present log target, if that is known: fail2ban does nothing where it stays the
    /// same.
    pub log_target: Option<String>,
    /// The database that the daemon uses now, if that is known.
    pub database: Option<String>,
    /// True if a daemon is to start with it, which opens its database and its log.
    pub is_start: bool,
}

#[derive(Serialize)]
struct Head<'a> {
    config: &'a Path,
    #[serde(flatten)]
    purpose: &'a Purpose,
    /// Number of bits from which on an integer is written in hexadecimal digits.
    decimal_bits: usize,
    settings: &'a [&'static str],
    server: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Answer {
    version: String,
    socket: Option<String>,
    refusals: Vec<Refused>,
    server: BTreeMap<String, serde_json::Value>,
    jails: Vec<Jail>,
}

#[derive(Deserialize)]
struct Refused {
    jail: Option<String>,
    setting: String,
    reason: String,
}

#[derive(Deserialize)]
struct Jail {
    name: String,
    backend: String,
    settings: BTreeMap<String, serde_json::Value>,
    assigned: BTreeSet<String>,
    actions: Vec<Action>,
    takes_ignores: bool,
}

#[derive(Deserialize)]
struct Action {
    name: String,
    survives: bool,
    properties: BTreeMap<String, serde_json::Value>,
    assigned: BTreeSet<String>,
    computed: BTreeSet<String>,
}

impl ClientProgram {
    /// Tries `configuration`, and returns what it asks for and what fail2ban refuses in it.
    ///
    /// # Errors
    /// The configuration could not be tried.
    pub async fn try_configuration(
        &self,
        configuration: &Configuration,
        purpose: &Purpose,
    ) -> Result<Expected, ClientError> {
        let config = std::path::absolute(&self.config_dir).map_err(|error| unreadable(&error))?;
        let server = ServerSetting::VARIANTS.iter().map(|setting| setting.keyword()).collect();
        let head = Head { config: &config, purpose, decimal_bits: 8 * DECIMAL, settings: &COMPARED, server };
        let call = self.script(SCRIPT, &head, &configuration.dump, TEST_DEADLINE, MOST_DUMP)?;
        let finished = call.run().await?;
        if !finished.status.success() {
            return Err(failed(&finished));
        }
        let answer: Answer = serde_json::from_slice(&finished.stdout).map_err(|error| unreadable(&error))?;
        let mut expected = parse_expected(answer).map_err(|error| unreadable(&error))?;
        for refusal in &mut expected.refusals {
            refusal.reason = self.secrets.mask(&refusal.reason);
        }
        if let Some(output) = &configuration.test_refused {
            expected.refusals.extend(configuration.without_log.iter().cloned());
            if expected.refusals.is_empty() {
                let reason = output.clone();
                expected.refusals.push(Refusal {
                    jail: None,
                    setting: String::new(),
                    reason,
                    is_without_log: false,
                });
            }
        }
        Ok(expected)
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::Unreadable(error.to_string())
}

fn parse_expected(answer: Answer) -> Result<Expected, crate::fail2ban::error::Error> {
    let refused = answer.refusals.into_iter();
    let refusals = refused.map(|Refused { jail, setting, reason }| Refusal {
        jail,
        setting,
        reason,
        is_without_log: false,
    });
    let mut refusals: Vec<Refusal> = refusals.collect();
    let mut jails = Vec::new();
    for jail in answer.jails {
        if let Ok(name) = jail.name.parse() {
            jails.push(expected_jail(name, jail)?);
        } else {
            let reason = "BanGUI can handle no jail of this name".to_owned();
            let jail = Some(jail.name);
            refusals.push(Refusal { jail, setting: String::new(), reason, is_without_log: false });
        }
    }
    let server = texts_of_all(&answer.server)?;
    Ok(Expected { version: answer.version, socket: answer.socket, server, jails, refusals })
}

fn expected_jail(name: JailName, jail: Jail) -> Result<ExpectedJail, crate::fail2ban::error::Error> {
    let action = |action: Action| {
        Ok(ExpectedAction {
            properties: texts_of_all(&action.properties)?,
            name: action.name,
            survives: action.survives,
            assigned: action.assigned,
            computed: action.computed,
        })
    };
    Ok(ExpectedJail {
        name,
        backend: jail.backend,
        settings: texts_of_all(&jail.settings)?,
        assigned: jail.assigned,
        takes_ignores: jail.takes_ignores,
        actions: jail
            .actions
            .into_iter()
            .map(action)
            .collect::<Result<_, crate::fail2ban::error::Error>>()?,
    })
}

fn texts_of_all(
    values: &BTreeMap<String, serde_json::Value>,
) -> Result<BTreeMap<String, Texts>, crate::fail2ban::error::Error> {
    let texts =
        |(name, value): (&String, _)| Ok((name.clone(), comparable(name, values::texts(&as_sent(value))?)));
    values.iter().map(texts).collect()
}

/// A value as the daemon would send it.
fn as_sent(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::Float(number),
            (None, None) => Value::Text(number.to_string()),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(values) => Value::List(values.iter().map(as_sent).collect()),
        serde_json::Value::Object(entries) => {
            let entry = |(name, value): (&String, _)| (Value::Text(name.clone()), as_sent(value));
            Value::Map(entries.iter().map(entry).collect())
        }
    }
}
