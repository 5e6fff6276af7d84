//! Where the settings come from: the command line, the environment, the configuration file.

pub(crate) mod file;
mod owner;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Parser};

use file::ConfigFile;

/// Settings that `serve` has no use for behind a broker.
const OF_FAIL2BAN: [&str; 4] =
    ["fail2ban_socket", "fail2ban_config", "fail2ban_client", "fail2ban_restart_command"];

/// Where the settings of this call come from.
pub(crate) struct Settings {
    /// The configuration file.
    pub(crate) file: ConfigFile,
    /// Names of the options on the command line.
    on_command_line: Vec<String>,
    /// Names of the variables.
    in_environment: Vec<String>,
    /// Sentences about variables that begin like ours and set nothing.
    pub(crate) unknown_variables: Vec<String>,
}

/// Reads the configuration file, and then the arguments and the environment, which overrule it. Ends the process with
/// a message, as clap does, if an argument is wrong or help is asked for.
///
/// # Errors
/// When the file is not as it should be.
pub(crate) fn read<A: Parser>() -> Result<(A, Settings), Box<dyn Error>> {
    try_read().or_else(|error| match error.downcast::<clap::Error>() {
        Ok(wrong) => wrong.exit(),
        Err(error) => Err(error),
    })
}

/// The same for a process that is not to end.
///
/// # Errors
/// When the file or an argument is not as it should be.
pub(crate) fn try_read<A: Parser>() -> Result<(A, Settings), Box<dyn Error>> {
    // Whatever is wrong there, or asks for help, is told of below.
    let named = A::command()
        .ignore_errors(true)
        .try_get_matches()
        .ok()
        .and_then(|told| told.get_one::<PathBuf>("config").cloned());
    let file = ConfigFile::read(named.as_deref(), &A::command())?;
    let mut command = file.set_defaults(A::command());
    let told = command.try_get_matches_from_mut(std::env::args_os());
    let told = told.map_err(|error| of_variable(error, &command))?;
    let unknown_variables = file::unknown_variables(&command);
    let mut settings =
        Settings { file, on_command_line: Vec::new(), in_environment: Vec::new(), unknown_variables };
    let mut inner = &told;
    let mut path = Vec::new();
    while let Some((name, next)) = inner.subcommand() {
        path.push(name.to_owned());
        inner = next;
    }
    let found = path.iter().try_fold(&command, |command, name| command.find_subcommand(name));
    let options: Vec<_> = found.into_iter().flat_map(clap::Command::get_arguments).collect();
    settings.note(&options, inner);
    settings.refuse_two_ways(&options)?;
    Ok((A::from_arg_matches(&told)?, settings))
}

/// The error in the words of a variable, where the value that is wrong comes from one: clap names the option.
fn of_variable(error: clap::Error, command: &clap::Command) -> Box<dyn Error> {
    let is_value = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg).filter(|_| is_value) else {
        return error.into();
    };
    let option = shown.split([' ', '=']).next().unwrap_or_default();
    let is_typed = std::env::args_os()
        .any(|argument| argument.to_str().is_some_and(|argument| argument.split('=').next() == Some(option)));
    match variable_of(command, option.trim_start_matches("--")) {
        Some(variable) if !is_typed && std::env::var_os(&variable).is_some() => {
            format!("{variable}: {}", file::reason(&error)).into()
        }
        _ => error.into(),
    }
}

/// The variable of the option with this long name.
fn variable_of(command: &clap::Command, long: &str) -> Option<String> {
    let own = command.get_arguments().find(|option| option.get_long() == Some(long));
    let variable = own.and_then(|option| Some(option.get_env()?.to_str()?.to_owned()));
    variable.or_else(|| command.get_subcommands().find_map(|inner| variable_of(inner, long)))
}

impl Settings {
    /// Notes which of `options` come from the command line and the environment.
    fn note(&mut self, options: &[&Arg], told: &ArgMatches) {
        for option in options {
            let Some(key) = file::key(option) else { continue };
            match told.value_source(option.get_id().as_str()) {
                Some(ValueSource::CommandLine) => self.on_command_line.push(key),
                Some(ValueSource::EnvVariable) => self.in_environment.push(key),
                _ => {}
            }
        }
    }

    /// Returns true if the setting is on the command line or in the environment.
    fn is_overruled(&self, key: &str) -> bool {
        self.on_command_line.iter().chain(&self.in_environment).any(|other| other == key)
    }

    /// Refuses options that a broker would silently leave without effect. Variables and lines of the file may be
    /// meant for both processes of a divided BanGUI, and are left.
    fn refuse_two_ways(&self, options: &[&Arg]) -> Result<(), String> {
        let is_taken = options.iter().any(|option| file::key(option).as_deref() == Some("broker"));
        let is_typed = |key: &str| self.on_command_line.iter().any(|other| other == key);
        let named_by = match () {
            () if is_typed("broker") => "--broker names",
            () if self.is_overruled("broker") => "BANGUI_BROKER names",
            () if self.file.keys().any(|key| key == "broker") => "the configuration file names",
            () => return Ok(()),
        };
        match OF_FAIL2BAN.iter().find(|key| is_taken && is_typed(key)) {
            Some(key) => {
                let name = key.replace('_', "-");
                Err(format!("--{name} has no effect behind the broker that {named_by}"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut list = |place: &str, keys: Vec<&str>| {
            if !keys.is_empty() {
                parts.push(format!("{place}: {}", keys.join(", ")));
            }
        };
        list("on the command line", self.on_command_line.iter().map(String::as_str).collect());
        list("in the environment", self.in_environment.iter().map(String::as_str).collect());
        let (overruled, in_force): (Vec<&str>, Vec<&str>) =
            self.file.keys().partition(|key| self.is_overruled(key));
        list("in the file", in_force);
        list("in the file but overridden", overruled);
        match &self.file.path {
            Some(path) => write!(f, "{} is read. ", path.display())?,
            None => write!(f, "there is no configuration file {}. ", file::DEFAULT_FILE)?,
        }
        f.write_str(if parts.is_empty() { "Everything has its default value" } else { "Set " })?;
        f.write_str(&parts.join("; "))
    }
}
