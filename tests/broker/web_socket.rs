//! The socket for a web server in front on the same machine.

use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::process::Signal;

use crate::broker::pair::{Process, add_account};
use crate::broker::people::{OTHER, WEB, require_root, run, said};
use crate::support::as_user::{command, program_for_all};
use crate::support::{TestResult, until};

/// The user of the web server in front.
const PROXY: u32 = 64_203;
const FROM_OUTSIDE: &str = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";

/// Asks by the socket as `user`; what comes back, which is nothing where the socket cannot be opened.
fn ask(user: u32, socket: &Path, headers: &str) -> Result<String, Box<dyn Error>> {
    // By another process: the system tells the user of the one that connects.
    let script = "import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
while data := s.recv(65536): sys.stdout.buffer.write(data)";
    let mut python = command(user, "python3".as_ref());
    python.args(["-c", script]).arg(socket);
    let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let request = format!("GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    child.stdin.take().ok_or("no input")?.write_all(request.as_bytes())?;
    let mut answer = String::new();
    child.stdout.take().ok_or("no output")?.read_to_string(&mut answer)?;
    child.wait()?;
    Ok(answer)
}

/// Many connections of `user`, on which nothing is sent.
struct Flood(Child);

impl Flood {
    fn open(user: u32, socket: &Path) -> Result<Self, Box<dyn Error>> {
        let script = "import socket, sys
def is_open(s):
    try: return s.recv(1) != b''
    except BlockingIOError: return True
    except OSError: return False
all = []
for _ in range(600):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.setblocking(False)
    all.append(s)
print('ready', flush=True)
for _ in sys.stdin: print(sum(map(is_open, all)), flush=True)";
        let mut python = command(user, "python3".as_ref());
        python.args(["-c", script]).arg(socket);
        let mut flood = Self(python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
        assert_eq!(flood.line()?, "ready");
        Ok(flood)
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let (mut line, mut byte) = (String::new(), [0]);
        let output = self.0.stdout.as_mut().ok_or("no output")?;
        while output.read(&mut byte)? == 1 && byte != *b"\n" {
            line.push(char::from(byte[0]));
        }
        Ok(line)
    }

    /// The number of its connections that are still open.
    fn left(&mut self) -> Result<usize, Box<dyn Error>> {
        self.0.stdin.as_mut().ok_or("no input")?.write_all(b"\n")?;
        Ok(self.line()?.parse()?)
    }

    /// Ends it.
    fn end(mut self) -> TestResult {
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

#[tokio::test]
async fn only_the_web_servers_user_is_the_proxy_and_it_always_says_for_whom_it_asks() -> TestResult {
    require_root()?;
    let place = tempfile::Builder::new().prefix("bangui-web-").tempdir()?;
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
    let program = program_for_all(place.path())?;
    let own = place.path().join("own");
    fs::create_dir(&own)?;
    std::os::unix::fs::chown(&own, Some(WEB), Some(WEB))?;
    let (socket, database) = (own.join("web.sock"), own.join("bangui.sqlite3"));
    add_account(&program, &database)?;
    let listen = format!("unix:{}", socket.display());
    let database = database.to_string_lossy().into_owned();
    let nobody = run(WEB, &program, &["serve", "--listen", &listen, "--database", &database])?;
    assert!(!nobody.status.success() && said(&nobody).contains("--proxy-user"), "{}", said(&nobody));

    let mut serve = command(WEB, &program);
    serve.args(["serve", "--listen", &listen, "--database", &database, "--fail2ban-socket", "/nowhere"]);
    serve.args(["--proxy-user", &PROXY.to_string(), "--listen-mode", "666"]);
    let mut web = Process::start(serve, place.path().join("web.log"))?;
    web.until_logs("BanGUI listens on unix:").await?;
    let about = fs::symlink_metadata(&socket)?;
    assert!(about.file_type().is_socket());
    assert_eq!((about.uid(), about.mode() & 0o777), (WEB, 0o666));

    let answer = ask(PROXY, &socket, FROM_OUTSIDE)?;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("__Host-"), "{answer}");
    for headers in [
        "",
        "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n",
        "X-Forwarded-Proto: https\r\n",
        "X-Forwarded-For: unknown\r\nX-Forwarded-Proto: https\r\n",
    ] {
        let answer = ask(PROXY, &socket, headers)?;
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains("Only over HTTPS"),
            "{headers}: {answer}"
        );
    }
    // A local user who would say that a request comes from anywhere.
    let forged = ask(OTHER, &socket, FROM_OUTSIDE)?;
    assert!(
        forged.starts_with("HTTP/1.1 403") && forged.contains("This socket is for the web server"),
        "{forged}"
    );
    assert!(!forged.to_lowercase().contains("set-cookie"), "{forged}");
    // They cannot keep the web server out either, however many connections they open.
    let mut flood = Flood::open(OTHER, &socket)?;
    let answer = ask(PROXY, &socket, FROM_OUTSIDE)?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Those behind it in the line are refused as soon as it is their turn.
    until("at most 20 of 600 are open", || Ok(flood.left()? <= 20)).await?;
    flood.end()?;
    web.signal(Signal::TERM)?;
    web.ended()?;
    assert!(!socket.exists());
    Ok(())
}
