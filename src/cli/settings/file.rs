//! The configuration file: TOML whose keys are the names of the variables without `BANGUI_`, in lower case.
//!
//! Its values become the defaults of the options, so that a variable and an option overrule it.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind as Refusal};
use clap::{Arg, ArgAction, Command};
use thiserror::Error;
use toml::{Table, Value};

use crate::domain::text::truncate;

use super::owner::{self, NotRootsOwn};

/// The file that is read where none is named, if it is there.
pub(crate) const DEFAULT_FILE: &str = "/etc/bangui/bangui.toml";
/// The variable of the log filter, which is no option.
pub(crate) const LOG: &str = "log";
/// What the names of all variables begin with.
const PREFIX: &str = "BANGUI_";
/// The option that names the file, which stands in none.
const ITSELF: &str = "config";
/// The largest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// The most characters of a line of the file that are shown.
const LONGEST_LINE: usize = 160;
/// Names that differ by more than this are not taken for a slip.
const SIMILAR: f64 = 0.75;

/// Reason why the configuration file is not used.
#[derive(Debug, Error)]
#[error("{}: {fault}", path.display())]
pub(crate) struct ConfigFileError {
    path: PathBuf,
    #[source]
    fault: Fault,
}

#[derive(Debug, Error)]
enum Fault {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("everybody can write it, and it may name commands: close it with `chmod o-w`")]
    Writable,
    #[error(transparent)]
    NotRootsOwn(#[from] NotRootsOwn),
    #[error("is not valid TOML: {}", bounded(.0))]
    Toml(#[from] toml::de::Error),
    #[error("there is no setting {key:?}{}", did_you_mean(.meant.as_deref()))]
    Unknown { key: String, meant: Option<String> },
    #[error("the file has no sections, but there is one named {0:?}")]
    Section(String),
    #[error("{key}: {why}")]
    Value { key: String, why: String },
}

/// What is wrong, with the line of it that the parser shows: of a long one the beginning.
fn bounded(error: &toml::de::Error) -> String {
    let told = error.to_string();
    let lines = told.lines().map(|line| truncate(line, LONGEST_LINE));
    lines.collect::<Vec<_>>().join("\n")
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default()
}

/// Values of a configuration file that was read and checked.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    /// The file, if there is one.
    pub(crate) path: Option<PathBuf>,
    /// The values of each key, as they would stand on the command line.
    values: BTreeMap<String, Vec<String>>,
}

impl ConfigFile {
    /// Reads the file that is `named`, or else [`DEFAULT_FILE`] if it is there, and checks it against the options of
    /// `command` and its subcommands.
    pub(crate) fn read(named: Option<&Path>, command: &Command) -> Result<Self, ConfigFileError> {
        let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE)).to_owned();
        let text = match read_text(&path) {
            Ok(_) if is_writable_by_others(&path) => {
                return Err(ConfigFileError { path, fault: Fault::Writable });
            }
            Ok(text) => match owner::check(&path) {
                Ok(()) => text,
                Err(fault) => return Err(ConfigFileError { path, fault: fault.into() }),
            },
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(ConfigFileError { path, fault: error.into() }),
        };
        match parse(&text, command) {
            Ok(values) => Ok(Self { path: Some(path), values }),
            Err(fault) => Err(ConfigFileError { path, fault }),
        }
    }

    /// The keys that the file sets.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The log filter that the file sets.
    pub(crate) fn log(&self) -> Option<&str> {
        self.values.get(LOG)?.first().map(String::as_str)
    }

    /// Makes the values of the file the defaults of the options of `command` and its subcommands.
    pub(crate) fn set_defaults(&self, command: Command) -> Command {
        let command = command.mut_args(|option| match key(&option).and_then(|key| self.values.get(&key)) {
            Some(values) => option.default_values(values.iter().map(OsString::from)).required(false),
            None => option,
        });
        command.mut_subcommands(|inner| if is_configured(&inner) { self.set_defaults(inner) } else { inner })
    }
}

/// Reads the text of a file that is no larger than any of settings.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST { Err(io::Error::other("it is too large")) } else { Ok(text) }
}

/// True of a file, not of a device such as `/dev/null`, that any user of this machine could change.
fn is_writable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o002 != 0)
}

