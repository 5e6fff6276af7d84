//! `bangui healthcheck`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::serving::Serving;
use super::{Result, bangui, place, said};
use crate::support::as_user;
use crate::support::until;

const NOBODY: u32 = 65534;

/// A server that is started with these options, and its address.
fn serve(database: &Path, listen: &str, more: &[&str]) -> Result<Serving> {
    let database = database.to_str().ok_or("no text")?;
    let socket = "--fail2ban-socket=/nonexistent/fail2ban.sock";
    Serving::of(
        &[&["serve", "--config=/dev/null", "--database", database, socket, "--listen", listen], more]
            .concat(),
        &[],
    )
}

/// A process that ends when this is dropped.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Its last line and its exit status.
fn told(output: &Output) -> (String, bool) {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned() + &said(output);
    (lines, output.status.success())
}

#[test]
fn a_server_that_answers_is_well_however_it_is_set_up() -> Result {
    for (listen, more) in [
        ("127.0.0.1:0", &[][..]),
        ("[::1]:0", &[]),
        ("127.0.0.1:0", &["--host=bangui.example", "--trusted-proxy=127.0.0.1"]),
        ("0.0.0.0:0", &["--host=bangui.example", "--trusted-proxy=192.0.2.1"]),
        ("0.0.0.0:0", &["--allow-plain-http"]),
        ("[::]:0", &["--trusted-proxy=::1"]),
    ] {
        let (_directory, database) = place()?;
        let serving = serve(&database, listen, more)?;
        let port = serving.address().rsplit(':').next().ok_or("no port")?;
        let at = listen.replace(":0", &format!(":{port}"));
        let output = bangui(&[&["healthcheck", "--listen", &at], more].concat(), b"")?;
        let (lines, is_well) = told(&output);
        assert!(
            is_well && lines.starts_with("BanGUI answers at http://") && lines.lines().count() == 1,
            "{at}: {lines}"
        );
        drop(serving);
        let (lines, is_well) = told(&bangui(&[&["healthcheck", "--listen", &at], more].concat(), b"")?);
        assert!(
            !is_well && lines.contains("does not answer at") && lines.lines().count() == 1,
            "{at}: {lines}"
        );
    }
    Ok(())
}

#[test]
fn a_server_that_is_silent_or_is_none_is_ill() -> Result {
    // Nobody takes what comes here.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let (lines, is_well) =
        told(&bangui(&["healthcheck", "--listen", &silent.local_addr()?.to_string()], b"")?);
    assert!(!is_well && lines.contains("does not answer within 5 seconds"), "{lines}");
    let (lines, is_well) = told(&bangui(&["healthcheck", "--listen=127.0.0.1:0"], b"")?);
    assert!(!is_well && lines.contains("port"), "{lines}");
    Ok(())
}

#[test]
fn another_program_at_its_place_is_not_taken_for_it() -> Result {
    for (answer, scheme) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n", "http"),
        ("HTTP/1.1 200 OK\r\n\r\n<title>Welcome to nginx!</title>", "http"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n<title>403</title>", "http"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "http"),
        ("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port", "https"),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", "http"),
    ] {
        let another = TcpListener::bind("127.0.0.1:0")?;
        let at = another.local_addr()?.to_string();
        let answering = std::thread::spawn(move || -> std::io::Result<()> {
            let (mut stream, _) = another.accept()?;
            let mut request = [0; 1024];
            let _ = stream.read(&mut request)?;
            stream.write_all(answer.as_bytes())
        });
        let at = if scheme == "https" { format!("https://{at}") } else { at };
        let tls = ["--tls-certificate=/dev/null", "--tls-key=/dev/null"];
        let options = [&["healthcheck", "--listen", &at][..], if scheme == "https" { &tls } else { &[] }];
        let (lines, is_well) = told(&bangui(&options.concat(), b"")?);
        answering.join().map_err(|_| "the other program")??;
        assert!(!is_well && lines.contains("something else than BanGUI answers at"), "{answer}: {lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }
    Ok(())
}

#[tokio::test]
async fn on_its_socket_it_is_well_for_everybody_who_may_open_that() -> Result {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: nothing to see");
        return Ok(());
    }
    let place = tempfile::Builder::new().prefix("bangui-health-").tempdir_in("/tmp")?;
    chown(place.path(), Some(NOBODY), Some(NOBODY))?;
    let program = as_user::program_for_all(place.path())?;
    let listen = format!("unix:{}", place.path().join("web.sock").display());
    let options = ["--config=/dev/null", "--listen", &listen, "--proxy-user=33"];
    let mut serve = as_user::command(NOBODY, &program);
    serve.arg("serve").args(options).arg("--database").arg(place.path().join("bangui.sqlite3"));
    let mut serving = Ends(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    let ask = |user: u32| -> Result<(String, bool)> {
        let mut command = as_user::command(user, &program);
        Ok(told(&command.arg("healthcheck").args(options).output()?))
    };
    until("the socket is there", || Ok(place.path().join("web.sock").exists())).await?;
    for (user, words) in [(0, "BanGUI answers at unix:"), (NOBODY, "refuses this user as it should")] {
        let (lines, is_well) = ask(user)?;
        assert!(is_well && lines.contains(words), "{user}: {lines}");
    }
    Command::new("kill").args(["-STOP", &serving.0.id().to_string()]).status()?;
    let (lines, is_well) = ask(NOBODY)?;
    assert!(!is_well && lines.contains("does not answer within"), "{lines}");
    serving.0.kill()?;
    serving.0.wait()?;
    let (lines, is_well) = ask(NOBODY)?;
    assert!(!is_well && lines.contains("does not answer at unix:"), "{lines}");
    Ok(())
}
