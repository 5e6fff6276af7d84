//! The programs that print the firewall. Their arguments are fixed, and they only read.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::protection::NotLooked;
use crate::fail2ban::client_program::{Call, Surroundings};
use crate::fail2ban::known_secrets::KnownSecrets;

const DEADLINE: Duration = Duration::from_secs(20);
/// The rules of 1,000,000 bans in iptables take about 50 MB.
const MOST_OUTPUT: usize = 64 * 1024 * 1024;
const LONGEST_REASON: usize = 200;

/// What a program with fixed `arguments` prints.
pub(crate) async fn output(program: &'static str, arguments: &[&'static str]) -> Result<Vec<u8>, NotLooked> {
    let call = Call {
        program: PathBuf::from(program),
        arguments: arguments.iter().map(Into::into).collect(),
        input: Vec::new(),
        deadline: DEADLINE,
        most_output: MOST_OUTPUT,
        surroundings: Surroundings::Bare,
        secrets: KnownSecrets::default(),
    };
    let failed = |reason: &str| NotLooked::Program {
        program: program.to_owned(),
        reason: crate::domain::text::truncate(reason.trim(), LONGEST_REASON),
    };
    let finished = call.run().await.map_err(|error| failed(&error.to_string()))?;
    if !finished.status.success() {
        let errors = finished.errors();
        return Err(failed(errors.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed")));
    }
    if finished.stdout.len() == MOST_OUTPUT {
        return Err(failed("it prints more than BanGUI reads"));
    }
    Ok(finished.stdout)
}
