//! A network of a test's own, with a neighbour.

use std::env;
use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use bangui::demo::PrivateDaemon;

use crate::broker::people::require_root;
use crate::support::TestResult;

/// Set in the process that runs inside of the network.
const INSIDE: &str = "BANGUI_TEST_NETWORK";
/// The address of the neighbour, and of this side.
pub const NEIGHBOUR: &str = "10.99.0.2";
pub const HERE: &str = "10.99.0.1";

/// Returns true inside of a network of its own. Outside it has the test `name` run there, and fails as that does.
pub fn is_inside(name: &str) -> Result<bool, Box<dyn Error>> {
    require_root()?;
    if env::var_os(INSIDE).is_some() {
        run("ip", &["link", "set", "lo", "up"])?;
        return Ok(true);
    }
    let mut inside = Command::new("unshare");
    inside.arg("--net").arg(env::current_exe()?).args(["--exact", name, "--nocapture"]).env(INSIDE, "yes");
    let output = inside.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(false)
}

/// Runs a program that has to succeed.
pub fn run(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// What `bangui check --deep` says, and its exit status.
pub fn check(daemon: &PrivateDaemon) -> Result<(String, Option<i32>), Box<dyn Error>> {
    check_by(daemon, Command::new(env!("CARGO_BIN_EXE_bangui")))
}

/// The same, with the programs in a directory before those of the machine.
pub fn check_in(daemon: &PrivateDaemon, programs: &Path) -> Result<(String, Option<i32>), Box<dyn Error>> {
    let mut check = Command::new(env!("CARGO_BIN_EXE_bangui"));
    let path = env::var("PATH")?;
    check.env("PATH", format!("{}:{path}", programs.display()));
    check_by(daemon, check)
}

/// The same where the DNS is asked at this address.
pub fn check_with_dns(daemon: &PrivateDaemon, server: &str) -> Result<(String, Option<i32>), Box<dyn Error>> {
    let settings = daemon.directory().join("resolv.conf");
    fs::write(&settings, format!("nameserver {server}\noptions timeout:1 attempts:1\n"))?;
    let mut check = Command::new("unshare");
    check.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""]);
    check.arg(settings).arg(env!("CARGO_BIN_EXE_bangui"));
    check_by(daemon, check)
}

fn check_by(daemon: &PrivateDaemon, mut check: Command) -> Result<(String, Option<i32>), Box<dyn Error>> {
    check.args(["check", "--deep", "--fail2ban-socket"]).arg(daemon.socket());
    let Output { status, stdout, stderr } = check
        .arg("--fail2ban-config")
        .arg(daemon.config_dir())
        .arg("--fail2ban-client")
        .arg(daemon.client())
        .output()?;
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((said, status.code()))
}

/// The part of what was said that is about one jail.
pub fn part(said: &str, jail: &str) -> String {
    let head = format!("{jail}: ");
    let mut lines = said.lines().skip_while(|line| !line.starts_with(&head));
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with(' '));
    [first].into_iter().chain(rest).collect::<Vec<_>>().join("\n")
}

/// Another network that is joined to this one. It ends when this is dropped.
pub struct Neighbour(Child);

impl Neighbour {
    /// Joins one.
    pub fn join() -> Result<Self, Box<dyn Error>> {
        let other =
            Command::new("unshare").args(["--net", "sleep", "infinity"]).stdin(Stdio::null()).spawn()?;
        let neighbour = Self(other);
        let pid = neighbour.0.id().to_string();
        run("ip", &["link", "add", "here", "type", "veth", "peer", "name", "there"])?;
        // The process may not have its own network yet; then the link is in this one, and is moved again.
        while run("readlink", &[&format!("/proc/{pid}/ns/net")])? == run("readlink", &["/proc/self/ns/net"])?
        {
            std::thread::yield_now();
        }
        run("ip", &["link", "set", "there", "netns", &pid])?;
        for (address, device) in [(format!("{HERE}/24"), "here"), ("fd99::1/64".to_owned(), "here")] {
            run("ip", &["address", "add", &address, "dev", device, "nodad"])?;
        }
        run("ip", &["link", "set", "here", "up"])?;
        for address in [format!("{NEIGHBOUR}/24"), "fd99::2/64".to_owned()] {
            neighbour.run("ip", &["address", "add", &address, "dev", "there", "nodad"])?;
        }
        neighbour.run("ip", &["link", "set", "there", "up"])?;
        Ok(neighbour)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let pid = self.0.id().to_string();
        run("nsenter", &[&["-t", &pid, "-n", program], arguments].concat())
    }

    /// Returns true if a connection from there to `address` is answered.
    pub fn reaches(&self, address: &str, port: u16) -> bool {
        let script =
            "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()";
        self.run("python3", &["-c", script, address, &port.to_string()]).is_ok()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Listens on a port for both families, as a service does.
pub fn listen(port: u16) -> Result<TcpListener, Box<dyn Error>> {
    Ok(TcpListener::bind(("::", port))?)
}

/// Has fail2ban ban addresses.
pub fn ban(daemon: &PrivateDaemon, jail: &str, addresses: &[&str]) -> TestResult {
    client(daemon, &[&["set", jail, "banip"], addresses].concat())
}

/// Calls fail2ban-client.
pub fn client(daemon: &PrivateDaemon, arguments: &[&str]) -> TestResult {
    let mut client = Command::new(daemon.client());
    let output = client.arg("-s").arg(daemon.socket()).args(arguments).output()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
