//! `bangui serve` as a process: its settings from the environment, and what it logs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use super::{Result, place};

/// A server. It ends when this is dropped.
pub(super) struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    /// What it logged until it listened.
    first: String,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn start(database: &str, variables: &[(&str, &str)]) -> Result<Self> {
        let arguments = ["serve", "--config=/dev/null", "--listen", "127.0.0.1:0", "--database", database];
        Self::of(&arguments, variables)
    }

    pub(super) fn of(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bangui"));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("BANGUI_") {
                command.env_remove(variable);
            }
        }
        let mut child =
            command.args(arguments).envs(variables.iter().copied()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no standard error")?);
        let (mut first, mut line) = (String::new(), String::new());
        while !line.contains("listens on http://") {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                return Err(format!("it ended: {}", child.wait()?).into());
            }
            first.push_str(&line);
        }
        let address = line.rsplit("http://").next().unwrap_or_default().trim().to_owned();
        Ok(Self { child, log, first, address })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The status line of the answer to a request with these headers.
    pub(super) fn ask(&self, headers: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(format!("GET /login HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// What it logged since its start.
    fn end(mut self) -> Result<String> {
        self.child.kill()?;
        let mut rest = String::new();
        self.log.read_to_string(&mut rest)?;
        Ok(rest)
    }
}

#[test]
fn the_settings_may_come_as_variables_with_commas() -> Result {
    let (_directory, database) = place()?;
    let database = database.to_str().ok_or("no text")?;
    let hosts = ("BANGUI_HOST", "one.example,two.example");
    let serving = Serving::start(database, &[hosts, ("BANGUI_TRUSTED_PROXY", "192.0.2.1,127.0.0.0/8")])?;
    for (headers, status) in [
        ("Host: one.example\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n", "303"),
        ("Host: two.example\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n", "303"),
        ("Host: three.example\r\n", "421"),
        ("Host: one.example\r\nX-Forwarded-For: 203.0.113.7\r\n", "403"),
    ] {
        assert_eq!(serving.ask(headers)?.split(' ').nth(1), Some(status), "{headers}");
    }
    drop(serving);
    for wrong in
        [("BANGUI_HOST", "a:80"), ("BANGUI_TRUSTED_PROXY", "x"), ("BANGUI_ALLOW_PLAIN_HTTP", "maybe")]
    {
        assert!(Serving::start(database, &[wrong]).is_err(), "{wrong:?}");
    }
    Ok(())
}

#[test]
fn forwarded_headers_of_a_stranger_are_warned_of_once() -> Result {
    let (_directory, database) = place()?;
    let serving = Serving::start(database.to_str().ok_or("no text")?, &[])?;
    for _ in 0..3 {
        let status = serving.ask("Host: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n")?;
        assert_eq!(status.split(' ').nth(1), Some("403"));
    }
    let log = serving.end()?;
    assert_eq!(log.matches("--trusted-proxy 127.0.0.1").count(), 1, "{log}");
    assert!(!log.contains("203.0.113.7"), "{log}");
    Ok(())
}

#[test]
fn that_addresses_leave_this_machine_is_warned_of_at_the_start() -> Result {
    let (_directory, database) = place()?;
    let database = database.to_str().ok_or("no text")?;
    for (provider, warnings) in [("ip-api", 1), ("reverse-dns", 0)] {
        let serving = Serving::start(database, &[("BANGUI_GEO_PROVIDER", provider)])?;
        let words = "every public address that is shown or looked up leaves this machine unencrypted";
        assert_eq!(serving.first.matches(words).count(), warnings, "{provider}: {}", serving.first);
        drop(serving);
    }
    Ok(())
}
