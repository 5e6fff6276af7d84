//! No text of a form or of a request, whatever it holds, makes a second request to fail2ban.

pub(crate) mod recorder;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::domain::address::{Banned, parse_targets};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::JailName;
use crate::domain::server::{LogLevel, MaxMatches, PurgeAge, ServerChange};
use crate::domain::text::END_OF_MESSAGE;
use crate::fail2ban::client_program::ClientProgram;
use crate::fail2ban::pickle::{PickleError, encode};
use crate::fail2ban::protocol::command::Command;

use super::frames::{NumberedRequest, encode_frame, read_request};
use super::operations::Request;
use super::service::Broker;
use recorder::{Recorder, words_of};

/// Texts that a hostile person or web server would try, and all others.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just(END_OF_MESSAGE.to_owned()),
        Just("<F2B_END_COMMAND".to_owned()),
        Just("F2B_END_COMMAND>".to_owned()),
        Just("<F2B_CLOSE_COMMAND>".to_owned()),
        Just("\u{80}\u{2}]X\u{1}\0\0\0ae.".to_owned()),
        Just("cposix\nsystem\nX\u{2}\0\0\0id\u{85}R.".to_owned()),
        "-{1,2}[a-z]{0,8}",
        "[a-z0-9.:/ ,;'\"\\\\\\n\\t-]{0,20}",
        Just("203.0.113.5".to_owned()),
        Just("2001:db8::/32".to_owned()),
        "[0-9]{1,4}",
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// Checks that `command` is sent as one frame of `words` words, or not at all.
fn is_one_frame(command: &Command<'_>, words: usize) -> TestCaseResult {
    let arguments = command.question().arguments;
    prop_assert_eq!(arguments.len(), words, "{:?}", arguments);
    let plain: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match encode(&plain) {
        Err(PickleError::UnsafeArgument(_)) => Ok(()),
        Err(error) => Err(TestCaseError::fail(error.to_string())),
        Ok(mut bytes) => {
            bytes.extend_from_slice(END_OF_MESSAGE.as_bytes());
            let marker = memchr::memmem::find(&bytes, END_OF_MESSAGE.as_bytes());
            prop_assert_eq!(marker, Some(bytes.len() - END_OF_MESSAGE.len()), "{:?}", arguments);
            let read = words_of(&bytes[..bytes.len() - END_OF_MESSAGE.len()]);
            prop_assert_eq!(read.ok(), Some(arguments));
            Ok(())
        }
    }
}

