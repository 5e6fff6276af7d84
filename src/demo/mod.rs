//! A private fail2ban with sample logs, for `bangui demo` and for the tests.
//!
//! Nothing here needs root, touches a firewall or contacts an address.

pub(crate) mod copy;
pub(crate) mod installation;
pub(crate) mod jail;
pub(crate) mod past;
pub(crate) mod paths;
pub(crate) mod private_daemon;
pub(crate) mod process;
pub(crate) mod sample_addresses;
pub(crate) mod sample_lines;
pub mod sample_mmdb;
pub(crate) mod seed;
pub(crate) mod writer;

use std::path::{Path, PathBuf};

pub use jail::{DemoJail, Filter, demo_jails};
pub use private_daemon::{DemoError, PrivateDaemon};
pub use sample_lines::Attack;
pub use seed::seed;
pub use writer::Writer;

/// A running demonstration: a daemon that is started again when it exits, and a writer that keeps
/// attacking it. Dropping it ends both and leaves nothing behind.
#[derive(Debug)]
pub struct Demo {
    // Dropped in this order: the writer first, then the files it writes to.
    _writer: Writer,
    daemon: PrivateDaemon,
}

impl Demo {
    /// Starts the daemon with [`demo_jails`], gives it a past, bans one entry of each kind and begins to write.
    ///
    /// # Errors
    /// fail2ban is not installed or did not start, or its files cannot be written.
    pub async fn start() -> Result<Self, DemoError> {
        let daemon = PrivateDaemon::start(&demo_jails()).await?;
        past::write(&daemon)?;
        seed(&daemon).await?;
        daemon.supervise();
        let writer = Writer::start(&daemon);
        Ok(Self { _writer: writer, daemon })
    }

    /// The daemon's socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.daemon.socket()
    }

    /// The daemon's configuration directory.
    #[must_use]
    pub fn config_dir(&self) -> &Path {
        self.daemon.config_dir()
    }

    /// The fail2ban-client of the daemon's version.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.daemon.client()
    }

    /// The directory of everything that belongs to the demonstration; gone after it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.daemon.directory()
    }

    /// The command that restarts the daemon: it stops it, and the supervisor starts it again.
    #[must_use]
    pub fn restart_command(&self) -> Vec<String> {
        self.daemon.restart_command()
    }

    /// Ends the writer and the daemon in order, and removes their files.
    ///
    /// # Errors
    /// The daemon could not be told to stop; it is killed then.
    pub async fn shut_down(self) -> Result<(), DemoError> {
        let Self { _writer: writer, daemon } = self;
        drop(writer);
        daemon.stop().await
    }
}
