//! A frame of the broker's stream, of any bytes.

#[cfg(test)]
mod samples;
#[cfg(test)]
pub(crate) mod seeds;

use futures_util::{FutureExt as _, StreamExt as _};

use crate::domain::text::END_OF_MESSAGE;
use crate::fail2ban::pickle::encode;
use crate::fail2ban::protocol::command::Command;

use super::frames;
use super::frames::{Answer, Head, NumberedRequest};
use super::operations::Request;

/// Reads a request, as the broker reads it from whoever may connect.
///
/// # Panics
/// Panics if a request that was read is not one frame of fail2ban's with the words that it has.
pub fn broker_request(frame: &[u8]) {
    if let Ok(asked) = frames::read_request(frame) {
        for command in commands(&asked.request) {
            is_one_frame(&command);
        }
        assert!(!asked.request.kind().max_wait().is_zero());
        reads_back(&asked);
    }
    // The same bytes as a stream: lengths of frames are somebody else's as well.
    let mut incoming = frames::of_broker(frame, tokio::io::sink()).0;
    // Nothing has to be waited for: all of it is there.
    while let Some(Some(Ok(frame))) = incoming.next().now_or_never() {
        assert!(frame.len() <= frames::LONGEST_REQUEST);
        drop(frames::read_request(&frame));
    }
}

/// Checks that the request that was read is written as a frame that reads as the same request.
fn reads_back(asked: &NumberedRequest) {
    let written = frames::encode_frame(asked).unwrap_or_else(|error| unreachable!("{asked:?}: {error}"));
    let again = frames::read_request(&written)
        .unwrap_or_else(|error| unreachable!("{asked:?} as {written:?}: {error}"));
    assert_eq!((again.id, &again.request), (asked.id, &asked.request));
}

/// The commands of requests that name something, as far as they are known beforehand.
fn commands(request: &Request) -> Vec<Command<'_>> {
    match request {
        Request::Status { jail } => vec![Command::JailStatus(jail)],
        Request::Bans { jail } => vec![Command::Bans(jail)],
        Request::Ban { jail, targets } => vec![Command::Ban(jail, targets)],
        Request::Unban { jail, banned } => vec![Command::Unban(jail, banned)],
        Request::Ignore { jail, entries } => vec![Command::Ignore(jail, entries)],
        Request::Unignore { jail, entry } => vec![Command::Unignore(jail, entry)],
        Request::SetIgnoreSelf { jail, on } => vec![Command::SetIgnoreSelf(jail, *on)],
        Request::SetIdle { jail, on } => vec![Command::Idle(jail, *on)],
        Request::Stop { jail } => vec![Command::Stop(jail)],
        Request::ChangeServer { change } => vec![Command::SetServer(*change)],
        _ => Vec::new(),
    }
}

fn is_one_frame(command: &Command<'_>) {
    let words = command.question().arguments;
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let bytes = encode(&plain).unwrap_or_else(|error| unreachable!("{command:?}: {error}"));
    assert!(memchr::memmem::find(&bytes, END_OF_MESSAGE.as_bytes()).is_none(), "{command:?}");
    let read: Result<Vec<String>, _> = serde_pickle::from_slice(&bytes, serde_pickle::DeOptions::new());
    assert_eq!(read.ok(), Some(words));
}

/// Reads an answer, as the web server reads it from the broker.
///
/// # Panics
/// Panics if an answer that was read is another once it was written and read again.
pub fn broker_answer(frame: &[u8]) {
    let Ok((head, rest)) = frames::read_head::<Head>(frame) else { return };
    let Ok(answer) = frames::decode_frame::<Answer>(rest) else { return };
    let written = frames::write_answer(&head, &answer).unwrap_or_else(|error| unreachable!("{error}"));
    let again: (Head, Answer) = frames::decode_frame(&written)
        .unwrap_or_else(|error| unreachable!("{answer:?} as {written:?}: {error}"));
    assert_eq!((again.0.id, again.0.generation), (head.id, head.generation));
    assert_eq!(format!("{:?}", again.1), format!("{answer:?}"));
}