/// Reads the values of each key.
fn parse(text: &str, command: &Command) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let settings = settings(command);
    let mut values = BTreeMap::new();
    for (key, value) in text.parse::<Table>()? {
        let Some(options) = settings.get(&key) else {
            if value.is_table() {
                return Err(Fault::Section(truncate(&key, LONGEST_LINE)));
            }
            let meant = nearest(&key, settings.keys());
            return Err(Fault::Unknown { key: truncate(&key, LONGEST_LINE), meant });
        };
        let own = texts(&value).and_then(|own| {
            options.iter().try_for_each(|(owner, option)| check(owner, option, &value, &own)).map(|()| own)
        });
        match own {
            Ok(own) => values.insert(key, own),
            Err(why) => return Err(Fault::Value { key, why: truncate(&why, LONGEST_LINE) }),
        };
    }
    Ok(values)
}

/// The demonstration shows the defaults, whatever is installed here.
fn is_configured(command: &Command) -> bool {
    command.get_name() != "demo"
}

/// The key of an option in the file; `None` where it has none.
pub(crate) fn key(option: &Arg) -> Option<String> {
    let variable = option.get_env()?.to_str()?;
    variable.strip_prefix(PREFIX).map(str::to_lowercase).filter(|key| key != ITSELF)
}

/// Each key with the commands that have an option for it.
fn settings(command: &Command) -> BTreeMap<String, Vec<(&Command, &Arg)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::from([(LOG.to_owned(), Vec::new())]);
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        for option in command.get_arguments() {
            if let Some(key) = key(option) {
                all.entry(key).or_default().push((command, option));
            }
        }
        commands.extend(command.get_subcommands().filter(|inner| is_configured(inner)));
    }
    all
}

/// A sentence about each variable that begins like ours and sets nothing, with the one that was probably meant.
pub(crate) fn unknown_variables(command: &Command) -> Vec<String> {
    let settings = settings(command);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let keys = names.filter_map(|name| name.strip_prefix(PREFIX).map(str::to_lowercase));
    // Kubernetes sets some for every service of that name.
    let is_others = |key: &str| key == "port" || key.starts_with("port_") || key.starts_with("service_");
    let unknown = keys.filter(|key| key != ITSELF && !settings.contains_key(key) && !is_others(key));
    let variable = |key: &str| format!("{PREFIX}{}", key.to_uppercase());
    let told = unknown.map(|key| {
        let meant = nearest(&key, settings.keys()).map(|meant| variable(&meant));
        format!("there is no variable {}{}", variable(&key), did_you_mean(meant.as_deref()))
    });
    told.collect()
}

fn nearest<'a>(key: &str, all: impl Iterator<Item = &'a String>) -> Option<String> {
    let key = key.to_lowercase().replace('-', "_");
    let rated = all.map(|name| (strsim::jaro_winkler(&key, name), name));
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(similar, _)| *similar > SIMILAR).map(|(_, name)| name.clone())
}

/// The texts of a value, as they would stand on the command line.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(yes) => Ok(yes.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            Err("write a text in quotes, a whole number, true or false, or a list of such in brackets"
                .to_owned())
        }
    }
}

/// The reason that a value is refused, without the name of its option.
pub(crate) fn reason(error: &clap::Error) -> String {
    if let Some(why) = error.source() {
        return in_words(why);
    }
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => format!("write {}", values.join(" or ")),
        _ => "it is empty".to_owned(),
    }
}

/// The reason that a value is refused. The standard library's own words are of no help.
fn in_words(why: &dyn std::error::Error) -> String {
    let why = why.to_string();
    if why.contains("invalid digit") { "write a whole number".to_owned() } else { why }
}

/// Checks a value as its option does on the command line.
fn check(command: &Command, option: &Arg, value: &Value, texts: &[String]) -> Result<(), String> {
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return if value.is_bool() { Ok(()) } else { Err("write true or false".to_owned()) };
    }
    if texts.is_empty() && !option.get_default_values().is_empty() {
        return Err("the list is empty".to_owned());
    }
    if value.is_array() && !matches!(option.get_action(), ArgAction::Append) {
        return Err("takes one value, not a list".to_owned());
    }
    let Some(name) = option.get_long() else { return Ok(()) };
    // The environment would be checked with it.
    let command = command.clone().mut_args(|other| other.env(Resettable::Reset));
    let own = texts.iter().map(|text| OsString::from(format!("--{name}={text}")));
    match command.try_get_matches_from(std::iter::once(OsString::from("bangui")).chain(own)) {
        Err(error) if matches!(error.kind(), Refusal::ValueValidation | Refusal::InvalidValue) => {
            Err(reason(&error))
        }
        // Whatever else is missing there is no matter of this value.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
