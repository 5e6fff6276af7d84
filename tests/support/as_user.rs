//! Programs run as other users, without an account for them: the system only needs their numbers.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// A command that runs as `user`, with nothing of the tester's settings.
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
