//! `bangui serve` as a service: what it tells systemd, what it takes from it, and SIGHUP.

use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::support::program::Program;
use crate::support::tls::{get, make_certificate};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, until};

const NO_FAIL2BAN: &str = "/no/such/directory/fail2ban.sock";

/// Waits for a message with this line, whatever comes before it. Returns it whole.
async fn told(manager: &UnixDatagram, line: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut found = String::new();
    let mut buffer = [0; 4096];
    until(&format!("it says {line}"), || match manager.recv(&mut buffer) {
        Ok(length) => {
            found = String::from_utf8_lossy(&buffer[..length]).into_owned();
            Ok(found.lines().any(|own| own == line))
        }
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error.into()),
    })
    .await?;
    Ok(found)
}

#[tokio::test]
async fn systemd_hears_that_it_is_ready_alive_reloading_and_stopping() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("notify");
    let manager = UnixDatagram::bind(&path)?;
    manager.set_nonblocking(true)?;
    let environment = [("NOTIFY_SOCKET", path.to_str().ok_or("a path")?), ("WATCHDOG_USEC", "200000")];
    let program = Program::start_with(Path::new(NO_FAIL2BAN), &[], &[], &environment).await?;
    told(&manager, "READY=1").await?;
    for _ in 0..3 {
        told(&manager, "WATCHDOG=1").await?;
    }
    program.signal(Signal::HUP)?;
    let reloading = told(&manager, "RELOADING=1").await?;
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    told(&manager, "READY=1").await?;
    program.signal(Signal::TERM)?;
    told(&manager, "STOPPING=1").await?;
    Ok(())
}

/// The status of `path` for this name.
async fn status(address: SocketAddr, host: &str, path: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let request = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = request.get(format!("http://{address}{path}")).header("host", host).send().await?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn a_hangup_reads_the_settings_again_and_ends_no_session() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("bangui.toml");
    fs::write(&file, "host = [\"one.example\"]\n")?;
    let environment = [("BANGUI_CONFIG", file.to_str().ok_or("a path")?)];
    let program = Program::start_with(Path::new(NO_FAIL2BAN), &[], &[], &environment).await?;
    let address = program.address;
    let visitor = Visitor::admin(address).await?;
    assert_eq!(
        (status(address, "one.example", "/login").await?, status(address, "two.example", "/login").await?),
        (200, 421)
    );

    fs::write(&file, "host = [\"two.example\"]\nlog = \"warn\"\n")?;
    program.signal(Signal::HUP)?;
    let changed = async {
        while status(address, "two.example", "/login").await? != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    timeout(Duration::from_mins(1), changed).await??;
    assert_eq!(status(address, "one.example", "/login").await?, 421);
    assert!(visitor.get("/account").await?.body.contains("Your account"), "the session goes on");
    assert!(!program.log()?.contains("the settings were read again"), "what is logged has changed");

    fs::write(&file, "host = [\"two.example\"]\nsession_idle = 5\n")?;
    program.signal(Signal::HUP)?;
    until("it has read them", || Ok(program.log()?.contains("the settings were read again"))).await?;
    until("it says what waits", || Ok(program.log()?.contains("a new start is needed for session_"))).await?;

    for (broken, why) in [
        ("hosts = [\"x.example\"]\n", "did you mean"),
        ("host = [\"two words\"]\n", "host:"),
        ("= ", "TOML"),
        ("host = [\"x.example\"]\nlog = \"bangui=loudly\"\n", "log:"),
        ("host = [\"x.example\"]\nbase_path = \"/bans/\"\n", "is one of BanGUI's own pages"),
    ] {
        fs::write(&file, broken)?;
        program.signal(Signal::HUP)?;
        until("it refuses them", || {
            let log = program.log()?;
            Ok(log.lines().any(|line| line.contains("the settings stay as they are") && line.contains(why)))
        })
        .await?;
        assert_eq!(status(address, "two.example", "/login").await?, 200);
    }
    Ok(())
}

/// A program that systemd's own tool starts at the first connection. It ends when this is dropped.
struct Activated {
    child: Child,
    directory: tempfile::TempDir,
}

impl Activated {
    /// Waits for connections to `places`; `name` is that of the sockets.
    fn start(places: &[&str], name: &str, arguments: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let log = fs::File::create(directory.path().join("log"))?;
        let mut command = Command::new("systemd-socket-activate");
        for place in places {
            command.arg(format!("--listen={place}"));
        }
        if !name.is_empty() {
            command.arg(format!("--fdname={name}"));
        }
        command.arg("--setenv=BANGUI_CONFIG=/dev/null").arg(env!("CARGO_BIN_EXE_bangui"));
        command.args(["serve", "--fail2ban-socket", NO_FAIL2BAN, "--database"]);
        command.arg(directory.path().join("bangui.sqlite3")).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        let activated = Self { child, directory };
        Ok(activated)
    }

    fn log(&self) -> Result<String, Box<dyn std::error::Error>> {
        Ok(fs::read_to_string(self.directory.path().join("log"))?)
    }
}

impl Drop for Activated {
    fn drop(&mut self) {
        // It has become the program itself.
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let _already_ended = pid.map(|pid| kill_process(pid, Signal::KILL));
        let _ended = self.child.wait();
    }
}

/// An address that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[tokio::test]
async fn sockets_that_systemd_passes_take_the_place_of_its_own() -> TestResult {
    let sockets = tempfile::tempdir()?;
    let file: PathBuf = sockets.path().join("web.sock");
    let (address, other) = (free_address()?, free_address()?);
    let places = [address.to_string(), file.to_string_lossy().into_owned()];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let listen = format!("--listen={other}");
    let activated = Activated::start(&places, "", &[&listen, "--proxy-user=0"])?;
    until("it listens", || Ok(activated.log()?.contains("Listening on"))).await?;
    assert_eq!(status(address, "localhost", "/login").await?, 303, "there is no account yet");
    let log = activated.log()?;
    assert!(log.contains(&format!("BanGUI listens on http://{address}")), "{log}");
    assert!(log.contains(&format!("BanGUI listens on unix:{}", file.display())), "{log}");
    assert!(tokio::net::TcpStream::connect(other).await.is_err(), "nobody listens on --listen");
    assert!(log.contains(&format!("Open http://{address}/setup")), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_passed_socket_beyond_this_machine_needs_permission_as_any_other() -> TestResult {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], free_address()?.port()));
    let activated = Activated::start(&[&everywhere.to_string()], "", &[])?;
    until("it listens", || Ok(activated.log()?.contains("Listening on"))).await?;
    let _refused = status(SocketAddr::from(([127, 0, 0, 1], everywhere.port())), "localhost", "/login").await;
    until("it refuses", || Ok(activated.log()?.contains("--allow-plain-http"))).await?;
    Ok(())
}

