//! Somebody who is logged in, on one kept connection. Own code instead of a library, so that the client costs
//! little beside what it measures, and so that bytes are counted as they travel.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use memchr::memmem;

use crate::site::{NAME, PASSWORD};
use crate::support::Res;
use crate::table::grouped;
use crate::wire::read_some;

/// What an answer may take; only a broken program takes so long.
const PATIENCE: Duration = Duration::from_mins(2);

/// The browser.
pub struct Browser {
    address: SocketAddr,
    stream: TcpStream,
    received: Vec<u8>,
    cookie: String,
    token: String,
    etag: Option<String>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    /// As it was sent, out of its chunks.
    pub body: Vec<u8>,
    /// Bytes on the wire of head and body.
    pub weight: usize,
    /// From the first byte asked to the last one answered.
    pub time: Duration,
}

impl Answer {
    /// The header `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Whether `text` stands in the body.
    pub fn has(&self, text: &str) -> bool {
        memmem::find(&self.body, text.as_bytes()).is_some()
    }

    /// The text between the first `before` and the next `after`.
    fn between(&self, before: &str, after: &str) -> Option<String> {
        let rest = &self.body[memmem::find(&self.body, before.as_bytes())? + before.len()..];
        let end = memmem::find(rest, after.as_bytes())?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    /// What stands in the rows' `data-ip`.
    pub fn rows(&self) -> Vec<String> {
        let body = String::from_utf8_lossy(&self.body);
        let rows = body.split("data-ip=\"").skip(1);
        rows.map(|row| row.split('"').next().unwrap_or_default().to_owned()).collect()
    }
}

impl Browser {
    fn new(address: SocketAddr) -> Res<Self> {
        let (received, cookie, token) = (Vec::with_capacity(1 << 20), String::new(), String::new());
        Ok(Self { address, stream: connect(address)?, received, cookie, token, etag: None })
    }

    /// Logs in, and looks at a page that reads no ban list.
    pub fn log_in(address: SocketAddr) -> Res<Self> {
        let mut browser = Self::new(address)?;
        browser.take_token("/login")?;
        browser.post("/login", &[("username", NAME), ("password", PASSWORD), ("next", "/account")])?;
        browser.take_token("/account")?;
        Ok(browser)
    }

    /// The same login on a connection of its own.
    pub fn beside(&self) -> Res<Self> {
        let (cookie, token) = (self.cookie.clone(), self.token.clone());
        Ok(Self { cookie, token, ..Self::new(self.address)? })
    }

    fn take_token(&mut self, path: &str) -> Res {
        let page = self.get(path)?;
        self.token = page.between("name=\"csrf_token\" value=\"", "\"").ok_or("no token")?;
        Ok(())
    }

    /// Opens a page; any other answer than 200 is an error.
    pub fn get(&mut self, path: &str) -> Res<Answer> {
        let answer = self.ask("GET", path, "", "")?;
        due(answer, 200, path)
    }

    /// Opens a page with further headers.
    pub fn get_with(&mut self, path: &str, headers: &str) -> Res<Answer> {
        let answer = self.ask("GET", path, headers, "")?;
        due(answer, 200, path)
    }

    /// Opens a page of a list and looks whether it shows how many bans there are in all, and rows.
    pub fn view(&mut self, path: &str, total: usize) -> Res<Answer> {
        let answer = self.get(path)?;
        shows(&answer, total, path)?;
        Ok(answer)
    }

    /// Searches a list, perhaps for what is not in it, and looks whether it shows how many bans there are in all.
    pub fn search(&mut self, path: &str, total: usize) -> Res<Answer> {
        let answer = self.get(path)?;
        counts(&answer, total, path)?;
        Ok(answer)
    }

    /// Asks for a table as an open page does every 5 s (`templates/bans/one_jail.html`, `static/app.js`): with what
    /// htmx and the browser's cache add.
    pub fn poll(&mut self, path: &str, total: usize) -> Res {
        let mut headers = "hx-request: true\r\nx-poll: 1\r\n".to_owned();
        if let Some(etag) = &self.etag {
            headers = format!("{headers}if-none-match: {etag}\r\n");
        }
        let answer = self.ask("GET", path, &headers, "")?;
        if answer.status == 304 {
            return Ok(());
        }
        let answer = due(answer, 200, path)?;
        self.etag = answer.header("etag").map(str::to_owned);
        shows(&answer, total, path)
    }

