//! The stream between a broker and its client: frames of a length (four bytes, big endian) and a
//! value.
//!
//! Values are written with postcard: as text, a list of 1,000,000 bans would be three times as long. It
//! does not describe itself, so both ends first say which version they speak.

use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::broker::version::{FrameError, PROTOCOL, VERSION};
use crate::fail2ban;

use super::memory_limit;
use super::operations::{Reply, Request};

/// The longest request, in bytes.
pub(crate) const LONGEST_REQUEST: usize = 1024 * 1024;
/// The longest answer, in bytes: the limit for the daemon's own answer, which is longer than ours
/// to the same question.
const LONGEST_ANSWER: usize = 160 * 1024 * 1024;
/// Limit of the memory that a request may take, in bytes: as many arguments as it may have, and
/// their letters.
const HEAVIEST_REQUEST: usize = 4 * 1024 * 1024;
/// Limit of the memory that an answer may take, in bytes. A list of 1,000,000 bans takes 80 MB.
const HEAVIEST_ANSWER: usize = 512 * 1024 * 1024;
/// The first frame of both ends.
#[derive(Debug, Serialize, Deserialize)]
struct Hello {
    protocol: String,
    version: u32,
}

/// A request, under a number that its answer will have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NumberedRequest {
    pub(crate) id: u64,
    pub(crate) request: Request,
}

/// The header of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: u64,
    /// The generation of the broker's connection to the daemon.
    pub(crate) generation: u64,
}

/// An answer.
pub(crate) type Answer = Result<Reply, fail2ban::Error>;

/// The reading end.
pub(crate) type Incoming<R> = FramedRead<R, LengthDelimitedCodec>;
/// The writing end.
pub(crate) type Outgoing<W> = FramedWrite<W, LengthDelimitedCodec>;

/// Room in the buffer of a stream on which nothing is under way.
const IDLE_CAPACITY: usize = 1 << 13;

/// Frees what a long frame took in an emptied buffer, which would keep it until the stream ends. A
/// buffer does not tell how much it keeps.
pub(crate) fn give_back(buffer: &mut BytesMut) {
    if buffer.is_empty() {
        *buffer = BytesMut::with_capacity(IDLE_CAPACITY);
    }
}

fn codec(longest: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(longest).new_codec()
}

/// Makes the two ends of a stream for the broker's side.
pub(crate) fn of_broker<R: AsyncRead, W: AsyncWrite>(reader: R, writer: W) -> (Incoming<R>, Outgoing<W>) {
    (FramedRead::new(reader, codec(LONGEST_REQUEST)), FramedWrite::new(writer, codec(LONGEST_ANSWER)))
}

/// Makes the two ends of a stream for the client's side.
pub(crate) fn of_client<R: AsyncRead, W: AsyncWrite>(reader: R, writer: W) -> (Incoming<R>, Outgoing<W>) {
    (FramedRead::new(reader, codec(LONGEST_ANSWER)), FramedWrite::new(writer, codec(LONGEST_REQUEST)))
}

/// Sends our protocol version and checks that the other end speaks the same.
pub(crate) async fn greet<R, W>(
    incoming: &mut Incoming<R>,
    outgoing: &mut Outgoing<W>,
) -> Result<(), FrameError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    outgoing.send(encode_frame(&Hello { protocol: PROTOCOL.to_owned(), version: VERSION })?).await?;
    let frame = incoming.next().await.ok_or(FrameError::NoGreeting)??;
    let hello: Hello = decode_frame(&frame)?;
    if hello.protocol == PROTOCOL && hello.version == VERSION {
        Ok(())
    } else {
        let protocol: String = hello.protocol.chars().take(40).collect();
        Err(FrameError::OtherVersion(format!("{protocol:?} {}", hello.version)))
    }
}

/// The bytes of a value.
pub(crate) fn encode_frame<T: Serialize>(value: &T) -> Result<Bytes, FrameError> {
    let bytes = postcard::to_stdvec(value).map_err(|error| FrameError::Unreadable(error.to_string()))?;
    Ok(bytes.into())
}

/// The bytes of an answer. One that is too long, or cannot be written, becomes an error that can.
pub(crate) fn write_answer(head: &Head, answer: &Answer) -> Result<Bytes, FrameError> {
    match encode_frame(&(head, answer)) {
        Ok(bytes) if bytes.len() <= LONGEST_ANSWER => Ok(bytes),
        Ok(bytes) => encode_frame(&(head, unwritten(&format!("{} bytes are too long", bytes.len())))),
        Err(error) => encode_frame(&(head, unwritten(&error.to_string()))),
    }
}

fn unwritten(reason: &str) -> Answer {
    Err(fail2ban::Error::Unreadable(format!("the answer cannot be passed on: {reason}")))
}

/// Reads a frame that holds a request. Everything that comes from outside goes through here.
///
/// # Errors
/// Fails if the bytes are no request, or more than one, or an argument is not valid.
pub(crate) fn read_request(frame: &[u8]) -> Result<NumberedRequest, FrameError> {
    whole(memory_limit::read_head(frame, HEAVIEST_REQUEST)?)
}

/// Reads a whole frame.
pub(crate) fn decode_frame<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<T, FrameError> {
    whole(read_head(frame)?)
}

/// Reads the value at the beginning of a frame; returns it with the rest.
pub(crate) fn read_head<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<(T, &'a [u8]), FrameError> {
    memory_limit::read_head(frame, HEAVIEST_ANSWER)
}

fn whole<T>(read: (T, &[u8])) -> Result<T, FrameError> {
    match read {
        (value, []) => Ok(value),
        (_, rest) => Err(FrameError::Unreadable(format!("{} bytes too many", rest.len()))),
    }
}
