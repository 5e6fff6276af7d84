//! `bangui broker`: fail2ban's socket, client program and database, for one user without access to them.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use clap::Args;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::signal::unix::{SignalKind, signal};

use crate::broker::{Broker, Listener};
use crate::config::Fail2ban;

/// Options of `bangui broker`: its socket, its clients, and the paths it owns.
#[derive(Args)]
pub(crate) struct Options {
    /// The socket to listen on. Made for the one user; its directory must exist.
    #[arg(long, value_name = "PATH", env = "BANGUI_BROKER_SOCKET")]
    socket: PathBuf,
    /// The user whose processes are served, besides root: the one that `bangui serve --broker` runs as.
    #[arg(long, value_name = "NAME|UID", env = "BANGUI_BROKER_ALLOW_USER", value_parser = user)]
    allow_user: u32,
    #[command(flatten)]
    fail2ban: Fail2ban,
}

/// Serves until the process is told to end.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Nothing else runs yet. Afterwards as before: children, as the fail2ban that it restarts, inherit it.
    let before = umask(Mode::XUSR | Mode::RWXG | Mode::RWXO);
    let listener = Listener::bind(&options.socket, options.allow_user);
    umask(before);
    let listener = listener?;
    let socket = options.socket.display();
    tracing::info!("BanGUI's broker listens on {socket} for the user {}", options.allow_user);
    let end = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    listener.serve(Arc::new(Broker::new(&options.fail2ban)), end).await;
    Ok(())
}

/// The number of a user, by name or number.
fn user(text: &str) -> Result<u32, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    // It asks whatever the machine has its users from, as LDAP; std cannot.
    let told =
        Command::new("id").args(["-u", "--", text]).output().map_err(|error| format!("id: {error}"))?;
    let number = String::from_utf8_lossy(&told.stdout).trim().parse();
    number.map_err(|_| String::from_utf8_lossy(&told.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_name_or_number() {
        assert_eq!((user("root"), user("4711")), (Ok(0), Ok(4711)));
        for text in ["no such user", "-u", ""] {
            assert!(user(text).is_err_and(|why| why.contains("id:")), "{text}");
        }
    }
}
