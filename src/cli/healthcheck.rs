//! `bangui healthcheck`: whether the server with these settings answers, for a container's health check.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::geteuid;

use crate::config::{Config, HttpConfig, Listen};
use crate::web::handlers::health;
use crate::web::listeners::ONLY_HTTPS;

/// The longest time that an answer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// More than the status line and all headers of the answer.
const LONGEST: u64 = 16 * 1024;
/// Those of a web server in front that was itself asked over HTTPS: whoever may speak for others has to say so.
const AS_PROXY: &str = "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n";

/// What a page of BanGUI's has at the end of its title.
const OF_ITS_PAGES: &str = "BanGUI</title>";

/// What a server said, or the reason why it did not.
type Finding = Result<String, String>;

/// What came from the other end.
enum Heard {
    /// Nothing: it hung up.
    Nothing,
    /// The status and the words of BanGUI's.
    Own(u16),
    /// Something that BanGUI does not say.
    Foreign,
}

/// Asks the first place that is listened on, and prints one line.
pub(crate) fn run(config: Config) -> io::Result<ExitCode> {
    // On a thread, because connecting to a socket in the file system has no time limit.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(check(&config)));
    let finding = receiver
        .recv_timeout(LIMIT)
        .unwrap_or_else(|_| Err(format!("BanGUI does not answer within {} seconds", LIMIT.as_secs())));
    match finding {
        Ok(line) => writeln!(io::stdout(), "{line}").map(|()| ExitCode::SUCCESS),
        Err(line) => writeln!(io::stderr(), "bangui: {line}").map(|()| ExitCode::FAILURE),
    }
}

fn check(config: &Config) -> Finding {
    match config.listen.first() {
        Some(Listen::Address(address)) => at_address(*address, &config.http),
        Some(Listen::Https(address)) => at_https(*address),
        Some(Listen::Socket(path)) => {
            let place = format!("unix:{}", path.display());
            let stream = UnixStream::connect(path).map_err(|error| no_answer(&place, &error))?;
            let answer = ask(stream, "localhost", AS_PROXY);
            let user = geteuid().as_raw();
            match answer {
                // Or it hung up, which only one that works does.
                Ok(Heard::Nothing | Heard::Own(403)) | Err(_)
                    if user != 0 && !config.http.proxy_users.contains(&user) =>
                {
                    Ok(format!("BanGUI answers at {place}, and refuses this user as it should"))
                }
                answer => judge(&place, answer),
            }
        }
        None => Err("BanGUI listens nowhere".to_owned()),
    }
}

fn at_address(address: SocketAddr, http: &HttpConfig) -> Finding {
    let (address, stream) = connect(address, "http")?;
    // Who is no proxy would be warned of in the log.
    let is_proxy = !address.ip().is_loopback() && http.trusts(address.ip().to_canonical());
    let answer = ask(stream, &address.to_string(), if is_proxy { AS_PROXY } else { "" });
    judge(&format!("http://{address}"), answer)
}

/// Asks without TLS, which is refused by whoever works: the certificate is for another name than this address.
fn at_https(address: SocketAddr) -> Finding {
    let (address, stream) = connect(address, "https")?;
    let place = format!("https://{address}");
    match ask(stream, &address.to_string(), "") {
        Ok(Heard::Own(400)) => Ok(format!("BanGUI answers at {place}")),
        answer => judge(&place, answer),
    }
}

fn connect(listen: SocketAddr, scheme: &str) -> Result<(SocketAddr, TcpStream), String> {
    if listen.port() == 0 {
        return Err("which port BanGUI listens on is not known: name one with --listen".to_owned());
    }
    let address = reachable(listen);
    let stream = TcpStream::connect_timeout(&address, LIMIT);
    stream
        .map(|stream| (address, stream))
        .map_err(|error| no_answer(&format!("{scheme}://{address}"), &error))
}

/// The address under which this machine reaches what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Asks over `stream`.
fn ask(mut stream: impl Read + Write, host: &str, headers: &str) -> io::Result<Heard> {
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let read = stream.take(LONGEST).read_to_end(&mut answer);
    // Whoever hangs up while a request is on its way may take back the end of an answer.
    if answer.is_empty() { read.map(|_| Heard::Nothing) } else { Ok(hear(&String::from_utf8_lossy(&answer))) }
}

/// Tells BanGUI by its words from another program that has its port.
fn hear(answer: &str) -> Heard {
    let (head, words) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let is_own = |status| match status {
        200 => words.ends_with(health::WELL),
        400 => words == ONLY_HTTPS,
        _ => words.contains(OF_ITS_PAGES),
    };
    status.filter(|status| is_own(*status)).map_or(Heard::Foreign, Heard::Own)
}

fn judge(place: &str, answer: io::Result<Heard>) -> Finding {
    match answer {
        Ok(Heard::Own(200)) => Ok(format!("BanGUI answers at {place}")),
        // At an address of the network where no proxy is.
        Ok(Heard::Own(403)) => Ok(format!("BanGUI answers at {place}, and refuses plain HTTP as it should")),
        Ok(Heard::Own(status)) => Err(format!("BanGUI answers at {place} with the status {status}")),
        Ok(Heard::Foreign) => Err(format!("something else than BanGUI answers at {place}")),
        Ok(Heard::Nothing) => Err(format!("BanGUI does not answer at {place}: it hung up")),
        Err(error) => Err(no_answer(place, &error)),
    }
}

fn no_answer(place: &str, error: &io::Error) -> String {
    format!("BanGUI does not answer at {place}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_reached_on_this_machine() -> Result<(), Box<dyn std::error::Error>> {
        for (listen, reached) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("127.0.0.1:8580", "127.0.0.1:8580"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(listen.parse()?), reached.parse()?);
        }
        Ok(())
    }
}
