//! The start, and the size of the program.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::browser::healthy;
use crate::site::{self, PROGRAM};
use crate::support::Res;
use crate::table::{Figures, Row, ms};

const RUNS: usize = 30;
/// Between two tries to connect.
const TRY: Duration = Duration::from_micros(200);
/// Only a broken program takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The cases.
pub fn start_and_size() -> Res<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    site::prepare(directory.path())?;
    let mut times = Figures::default();
    for _ in 0..RUNS {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = site::command(directory.path(), &address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let mut child = command.spawn()?;
        let time = listening(&mut child, address, begin);
        child.kill()?;
        child.wait()?;
        times.add(ms(time?));
    }
    let median = times.median();
    let measured =
        format!("{median:.1} ms (median of {RUNS}; {:.1} to {:.1} ms)", times.least(), times.most());
    let bytes = fs::metadata(PROGRAM)?.len();
    let size = format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    Ok(vec![
        Row::new("start to listening", "50 ms", measured, Some(median <= 50.0)),
        Row::new("release binary", "20 MB", size, Some(bytes <= 20_000_000)),
    ])
}

/// How long after `begin` somebody could connect; what is there then has to answer.
fn listening(child: &mut Child, address: SocketAddr, begin: Instant) -> Res<Duration> {
    while TcpStream::connect(address).is_err() {
        if let Some(status) = child.try_wait()? {
            return Err(format!("the program ended with {status}").into());
        }
        if begin.elapsed() > PATIENCE {
            return Err("the program does not listen".into());
        }
        sleep(TRY);
    }
    let time = begin.elapsed();
    healthy(address)?;
    Ok(time)
}
