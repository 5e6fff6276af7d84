//! A server that speaks ip-api.com's batch protocol as documented (`POST /batch`, a JSON list in and out,
//! `X-Rl` and `X-Ttl`, 15 batches of 100 within a window), misbehaves when it is told to, and counts what it is
//! asked.

use std::collections::VecDeque;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Batches within a window, and addresses in a batch.
const BATCHES: usize = 15;
const ADDRESSES: usize = 100;

/// The server's answer to a request.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Answers as documented.
    Well,
    /// Answers in the opposite order, with answers for others between.
    Shuffled,
    /// Answers as documented, and that nothing more is left for so many seconds.
    Last(u64),
    /// 429, with `X-Ttl` where there is a number.
    TooMany(Option<u64>),
    /// Another status.
    Status(u16),
    /// This body with status 200.
    Body(String),
    /// Promises a long body and closes in the middle of it.
    Truncated,
    /// Never ends its body.
    Endless,
    /// Closes without an answer.
    Closes,
    /// Answers each address with `fail`.
    Unknown,
    /// Waits for [`FakeIpApi::let_go`], then answers as documented.
    Held,
    /// Redirects.
    Redirect(String),
}

#[derive(Debug)]
struct Inner {
    manner: VecDeque<Manner>,
    questions: Vec<Vec<IpAddr>>,
    requests: Vec<String>,
    /// The length of a window, which begins with the first request outside of one.
    length: Duration,
    window: Option<Window>,
    /// Number of windows that were used up, and of requests beyond them.
    full: usize,
    refused: usize,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Instant,
    taken: usize,
}

impl Inner {
    fn new() -> Self {
        Self {
            manner: VecDeque::new(),
            questions: Vec::new(),
            requests: Vec::new(),
            length: Duration::from_mins(1),
            window: None,
            full: 0,
            refused: 0,
        }
    }

    /// Counts a request. Returns true if one was left, and what the headers say of the limits.
    fn take(&mut self) -> (bool, usize, u64) {
        let now = Instant::now();
        let begun = self.window.filter(|window| window.ends > now);
        let mut window = begun.unwrap_or(Window { ends: now + self.length, taken: 0 });
        let is_left = window.taken < BATCHES;
        if is_left {
            window.taken += 1;
            self.full += usize::from(window.taken == BATCHES);
        } else {
            self.refused += 1;
        }
        self.window = Some(window);
        (is_left, BATCHES - window.taken, (window.ends - now).as_secs())
    }
}

/// The server. It ends with the runtime that it runs in.
#[derive(Clone)]
pub struct FakeIpApi {
    /// Its URL, without a path.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    go: Arc<watch::Sender<bool>>,
}

impl FakeIpApi {
    /// Starts a server that answers as documented.
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (go, _) = watch::channel(false);
        let url = format!("http://{}", listener.local_addr()?);
        let fake = Self { url, inner: Arc::new(Mutex::new(Inner::new())), go: Arc::new(go) };
        let own = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                // A client that goes away in the middle is no fault of the server.
                tokio::spawn(async move { drop(own.serve(stream).await) });
            }
        });
        Ok(fake)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives these answers to the next requests, and the last of them from then on.
    pub fn behave(&self, manners: impl IntoIterator<Item = Manner>) {
        self.lock().manner = manners.into_iter().collect();
    }

    /// Sets the length of a window.
    pub fn within(&self, length: Duration) {
        self.lock().length = length;
    }

    /// Number of windows that were used up, and of requests refused because of that.
    pub fn limits(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.full, inner.refused)
    }

    /// Lets the held requests go on.
    pub fn let_go(&self) {
        self.go.send_replace(true);
    }

    /// The addresses of each request so far.
    pub fn questions(&self) -> Vec<Vec<IpAddr>> {
        self.lock().questions.clone()
    }

    /// The heads of all requests.
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    async fn serve(&self, stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).await? == 0 {
                    return Ok(());
                }
            }
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).await?;
            let addresses: Vec<IpAddr> = serde_json::from_slice(&body)?;
            let (manner, remaining, seconds) = {
                let mut inner = self.lock();
                inner.questions.push(addresses.clone());
                inner.requests.push(head);
                let next = if inner.manner.len() > 1 {
                    inner.manner.pop_front()
                } else {
                    inner.manner.front().cloned()
                };
                let (is_left, remaining, seconds) = inner.take();
                let manner = match next.unwrap_or(Manner::Well) {
                    _ if addresses.len() > ADDRESSES => Manner::Status(422),
                    _ if !is_left => Manner::TooMany(Some(seconds)),
                    manner => manner,
                };
                (manner, remaining, seconds)
            };
            self.answer(&mut stream, manner, &addresses, (remaining, Some(seconds))).await?;
        }
    }

    async fn answer(
        &self,
        stream: &mut BufReader<TcpStream>,
        manner: Manner,
        addresses: &[IpAddr],
        limits: (usize, Option<u64>),
    ) -> std::io::Result<()> {
        let mut answers: Vec<Value> = addresses.iter().map(|address| answer(*address)).collect();
        let (mut remaining, mut seconds) = limits;
        let mut status = "200 OK".to_owned();
        let mut extra = String::new();
        match &manner {
            Manner::Held => drop(self.go.subscribe().wait_for(|go| *go).await),
            Manner::Shuffled => {
                answers.reverse();
                answers.insert(0, json!({"status": "success", "query": "9.9.9.9", "city": "Not asked for"}));
                answers.push(json!({"status": "success", "query": 7}));
            }
            Manner::Last(told) => (remaining, seconds) = (0, Some(*told)),
            Manner::TooMany(told) => {
                (status, remaining, seconds) = (String::from("429 Too Many Requests"), 0, *told);
            }
            Manner::Status(code) => status = format!("{code} Whatever"),
            Manner::Redirect(to) => {
                status = String::from("302 Found");
                extra = format!("Location: {to}\r\n");
            }
            Manner::Unknown => {
                answers = addresses
                    .iter()
                    .map(|address| json!({"status": "fail", "message": "reserved range", "query": address}))
                    .collect();
            }
            Manner::Well | Manner::Body(_) | Manner::Truncated | Manner::Endless | Manner::Closes => {}
        }
        let mut body = Value::from(answers).to_string();
        match &manner {
            Manner::Body(own) => body.clone_from(own),
            Manner::Status(_) | Manner::TooMany(_) => body = String::from("no"),
            Manner::Closes => return stream.get_mut().shutdown().await,
            _ => {}
        }
        let length = match manner {
            Manner::Truncated => body.len() + 1000,
            Manner::Endless => usize::MAX >> 1,
            _ => body.len(),
        };
        let ttl = seconds.map(|seconds| format!("X-Ttl: {seconds}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\nX-Rl: {remaining}\r\n{ttl}{extra}\r\n"
        );
        let stream = stream.get_mut();
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        match manner {
            Manner::Endless => loop {
                stream.write_all(&[b' '; 4096]).await?;
            },
            Manner::Truncated => stream.shutdown().await,
            _ => Ok(()),
        }
    }
}

/// A documented answer. The city names the address, so that a mix-up shows.
fn answer(address: IpAddr) -> Value {
    json!({
        "status": "success",
        "countryCode": "DE",
        "regionName": "Hesse",
        "city": format!("City of {address}"),
        "isp": "Example ISP",
        "org": "",
        "as": "AS64500 Example Net",
        "query": address,
        "mobile": false
    })
}
