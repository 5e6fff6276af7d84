//! Somebody between BanGUI and the real fail2ban, who passes everything on, or does harm to a reply.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The end of a request and of a reply (`fail2ban/protocol.py`, `CSPROTO.END`).
const END: &[u8] = b"<F2B_END_COMMAND>";

/// What becomes of the reply to a command that begins with certain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Harm {
    /// Only so many of its bytes come, then the end of the connection.
    Cut(usize),
    /// Something else comes.
    Instead(Vec<u8>),
    /// It never ends.
    Endless,
    /// It comes byte by byte, with this pause after each.
    Slow(Duration),
    /// It never comes; fail2ban has the command where `passed`.
    Held { passed: bool },
}

#[derive(Debug, Default)]
struct State {
    harm: Option<(String, Harm)>,
    /// The replies to each command that came whole, as fail2ban sent them last.
    replies: Vec<(String, Vec<u8>)>,
    /// Whether a reply is being held.
    holds: bool,
}

/// The one between. It is gone, with its socket, when this is dropped.
pub struct Between {
    socket: PathBuf,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Between {
    /// Listens beside `daemon`, the socket of the real one.
    pub fn start(daemon: &Path) -> io::Result<Self> {
        let socket = daemon.with_file_name("between.sock");
        let listener = UnixListener::bind(&socket)?;
        let state = Arc::<Mutex<State>>::default();
        let (daemon, shared) = (daemon.to_owned(), Arc::clone(&state));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (daemon, state) = (daemon.clone(), Arc::clone(&shared));
                // Whoever goes away in the middle is none of its business.
                tokio::spawn(async move { drop(pass(stream, &daemon, &state).await) });
            }
        });
        Ok(Self { socket, state, task })
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// From now on does `harm` to the replies to `command`.
    pub fn harms(&self, command: &str, harm: Harm) {
        let mut state = lock(&self.state);
        (state.harm, state.holds) = (Some((command.to_owned(), harm)), false);
    }

    /// From now on passes everything on.
    pub fn is_honest(&self) {
        lock(&self.state).harm = None;
    }

    /// Whether a reply is being held.
    pub fn holds(&self) -> bool {
        lock(&self.state).holds
    }

    /// What fail2ban last answered to `command`.
    pub fn reply(&self, command: &str) -> Option<Vec<u8>> {
        let state = lock(&self.state);
        state.replies.iter().find(|(of, _)| of == command).map(|(_, reply)| reply.clone())
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

type Passed<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

async fn pass(mut client: UnixStream, daemon: &Path, state: &Mutex<State>) -> Passed {
    let mut daemon = UnixStream::connect(daemon).await?;
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    while let Some(request) = frame(&mut client, &mut asked).await? {
        let command = words(&request);
        let harm = lock(state).harm.clone().filter(|(of, _)| command.starts_with(of)).map(|(_, harm)| harm);
        if harm == Some(Harm::Held { passed: false }) {
            return hold(&mut client, state).await;
        }
        daemon.write_all(&request).await?;
        let Some(reply) = frame(&mut daemon, &mut answered).await? else { return Ok(()) };
        match harm {
            None => {
                client.write_all(&reply).await?;
                let mut state = lock(state);
                state.replies.retain(|(of, _)| *of != command);
                state.replies.push((command, reply));
            }
            Some(Harm::Held { .. }) => return hold(&mut client, state).await,
            Some(harm) => return do_harm(&mut client, &reply, harm).await,
        }
    }
    Ok(())
}

async fn do_harm(client: &mut UnixStream, reply: &[u8], harm: Harm) -> Passed {
    match harm {
        Harm::Cut(length) => client.write_all(reply.get(..length).ok_or("too short")?).await?,
        Harm::Instead(bytes) => {
            client.write_all(&bytes).await?;
            // Stays, as a daemon would.
            while client.read(&mut [0; 1024]).await? > 0 {}
        }
        Harm::Endless => loop {
            client.write_all(&b"endless ".repeat(1 << 12)).await?;
        },
        Harm::Slow(pause) => {
            for byte in reply {
                client.write_all(&[*byte]).await?;
                sleep(pause).await;
            }
        }
        Harm::Held { .. } => {}
    }
    Ok(())
}

/// Says nothing until the client has gone.
async fn hold(client: &mut UnixStream, state: &Mutex<State>) -> Passed {
    lock(state).holds = true;
    while client.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

/// The next frame with its end; `None` where there are no more.
async fn frame(stream: &mut UnixStream, rest: &mut Vec<u8>) -> Passed<Option<Vec<u8>>> {
    loop {
        if let Some(end) = rest.windows(END.len()).position(|window| window == END) {
            let tail = rest.split_off(end + END.len());
            return Ok(Some(std::mem::replace(rest, tail)));
        }
        if stream.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    }
}

/// The words of a request, with spaces between them; empty for what is no list of words, as a reload is.
fn words(request: &[u8]) -> String {
    let pickle = request.get(..request.len() - END.len()).unwrap_or_default();
    let options = serde_pickle::DeOptions::new().replace_unresolved_globals();
    match serde_pickle::value_from_slice(pickle, options) {
        Ok(serde_pickle::Value::List(words)) => {
            let texts = words.into_iter().filter_map(|word| match word {
                serde_pickle::Value::String(text) => Some(text),
                _ => None,
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}
