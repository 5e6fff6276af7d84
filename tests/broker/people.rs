//! Who runs what: the web server's user, and somebody else.

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Output;

use rustix::process::geteuid;

use crate::support::as_user::command;

/// The user of the web server.
pub const WEB: u32 = 64_201;
/// Somebody else.
pub const OTHER: u32 = 64_202;

/// Fails where nobody can be somebody else.
pub fn require_root() -> Result<(), Box<dyn Error>> {
    if geteuid().is_root() {
        Ok(())
    } else {
        Err("this test runs programs as two other users, so it has to be run as root".into())
    }
}

/// What `cat FILE` says to `user`.
pub fn cat(user: u32, file: &Path) -> Result<Output, Box<dyn Error>> {
    Ok(command(user, Path::new("cat")).arg(file).output()?)
}

/// Everything that a program said.
pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// Runs the program as `user` to its end.
pub fn run<S: AsRef<OsStr>>(user: u32, program: &Path, arguments: &[S]) -> Result<Output, Box<dyn Error>> {
    Ok(command(user, program).args(arguments).output()?)
}