    /// Sends a form with the token; any other answer than 303 is an error.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Res<Answer> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("csrf_token", &self.token);
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        let answer = self.ask("POST", path, headers, &form.finish())?;
        due(answer, 303, path)
    }

    /// Sends a request and reads the whole answer.
    pub fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Res<Answer> {
        let (host, cookie, length) = (self.address, &self.cookie, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        let begin = Instant::now();
        self.stream.write_all(request.as_bytes())?;
        let mut answer = self.answer()?;
        answer.time = begin.elapsed();
        for line in answer.head.lines() {
            let cookie = line.strip_prefix("set-cookie: ").and_then(|cookie| cookie.split(';').next());
            if let Some(cookie) = cookie.filter(|cookie| cookie.contains("bangui_session=")) {
                cookie.clone_into(&mut self.cookie);
            }
        }
        Ok(answer)
    }

    fn answer(&mut self) -> Res<Answer> {
        self.received.clear();
        let begin = self.until(0, b"\r\n\r\n")?;
        let head = String::from_utf8(self.received[..begin].to_vec())?;
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut answer = Answer { status, head, body: Vec::new(), weight: 0, time: Duration::ZERO };
        if answer.header("transfer-encoding") == Some("chunked") {
            let mut at = begin;
            loop {
                let line = self.until(at, b"\r\n")?;
                let size = std::str::from_utf8(&self.received[at..line - 2])?;
                let size = usize::from_str_radix(size, 16)?;
                at = line + size + 2;
                self.fill(at)?;
                answer.body.extend_from_slice(&self.received[line..line + size]);
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = answer.header("content-length") {
            let end = begin + length.parse::<usize>()?;
            self.fill(end)?;
            answer.body.extend_from_slice(&self.received[begin..end]);
        }
        answer.weight = self.received.len();
        Ok(answer)
    }

    /// Where the first `mark` after `from` ends.
    fn until(&mut self, from: usize, mark: &[u8]) -> Res<usize> {
        loop {
            if let Some(at) = memmem::find(self.received.get(from..).unwrap_or_default(), mark) {
                return Ok(from + at + mark.len());
            }
            read_some(&mut self.stream, &mut self.received)?;
        }
    }

    fn fill(&mut self, end: usize) -> Res {
        while self.received.len() < end {
            read_some(&mut self.stream, &mut self.received)?;
        }
        Ok(())
    }
}

/// Whether what listens there shows its login page.
pub fn healthy(address: SocketAddr) -> Res {
    Browser::new(address)?.get("/login").map(drop)
}

fn connect(address: SocketAddr) -> Res<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn due(answer: Answer, status: u16, path: &str) -> Res<Answer> {
    if answer.status == status {
        return Ok(answer);
    }
    Err(format!("{path}: {} instead of {status}\n{}", answer.head, String::from_utf8_lossy(&answer.body))
        .into())
}

/// Whether a table shows `total` and rows.
pub fn shows(answer: &Answer, total: usize, path: &str) -> Res {
    counts(answer, total, path)?;
    if answer.has("data-ip=\"") { Ok(()) } else { Err(format!("{path} shows no rows").into()) }
}

/// Whether a table shows `total`, which stands behind "of", whatever was searched for.
fn counts(answer: &Answer, total: usize, path: &str) -> Res {
    let count = format!("of {}", grouped(total));
    if answer.has(&count) {
        return Ok(());
    }
    let shown = answer.between("class=\"count\">", "<span").unwrap_or_default();
    Err(format!("{path} does not show “{count}”, but “{shown}”").into())
}

/// The same without gzip.
pub fn unzipped(answer: Answer) -> Res<Answer> {
    match answer.header("content-encoding") {
        None => Ok(answer),
        Some("gzip") => {
            let mut body = Vec::new();
            GzDecoder::new(answer.body.as_slice()).read_to_end(&mut body)?;
            Ok(Answer { body, ..answer })
        }
        Some(other) => Err(format!("who asked for {other}?").into()),
    }
}
