//! Paths of the files of a private daemon.

use std::path::{Path, PathBuf};

use super::jail::file_name;

/// The daemon's files.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) config_dir: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) pid_file: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) action_log: PathBuf,
    pub(crate) server_log: PathBuf,
    /// The standard output and error of the process.
    pub(crate) output: PathBuf,
}

impl Paths {
    pub(crate) fn below(directory: &Path) -> Self {
        Self {
            config_dir: directory.join("conf"),
            logs: directory.join("logs"),
            socket: directory.join("fail2ban.sock"),
            pid_file: directory.join("fail2ban.pid"),
            database: directory.join("fail2ban.sqlite3"),
            action_log: directory.join("actions"),
            server_log: directory.join("fail2ban.log"),
            output: directory.join("output"),
        }
    }

    pub(crate) fn log_file(&self, jail: &str) -> PathBuf {
        self.logs.join(format!("{}.log", file_name(jail)))
    }
}