proptest! {
    #[test]
    fn a_text_of_a_form_is_one_argument_of_one_frame_or_nothing(text in text()) {
        let sshd: JailName = "sshd".parse()?;
        if let Ok(jail) = text.parse::<JailName>() {
            prop_assert!(!["--all", "logtarget", "dbfile"].contains(&jail.as_str()));
            is_one_frame(&Command::JailStatus(&jail), 3)?;
            is_one_frame(&Command::Stop(&jail), 2)?;
            is_one_frame(&Command::Idle(&jail, true), 4)?;
            is_one_frame(&Command::Bans(&jail), 4)?;
        }
        if let Ok(targets) = parse_targets(&text) {
            is_one_frame(&Command::Ban(&sshd, &targets), 3 + targets.len())?;
            prop_assert!(!targets.iter().any(|target| target.to_string().starts_with('-')));
        }
        if let Ok(entry) = text.parse::<IgnoreEntry>() {
            prop_assert!(!entry.to_string().starts_with('-'));
            is_one_frame(&Command::Ignore(&sshd, &[entry]), 4)?;
        }
        // These are named as the daemon lists them, so they may be any text.
        let words = if text == "--report-absent" { 5 } else { 4 };
        is_one_frame(&Command::Unban(&sshd, &[Banned::from_daemon(&text)]), words)?;
        is_one_frame(&Command::Unignore(&sshd, &Listed::from_daemon(text.clone())), 4)?;
        is_one_frame(&Command::Unignore(&sshd, &Listed::File(text.clone())), 4)?;
        let changes = [
            text.parse::<LogLevel>().ok().map(ServerChange::LogLevel),
            text.parse::<PurgeAge>().ok().map(ServerChange::PurgeAge),
            text.parse::<MaxMatches>().ok().map(ServerChange::MaxMatches),
        ];
        for change in changes.into_iter().flatten() {
            is_one_frame(&Command::SetServer(change), 3)?;
        }
    }

    #[test]
    fn a_text_of_a_request_makes_one_frame_or_none(text in text()) {
        let jail: JailName = "sshd".parse()?;
        // Written as by a client that validates nothing: the number, the place in the table, texts.
        let raw = [
            encode_frame(&(7_u64, place(&Request::Status { jail: jail.clone() })?, &text)),
            encode_frame(&(7_u64, place(&Request::Bans { jail: jail.clone() })?, &text)),
            encode_frame(&(7_u64, place(&Request::Stop { jail: jail.clone() })?, &text)),
            encode_frame(&(7_u64, place(&Request::SetIdle { jail: jail.clone(), on: true })?, &text, true)),
            encode_frame(&(7_u64, place(&Request::Ban { jail: jail.clone(), targets: vec![] })?, "sshd", [&text])),
            encode_frame(&(7_u64, place(&Request::Unban { jail: jail.clone(), banned: vec![] })?, "sshd", [&text])),
            encode_frame(&(7_u64, place(&Request::Ignore { jail: jail.clone(), entries: vec![] })?, "sshd", [&text])),
            encode_frame(&(7_u64, place(&unignore(jail))?, "sshd", 0_u32, &text)),
        ];
        for frame in raw {
            let frame = frame?;
            let is_request = read_request(&frame).is_ok();
            let mut sent = what_is_sent_for(&frame)?;
            // A ban list comes with a question for the database, which gives the zone of the list's
            // times.
            sent.retain(|words| words != &["get", "dbfile"]);
            // Asked along with every command that runs actions, whatever the request names.
            sent.retain(|words| *words != ["get", "logtarget"]);
            prop_assert_eq!(sent.len(), usize::from(is_request), "{:?}", sent);
            prop_assert!(sent.iter().all(|words| (2..=4).contains(&words.len())), "{:?}", sent);
        }
    }
}

proptest! {
    // Few of them are requests at all.
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn whatever_bytes_a_request_is_made_of_only_whole_frames_leave(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        place in 0..40_u8,
        text in text(),
    ) {
        what_is_sent_for(&bytes)?;
        // With a known beginning more of them are requests.
        what_is_sent_for(&[&[7, place], bytes.as_slice()].concat())?;
        let length = u8::try_from(text.len() % 128)?;
        what_is_sent_for(&[&[7, place, 4], b"sshd".as_slice(), &[1, length], text.as_bytes()].concat())?;
    }
}

fn unignore(jail: JailName) -> Request {
    Request::Unignore { jail, entry: Listed::from_daemon(String::new()) }
}

/// Returns the place of a request in the table, as it is written.
fn place(request: &Request) -> Result<u32, TestCaseError> {
    let bytes = encode_frame(request)?;
    bytes.first().map(|first| u32::from(*first)).ok_or_else(|| TestCaseError::fail("nothing was written"))
}

/// The commands that a fail2ban sees when a broker gets the request `frame`, if it is one. Fails where
/// one of them is no whole list of words.
fn what_is_sent_for(frame: &[u8]) -> Result<Vec<Vec<String>>, TestCaseError> {
    let Ok(NumberedRequest { request, .. }) = read_request(frame) else { return Ok(Vec::new()) };
    let recorder = Recorder::start()?;
    let client = ClientProgram::new(recorder.socket(), "/".into());
    let broker = Broker::with(ClientProgram { program: "/nowhere".into(), ..client }, None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The recorder refuses everything, so there is an error or nothing to look at.
    drop(runtime.block_on(broker.handle(request)));
    drop(runtime);
    recorder.commands()
}
