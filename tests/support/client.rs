//! fail2ban's own client: a view of the daemon that owes nothing to our code.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use bangui::demo::PrivateDaemon;

/// The process that runs commands of the client, and the client that it is of. It ends with this one, which holds its standard input.
static RUNNER: Mutex<Option<(PathBuf, Child)>> = Mutex::new(None);

/// The output of the client for `command`; an error with all that it said if it refuses.
pub fn client(daemon: &PrivateDaemon, command: &[&str]) -> Result<String, Box<dyn Error>> {
    let address = runner(&daemon.client())?;
    let mut connection = UnixStream::connect_addr(&address)?;
    let socket = daemon.socket().to_string_lossy().into_owned();
    for argument in ["-s", &socket].iter().chain(command) {
        connection.write_all(argument.as_bytes())?;
        connection.write_all(b"\0")?;
    }
    connection.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let mut parts = text.splitn(3, '\0').map(str::trim);
    let (Some(status), Some(stdout), Some(stderr)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("{command:?}: the client broke off: {text:?}").into());
    };
    if status == "0" {
        Ok(stdout.to_owned())
    } else {
        Err(format!("{command:?}: exit status {status}: {stdout} {stderr}").into())
    }
}

/// Where commands of `client` are run, by a process that is started for the first of them.
fn runner(client: &Path) -> Result<SocketAddr, Box<dyn Error>> {
    let name = format!("bangui-tests-client-{}", std::process::id());
    let mut runner = RUNNER.lock().unwrap_or_else(PoisonError::into_inner);
    match runner.as_ref() {
        Some((of, _)) if of == client => {}
        Some((of, _)) => {
            return Err(
                format!("one client for all tests, not {} and {}", of.display(), client.display()).into()
            );
        }
        None => *runner = Some((client.to_owned(), start(client, &name)?)),
    }
    Ok(SocketAddr::from_abstract_name(name)?)
}

fn start(client: &Path, name: &str) -> Result<Child, Box<dyn Error>> {
    let mut child = Command::new(client.with_file_name("fail2ban-python"))
        .args(["-I", "-c", include_str!("client.py"), name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
    if line.trim() == "ready" {
        Ok(child)
    } else {
        Err(format!("fail2ban's client does not start: {line:?}").into())
    }
}
