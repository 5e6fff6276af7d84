//! Requests as bytes on a connection, for what no client library sends.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far more than any deadline of a test.
const LIMIT: Duration = Duration::from_mins(1);

/// A connection.
pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

/// One answer on it.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Raw {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        Ok(Self { stream: TcpStream::connect(address).await?, read: Vec::new() })
    }

    /// Sends `bytes`.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Box<dyn Error>> {
        Ok(self.stream.write_all(bytes.as_ref()).await?)
    }

    /// Reads the next answer, which tells its length. Whoever gives up waiting loses nothing of it.
    pub async fn answer(&mut self) -> Result<RawAnswer, Box<dyn Error>> {
        let head_end = self.find_head_end().await?;
        let head = String::from_utf8(self.read.get(..head_end).unwrap_or_default().to_vec())?;
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut answer = RawAnswer { status, head, body: String::new() };
        let length = answer.header("content-length").parse().unwrap_or(0);
        while self.read.len() < head_end + length {
            self.fill().await?;
        }
        let whole: Vec<u8> = self.read.drain(..head_end + length).collect();
        answer.body = String::from_utf8(whole.into_iter().skip(head_end).collect())?;
        Ok(answer)
    }

    /// Reads the next head alone: the whole answer to a HEAD.
    pub async fn head(&mut self) -> Result<String, Box<dyn Error>> {
        let end = self.find_head_end().await?;
        Ok(String::from_utf8(self.read.drain(..end).collect())?)
    }

    /// Waits until the server has closed the connection.
    pub async fn end(&mut self) -> Result<(), Box<dyn Error>> {
        let mut rest = [0; 4096];
        loop {
            match timeout(LIMIT, self.stream.read(&mut rest)).await? {
                Ok(0) | Err(_) => return Ok(()),
                Ok(_) => {}
            }
        }
    }

    async fn find_head_end(&mut self) -> Result<usize, Box<dyn Error>> {
        loop {
            if let Some(place) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(place + 4);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), Box<dyn Error>> {
        match timeout(LIMIT, self.stream.read_buf(&mut self.read)).await?? {
            0 => Err(format!("the connection ended after {:?}", String::from_utf8_lossy(&self.read)).into()),
            _ => Ok(()),
        }
    }
}

impl RawAnswer {
    /// The value of the header `name`, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
    }
}

/// Sends one request on a connection of its own.
pub async fn ask(address: SocketAddr, request: impl AsRef<[u8]>) -> Result<RawAnswer, Box<dyn Error>> {
    let mut connection = Raw::to(address).await?;
    connection.send(request).await?;
    connection.answer().await
}