#[tokio::test]
async fn a_passed_socket_of_the_name_https_speaks_it() -> TestResult {
    let directory = tempfile::tempdir()?;
    let certificate = make_certificate(directory.path())?;
    let address = free_address()?;
    let of = |name| format!("{}/{name}.pem", directory.path().display());
    let arguments = ["--tls-certificate", &of("cert"), "--tls-key", &of("key")];
    let activated = Activated::start(&[&address.to_string()], "https", &arguments)?;
    until("it listens", || Ok(activated.log()?.contains("Listening on"))).await?;
    let answer = get(address, &certificate, "/setup", "").await?;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("__Host-bangui_session"), "{answer}");
    let log = activated.log()?;
    assert!(log.contains(&format!("Open https://{address}/setup")), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_hangup_that_names_a_certificate_that_is_not_there_changes_nothing() -> TestResult {
    let directory = tempfile::tempdir()?;
    make_certificate(directory.path())?;
    let file = directory.path().join("bangui.toml");
    let tls = |name| {
        let at = directory.path().display();
        format!("tls_certificate = \"{at}/{name}.pem\"\ntls_key = \"{at}/key.pem\"\n")
    };
    fs::write(&file, format!("host = [\"one.example\"]\n{}", tls("cert")))?;
    let environment = [("BANGUI_CONFIG", file.to_str().ok_or("a path")?)];
    let listen = [OsStr::new("--listen=https://127.0.0.1:0")];
    let program = Program::start_with(Path::new(NO_FAIL2BAN), &[], &listen, &environment).await?;
    fs::write(&file, format!("host = [\"two.example\"]\n{}", tls("missing")))?;
    program.signal(Signal::HUP)?;
    until("it refuses them", || {
        let log = program.log()?;
        Ok(log
            .lines()
            .any(|line| line.contains("the settings stay as they are") && line.contains("missing.pem")))
    })
    .await?;
    assert_eq!(status(program.address, "one.example", "/login").await?, 200);
    Ok(())
}

#[tokio::test]
async fn the_first_account_is_made_at_an_address_that_a_browser_can_open() -> TestResult {
    let sockets = tempfile::tempdir()?;
    let file = format!("{}", sockets.path().join("web.sock").display());
    let address = free_address()?;
    let arguments = ["--proxy-user=0", "--base-path=/bangui/", "--host=bans.example.org"];
    let activated = Activated::start(&[&file, &address.to_string()], "", &arguments)?;
    until("it listens", || Ok(activated.log()?.contains("Listening on"))).await?;
    assert_eq!(status(address, "localhost", "/bangui/setup").await?, 200);
    let log = activated.log()?;
    assert!(log.contains(&format!("Open http://{address}/bangui/setup and use the code")), "{log}");
    Ok(())
}
