//! Programs run as other users, without an account for them: the system only needs their numbers.

use std::error::Error;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that runs as `user`, without the tester's environment.
pub fn command(user: u32, program: &Path) -> Command {
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("BANGUI_") {
            command.env_remove(variable);
        }
    }
    command.uid(user).gid(user);
    command
}

/// Copies the program into `directory`, where every user may run it.
pub fn program_for_all(directory: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let program = directory.join("program");
    if program.exists() {
        return Ok(program);
    }
    // By another process: a file that this one writes cannot be run while a child that another test starts
    // at that moment still holds it open.
    let install = Command::new("install").arg(env!("CARGO_BIN_EXE_bangui")).arg(&program).status()?;
    if install.success() { Ok(program) } else { Err(format!("the program is not copied: {install}").into()) }
}
