//! The program that is measured, optimised as it is released, as a process of its own.

use std::path::Path;
use std::process::Command;

use bangui::accounts::Accounts;
use bangui::domain::account::Role;
use bangui::storage::Storage;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::browser::Browser;
use crate::support::{Process, Res};

/// The account that every site has.
pub const NAME: &str = "admin";
/// Its password.
pub const PASSWORD: &str = "a password for the bars";
/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_bangui");

/// A freshly started BanGUI with nothing in memory.
pub struct Site {
    pub process: Process,
    directory: TempDir,
}

impl Site {
    /// Starts it in front of the fail2ban behind `socket`, whose configuration is in `config`.
    pub fn start(socket: &Path, config: &Path) -> Res<Self> {
        let directory = tempfile::tempdir()?;
        prepare(directory.path())?;
        let mut command = command(directory.path(), "127.0.0.1:0");
        command.arg("--fail2ban-socket").arg(socket).arg("--fail2ban-config").arg(config);
        let process = Process::start(command, &directory.path().join("log"), "listens on http://")?;
        Ok(Self { process, directory })
    }

    /// Somebody who is logged in.
    pub fn browser(&self) -> Res<Browser> {
        Browser::log_in(self.process.address()?)
    }

    /// The directory of its databases.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The resident memory now, and the most that it ever was, in MB.
    pub fn memory(&self) -> Res<(f64, f64)> {
        let mb =
            |name| -> Res<f64> { Ok(f64::from(u32::try_from(self.process.status(name)?)?) * 1024.0 / 1e6) };
        Ok((mb("VmRSS")?, mb("VmHWM")?))
    }

    /// An error where it warned of something: then it was not what was to be measured. The stand-in that sends a
    /// million bans tells no time zone.
    pub fn is_content(&self) -> Res {
        let log = self.process.log()?;
        let warns = |line: &&str| line.contains("WARN") || line.contains("ERROR");
        match log.lines().filter(warns).find(|line| !line.ends_with("fail2ban's time zone is not known")) {
            Some(line) => Err(format!("BanGUI logged in {}: {line}", self.directory.path().display()).into()),
            None => Ok(()),
        }
    }
}

/// Makes the database with the account [`NAME`] in `directory`.
pub fn prepare(directory: &Path) -> Res {
    let accounts = Accounts::new(Storage::open(&directory.join("bangui.sqlite3"))?)?;
    Runtime::new()?.block_on(accounts.add(NAME.parse()?, PASSWORD.parse()?, Role::Administrator))?;
    Ok(())
}

/// `bangui serve` with the database in `directory`.
pub fn command(directory: &Path, listen: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--listen", listen, "--database"]).arg(directory.join("bangui.sqlite3"));
    command
}
