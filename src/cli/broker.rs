//! `bangui broker`: fail2ban's socket, client program and database, for one user without access to them.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::broker::{Broker, ChangeFile, ChangeLog, Listener, UnsafeDirectory};
use crate::cli::confine::no_core_dumps;
use crate::config::{Fail2ban, listen};
use crate::service_manager;

/// Options of `bangui broker`: its socket, its clients, and the paths it owns.
#[derive(Args)]
pub(crate) struct Options {
    /// The socket to listen on. Made for the one user, with its directory when that is missing.
    #[arg(long, value_name = "PATH", env = "BANGUI_BROKER_SOCKET")]
    socket: PathBuf,
    /// The user whose processes are served, besides root: the one that `bangui serve --broker` runs as.
    #[arg(long, value_name = "NAME|UID", env = "BANGUI_BROKER_ALLOW_USER", value_parser = listen::user)]
    allow_user: u32,
    /// The file to which every change is appended that a client asks for. Its directory must be one that only this
    /// user can write. Without it, `changes` in the state directory that systemd gives; without that, the log alone.
    #[arg(long, value_name = "FILE", env = "BANGUI_BROKER_AUDIT_FILE")]
    audit_file: Option<PathBuf>,
    #[command(flatten)]
    fail2ban: Fail2ban,
}

impl Options {
    fn change_file(&self) -> Result<Option<ChangeFile>, UnsafeDirectory> {
        let in_state = || Some(Path::new(&env::var_os("STATE_DIRECTORY")?).join("changes"));
        let path = self.audit_file.clone().or_else(in_state);
        path.map(|path| ChangeFile::open(&path)).transpose()
    }
}

/// Goes on at each SIGHUP, which would end the process otherwise: whoever reloads the web server may send it to both.
async fn outlive(mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        tracing::warn!("SIGHUP changes nothing here: the broker reads its settings at its start alone");
    }
}

/// Serves until the process is told to end.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let hangup = signal(SignalKind::hangup())?;
    no_core_dumps()?;
    let file = options.change_file()?;
    if let Some(file) = &file {
        tracing::info!("every change is recorded in {}", file.path().display());
    } else {
        tracing::warn!("changes are recorded only in this log: name a file with --audit-file");
    }
    // Nothing else runs yet. Afterwards as before: children, as the fail2ban that it restarts, inherit it.
    let before = umask(Mode::XUSR | Mode::RWXG | Mode::RWXO);
    let listener = Listener::bind(&options.socket, options.allow_user);
    umask(before);
    let listener = listener?;
    let socket = options.socket.display();
    tracing::info!("BanGUI's broker listens on {socket} for the user {}", options.allow_user);
    service_manager::ready();
    actix_web::rt::spawn(outlive(hangup));
    let end = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        service_manager::stopping();
    };
    let broker = Broker::new(&options.fail2ban).recording(ChangeLog::new(file));
    listener.serve(Arc::new(broker), end).await;
    Ok(())
}
