//! `bangui check`: which way BanGUI is set up, what can be reached, and what to do about the rest.

mod advice;
mod certificate;
mod deep;
pub(crate) mod places;
pub(crate) mod surroundings;

use advice::{unasked, with_advice};

use std::io;
use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::broker::Handle;
use crate::cli::confine;
use crate::cli::settings::Settings;
use crate::config::Config;
use crate::config::geo::Provider;
use crate::domain::daemon_clock::{DaemonClock, DaemonZone, ZoneSource};
use crate::domain::reload::{KeptIgnores, Scope};
use crate::fail2ban;
use crate::fail2ban::client_program::ClientError;
use crate::geo::Geo;
use crate::history;
use crate::storage::Storage;
use crate::web::view::messages;
use crate::web::{Certificate, refuse_own_path};

/// Finding of one check: a good line, or a bad one with what to do.
type Finding = Result<String, String>;

/// What to check.
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    config: Config,
    /// Look instead at whether each jail really protects: in the firewall, its log and its settings. The exit status is
    /// one for monitoring: 0 all work, 1 look at something, 2 something does not protect, 3 not known.
    #[arg(long)]
    deep: bool,
}

/// Prints a line for each thing that the server needs, or for each jail. Succeeds only if all is well.
pub(crate) async fn run(check: &Check, settings: &Settings) -> io::Result<ExitCode> {
    let config = &check.config;
    if check.deep {
        return deep::run(config).await;
    }
    let handle = Handle::for_config(config);
    let version = handle.version().await;
    let answers = version.is_ok();
    let daemon = match (&config.broker, version) {
        (Some(_), version) => behind_broker(config, version),
        (None, version) => here(config, version),
    };
    let mut findings = vec![("settings", Ok(settings.to_string())), ("listening", listening(config))];
    findings.extend(certificate::finding(config).map(|finding| ("certificate", finding)));
    findings.extend(config.check_lifetimes().err().map(|refusal| ("logins", Err(refusal.to_string()))));
    findings.push(("processes", Ok(processes(config))));
    findings.push(("confinement", Ok(confine::probe(config).to_string())));
    findings.extend(daemon);
    findings.push(("time zone", check_time_zone(&handle).await));
    findings.push(("fail2ban-client", check_client(&handle).await));
    findings.push(("configuration", check_configuration(&handle, config, answers).await));
    findings.push(("database", check_database(config)));
    findings.extend(config.geo.providers.iter().map(|provider| ("geo", check_provider(provider))));
    let mut warnings = surroundings::warnings(&handle, config).await;
    warnings.extend(certificate::warnings(config).into_iter().map(|text| ("certificate", text)));
    let mut out = io::stdout().lock();
    for (what, finding) in &findings {
        match finding {
            Ok(text) => writeln!(out, "ok    {what}: {text}")?,
            Err(text) => writeln!(out, "FAIL  {what}: {text}")?,
        }
    }
    for (what, text) in &warnings {
        writeln!(out, "warn  {what}: {text}")?;
    }
    let well = findings.iter().all(|(_, finding)| finding.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Describes where `serve` would listen, or why it would not.
fn listening(config: &Config) -> Finding {
    config.http.check(&config.listen).map_err(|refusal| refusal.to_string())?;
    if let Some(files) = config.http.tls_files(&config.listen).map_err(|refusal| refusal.to_string())? {
        Certificate::read(files).map_err(|error| error.to_string())?;
    }
    places::can_be_had(&config.listen)?;
    refuse_own_path(&config.http.base_path).map_err(|refusal| refusal.to_string())?;
    let places: Vec<String> = config.listen.iter().map(ToString::to_string).collect();
    let hosts: Vec<String> = config.http.hosts.iter().map(ToString::to_string).collect();
    let others = if hosts.is_empty() { String::new() } else { format!(" and to {}", hosts.join(", ")) };
    let base = &config.http.base_path;
    let below = if base.is_root() { String::new() } else { format!(" below {base}") };
    let places = places.join(" and ");
    Ok(format!("`serve` listens on {places}{below} and answers to this machine's own names{others}"))
}

/// Describes whether one process or two run, and what that protects.
fn processes(config: &Config) -> String {
    match &config.broker {
        None => "one. The web server itself opens fail2ban's socket, so whoever takes over the web server \
                 gains the rights of fail2ban's user, usually root. `bangui broker` with `serve --broker` \
                 separates the two"
            .to_owned(),
        Some(socket) => format!(
            "two. The web server asks the broker at {}, which accepts only a fixed set of operations: whoever \
             takes over the web server can ban, unban, stop, reload and see what its pages show, but does not gain \
             the rights of fail2ban's user",
            socket.display()
        ),
    }
}

/// The socket, and the version of the daemon behind it.
fn here(config: &Config, version: Result<String, fail2ban::Error>) -> Vec<(&'static str, Finding)> {
    use crate::fail2ban::Error as E;
    let socket = config.fail2ban.socket.display();
    let (socket, version) = match version {
        Ok(version) => (Ok(format!("{socket} answers")), Ok(format!("version {version}"))),
        Err(
            error @ (E::SocketMissing(_)
            | E::NotRunning(_)
            | E::WouldStart(_)
            | E::MountedSocketGone(_)
            | E::PermissionDenied(_)
            | E::Connect { .. }),
        ) => (Err(with_advice(&error)), Err("version unknown without the socket".to_owned())),
        Err(error) => (Ok(format!("{socket} is there")), Err(with_advice(&error))),
    };
    vec![("socket", socket), ("fail2ban", version)]
}

/// The broker, the version of the daemon behind it, and whether it is of any use.
fn behind_broker(config: &Config, version: Result<String, fail2ban::Error>) -> Vec<(&'static str, Finding)> {
    // Opening the socket would start it.
    let is_stopped = matches!(version, Err(fail2ban::Error::WouldStart(_)));
    let boundary = if is_stopped {
        Ok("not tried while fail2ban is stopped, as opening its socket would start it".to_owned())
    } else {
        check_boundary(config)
    };
    let (broker, version) = match version {
        Ok(version) => (Ok("answers".to_owned()), Ok(format!("version {version}"))),
        Err(error @ fail2ban::Error::Broker(_)) => {
            (Err(with_advice(&error)), Err("version unknown without the broker".to_owned()))
        }
        Err(error) => (Ok("answers".to_owned()), Err(with_advice(&error))),
    };
    vec![("broker", broker), ("boundary", boundary), ("fail2ban", version)]
}

/// A broker protects nothing where this user can go round it.
fn check_boundary(config: &Config) -> Finding {
    let socket = &config.fail2ban.socket;
    match std::os::unix::net::UnixStream::connect(socket) {
        Ok(_) => Err(format!(
            "this user can open {} directly, so the broker protects nothing: run both this check and the web server \
             as the user that the broker serves",
            socket.display()
        )),
        Err(error) => Ok(format!("this user cannot open {} directly ({error})", socket.display())),
    }
}

/// Reports the time zone in which fail2ban prints its ban lists.
async fn check_time_zone(handle: &Handle) -> Finding {
    match handle.clock().await {
        Ok(DaemonClock { zone: Some(zone), .. }) => Ok(time_zone(&zone)),
        Ok(DaemonClock { zone: None, .. }) => Err(
            "unknown, so times of bans are shown as fail2ban prints them. BanGUI learns it from fail2ban's \
             process or from its database: run it as root, or behind a `bangui broker` that runs as root; in a \
             container, share fail2ban's process namespace or mount the directory of its database"
                .to_owned(),
        ),
        Err(error) => Err(unasked(&error)),
    }
}

fn time_zone(DaemonZone { name, source }: &DaemonZone) -> String {
    match source {
        ZoneSource::Process => {
            format!("{name}, the zone of fail2ban's process, not yet confirmed by any ban")
        }
        ZoneSource::ProcessAndBans => {
            format!("{name}, the zone of fail2ban's process, confirmed by its bans")
        }
        ZoneSource::OwnAndBans => format!("{name}, BanGUI's own zone, confirmed by fail2ban's bans"),
        ZoneSource::Bans { contradicts: None } => format!("{name}, learned from the times of bans"),
        ZoneSource::Bans { contradicts: Some(other) } => format!(
            "{name}, learned from the times of bans, which do not agree with {other}, the zone of fail2ban's process now"
        ),
    }
}

async fn check_client(handle: &Handle) -> Finding {
    match handle.client_version().await {
        Ok(version) if version.trim().is_empty() => {
            Err("it tells no version, so it is not fail2ban's: name that with --fail2ban-client".to_owned())
        }
        Ok(version) => Ok(version),
        Err(fail2ban::Error::Client(error)) => Err(format!(
            "{error}: install fail2ban on this machine; without its client nothing can be reloaded"
        )),
        Err(error) => Err(unasked(&error)),
    }
}

/// Checks that the configuration passes the trial, and belongs to the daemon where that answers.
async fn check_configuration(handle: &Handle, config: &Config, answers: bool) -> Finding {
    let directory = match config.broker {
        Some(_) => "the broker's".to_owned(),
        None => config.fail2ban.config.display().to_string(),
    };
    let (passed, good) = if answers {
        let planned = handle.plan(&Scope::All, &KeptIgnores::default()).await;
        (planned.map(drop), "passes fail2ban's test and belongs to the running daemon")
    } else {
        (handle.test().await, "passes fail2ban's test")
    };
    match passed {
        Ok(()) => Ok(format!("{directory} {good}")),
        Err(fail2ban::Error::Client(ClientError::Unfit(misfit))) => {
            Err(format!("{directory}: {}", messages::explain(&misfit)))
        }
        Err(fail2ban::Error::Client(error)) => Err(format!("{directory}: {error}")),
        Err(error) => Err(unasked(&error)),
    }
}

fn check_provider(provider: &Provider) -> Finding {
    match provider {
        Provider::Mmdb(path) => {
            let (file, state) = (path.display(), Geo::probe(path));
            match (state.loaded, state.problem) {
                (Some(loaded), _) => Ok(format!("{file} is {}, built {}", loaded.kind, loaded.built)),
                (None, problem) => {
                    Err(format!("{file}: {}", problem.as_ref().map(messages::explain).unwrap_or_default()))
                }
            }
        }
        Provider::IpApi => {
            Ok("ip-api.com is asked, so every public address that is shown or looked up leaves \
                               this machine unencrypted"
                .to_owned())
        }
        Provider::ReverseDns => Ok("this machine's DNS is asked for a name on request".to_owned()),
    }
}

fn check_database(config: &Config) -> Finding {
    let history = history::file_beside(&config.database);
    match Storage::probe(&config.database).and_then(|()| Storage::probe_history(&history)) {
        Ok(()) => Ok(format!("{} can be used", config.database.display())),
        Err(error) => Err(error.to_string()),
    }
}
