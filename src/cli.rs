//! The command line: subcommands, logging, and reporting of failures.

pub(crate) mod admit;
pub(crate) mod backup;
pub(crate) mod broker;
pub(crate) mod check;
pub(crate) mod confine;
pub(crate) mod demo;
pub(crate) mod healthcheck;
pub(crate) mod logging;
pub(crate) mod reload;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod user;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::config::Config;

use settings::Settings;

/// See who is banned by fail2ban and why, and undo it, in a browser.
#[derive(Parser)]
#[command(version, about, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The configuration file, in TOML [default: /etc/bangui/bangui.toml, if it is there].
    #[arg(long, global = true, value_name = "FILE", env = "BANGUI_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "Every option of `serve`, `broker` and `check` can be given as an environment \
variable too, or in the configuration file, under the variable's name without BANGUI_ and in lower case. An option \
overrules a variable, and a variable the file. BANGUI_LOG sets what is logged, such as `debug` or \
`bangui=debug,actix_server=warn`.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the web interface.
    Serve(Config),
    /// Run the only process with access to fail2ban, for a `serve --broker` that runs as a user without it.
    Broker(broker::Options),
    /// Try everything with a private fail2ban that bans sample addresses.
    Demo(demo::Options),
    /// Manage who may log in.
    User(User),
    /// Write the database to a file, also while `serve` uses it.
    Backup(backup::Backup),
    /// Put a backup in the place of the database, while no `serve` uses it.
    Restore(backup::Restore),
    /// Tell by the exit status whether the `serve` with the same settings answers.
    Healthcheck(Config),
    /// Report what of fail2ban and the database can be reached, and how to fix the rest.
    Check(check::Check),
}

#[derive(Args)]
pub(crate) struct User {
    #[command(subcommand)]
    command: user::User,
}

/// Returns what the command line takes, for its man pages and completions.
#[must_use]
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Runs the program with the arguments and the environment of the process. The exit status is 0 on
/// success, 1 when something failed and 2 when the arguments are wrong.
#[must_use]
pub fn main() -> ExitCode {
    match settings::read::<Arguments>().and_then(|(arguments, settings)| {
        logging::start(settings.file.log())?;
        for sentence in &settings.unknown_variables {
            tracing::warn!("{sentence}");
        }
        run(arguments.command, &settings)
    }) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("bangui: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the settings of this `serve` again.
fn serve_settings() -> Result<(Config, Settings), Box<dyn Error>> {
    let (arguments, settings) = settings::try_read::<Arguments>()?;
    let Command::Serve(config) = arguments.command else { return Err("this is no `bangui serve`".into()) };
    Ok((config, settings))
}

fn run(command: Command, settings: &Settings) -> Result<ExitCode, Box<dyn Error>> {
    actix_web::rt::System::new().block_on(async {
        match command {
            Command::Serve(config) => serve::run(config, serve_settings).await?,
            Command::Broker(options) => broker::run(options).await?,
            Command::Demo(options) => demo::run(options).await?,
            Command::User(User { command }) => user::run(command).await?,
            Command::Backup(options) => backup::or_nothing(move || backup::run(&options)).await?,
            Command::Restore(options) => {
                backup::or_nothing(move || backup::run_restore(&options)).await?;
            }
            Command::Healthcheck(config) => return Ok(healthcheck::run(config)?),
            Command::Check(options) => return Ok(check::run(&options, settings).await?),
        }
        Ok(ExitCode::SUCCESS)
    })
}
