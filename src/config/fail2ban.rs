//! The settings of the fail2ban to talk to.

use std::path::PathBuf;

use clap::Args;

/// The fail2ban to talk to.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Fail2ban {
    /// The socket of the fail2ban server.
    #[arg(
        id = "fail2ban-socket",
        long,
        value_name = "PATH",
        env = "BANGUI_FAIL2BAN_SOCKET",
        default_value = "/var/run/fail2ban/fail2ban.sock"
    )]
    pub socket: PathBuf,
    /// The directory of fail2ban's configuration.
    #[arg(
        id = "fail2ban-config",
        long,
        value_name = "DIR",
        env = "BANGUI_FAIL2BAN_CONFIG",
        default_value = "/etc/fail2ban"
    )]
    pub config: PathBuf,
    /// The program fail2ban-client of the version that runs, where it is not the one in PATH. fail2ban-python
    /// is looked for beside it.
    #[arg(
        id = "fail2ban-client",
        long,
        value_name = "PROGRAM",
        env = "BANGUI_FAIL2BAN_CLIENT",
        default_value = "fail2ban-client"
    )]
    pub client: PathBuf,
    /// A command with its arguments that restarts fail2ban, where neither systemd nor
    /// fail2ban-client is to do it. Quotes work as in a shell; there is no shell.
    #[arg(
        id = "fail2ban-restart-command",
        long,
        value_name = "COMMAND",
        env = "BANGUI_FAIL2BAN_RESTART_COMMAND",
        value_parser = command_line
    )]
    // Written in full, or clap would take the list for an option that is given several times.
    pub restart_command: Option<std::vec::Vec<String>>,
}

/// Splits a command line into a program and its arguments.
fn command_line(text: &str) -> Result<Vec<String>, &'static str> {
    match shlex::split(text) {
        None => Err("a quote is not closed, or the text ends in a backslash"),
        Some(words) if words.first().is_none_or(String::is_empty) => Err("there is no program"),
        Some(words) => Ok(words),
    }
}
