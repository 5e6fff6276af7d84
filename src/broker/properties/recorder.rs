//! A fail2ban that refuses everything and remembers it, cutting at each end marker as the real one does.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::thread::JoinHandle;

use memchr::memmem;
use proptest::test_runner::TestCaseError;
use tempfile::TempDir;

use crate::domain::text::END_OF_MESSAGE;

/// `(1, None)`.
const REFUSAL: &[u8] = b"\x80\x04K\x01N\x86.<F2B_END_COMMAND>";

pub(crate) struct Recorder {
    directory: TempDir,
    thread: JoinHandle<std::io::Result<Vec<u8>>>,
}

impl Recorder {
    pub(crate) fn start() -> std::io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let listener = UnixListener::bind(directory.path().join("s"))?;
        let thread = std::thread::spawn(move || record(&listener));
        Ok(Self { directory, thread })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Everything it was told.
    pub(crate) fn commands(self) -> Result<Vec<Vec<String>>, TestCaseError> {
        // Wakes it where nobody has connected.
        drop(std::os::unix::net::UnixStream::connect(self.socket()));
        let told = self.thread.join().map_err(|_| TestCaseError::fail("the recorder ended early"))??;
        let mut rest = told.as_slice();
        let mut commands = Vec::new();
        while let Some(end) = memmem::find(rest, END_OF_MESSAGE.as_bytes()) {
            let (frame, behind) = rest.split_at(end);
            commands
                .push(words_of(frame).map_err(|error| TestCaseError::fail(format!("{frame:?}: {error}")))?);
            rest = &behind[END_OF_MESSAGE.len()..];
        }
        if rest.is_empty() { Ok(commands) } else { Err(TestCaseError::fail(format!("{rest:?} is no frame"))) }
    }
}

/// A frame without its marker, which has to be one whole pickle: a request is of protocol 3, which
/// replies never are.
pub(crate) fn words_of(frame: &[u8]) -> serde_pickle::Result<Vec<String>> {
    serde_pickle::from_slice(frame, serde_pickle::DeOptions::new())
}

fn record(listener: &UnixListener) -> std::io::Result<Vec<u8>> {
    let (mut stream, _) = listener.accept()?;
    let (mut told, mut answered) = (Vec::new(), 0);
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(told);
        }
        told.extend_from_slice(&buffer[..count]);
        let complete = memmem::find_iter(&told, END_OF_MESSAGE.as_bytes()).count();
        for _ in answered..complete {
            stream.write_all(REFUSAL)?;
        }
        answered = complete;
    }
}
