//! Whether the places to listen on can be had, without listening on them: a server may do so already.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use crate::broker::UnsafeDirectory;
use crate::broker::safe_directory::SafeDirectory;
use crate::config::Listen;

/// Checks that each address is one of this machine's, and that the directory of each socket is closed to others.
///
/// # Errors
/// The reason why `serve` would not listen.
pub(crate) fn can_be_had(places: &[Listen]) -> Result<(), String> {
    for place in places {
        match place {
            Listen::Address(address) | Listen::Https(address) => {
                let tried = TcpListener::bind((address.ip(), 0));
                if tried.is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable) {
                    return Err(format!("{} is no address of this machine", address.ip()));
                }
            }
            Listen::Socket(path) => closed_to_others(path)?,
        }
    }
    Ok(())
}

fn closed_to_others(socket: &Path) -> Result<(), String> {
    // One that is missing is made.
    let Some(directory) = socket.parent().filter(|directory| directory.is_dir()) else { return Ok(()) };
    match SafeDirectory::open(directory) {
        // Whose it has to be depends on the user that `serve` runs as.
        Ok(_) | Err(UnsafeDirectory::Owner { .. }) => Ok(()),
        Err(refusal) => Err(format!("not listening on unix:{}: {refusal}", socket.display())),
    }
}

/// Returns true of a socket. The system says of another file what it says of the socket of a dead process.
pub(crate) fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.file_type().is_socket())
}
