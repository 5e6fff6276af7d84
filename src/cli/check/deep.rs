//! `bangui check --deep`: whether each jail really protects, with an exit status for monitoring.

use std::io;
use std::io::Write;
use std::process::ExitCode;

use crate::broker::Handle;
use crate::config::Config;
use crate::domain::protection::{Level, Protection};
use crate::jail_service::protection::look;
use crate::web::view::messages::protection as words;

/// The exit statuses that monitoring plugins use: OK, WARNING, CRITICAL, UNKNOWN.
fn status(level: Level) -> u8 {
    match level {
        Level::Works => 0,
        Level::LookAt => 1,
        Level::DoesNotProtect => 2,
        Level::Unknown => 3,
    }
}

/// Looks at every jail, and prints a line for each verdict and for each reason behind it.
pub(crate) async fn run(config: &Config) -> io::Result<ExitCode> {
    let handle = Handle::for_config(config);
    let mut out = io::stdout().lock();
    let protection = match look(&handle, |_| {}).await {
        Ok(protection) => protection,
        Err(error) => {
            writeln!(out, "unknown: {error}")?;
            return Ok(ExitCode::from(status(Level::Unknown)));
        }
    };
    print(&mut out, &protection)?;
    Ok(ExitCode::from(status(protection.worst())))
}

fn print(out: &mut impl Write, protection: &Protection) -> io::Result<()> {
    if protection.jails.is_empty() {
        writeln!(out, "no jail runs, so nothing protects this machine")?;
    }
    for jail in &protection.jails {
        writeln!(out, "{}: {}", jail.jail, words::verdict(jail.level()))?;
        for reason in &jail.reasons {
            let told = words::reason(reason);
            writeln!(out, "    {} {}", told.what, told.advice)?;
            for line in &told.evidence {
                writeln!(out, "        {}", crate::domain::text::OneLine(line))?;
            }
        }
    }
    match &protection.uncovered {
        Ok(services) => {
            for service in services {
                writeln!(out, "without a jail: {}", words::uncovered(service))?;
            }
        }
        Err(why) => writeln!(out, "without a jail: {}", words::listeners_not_known(why))?,
    }
    Ok(())
}
