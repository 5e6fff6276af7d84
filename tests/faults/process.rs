//! BanGUI's own processes, which can be killed and started again.

use std::error::Error;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::support::{TestResult, until};

/// A user without an account, for whom the system only needs a number.
pub const NOBODY: u32 = 64_203;

/// A process that is killed when this is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` and waits until it has logged `ready`.
    pub async fn start(mut command: Command, log: PathBuf, ready: &str) -> Result<Self, Box<dyn Error>> {
        let output = File::create(&log)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).spawn()?;
        let mut process = Self { child, log };
        until(&format!("it logs {ready:?}"), || {
            let log = process.log()?;
            match process.child.try_wait()? {
                Some(status) => Err(format!("it ended with {status}: {log}").into()),
                None => Ok(log.contains(ready)),
            }
        })
        .await?;
        Ok(process)
    }

    /// What it has logged.
    pub fn log(&self) -> Result<String, Box<dyn Error>> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) -> TestResult {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The most memory that it ever had, in KiB (`VmHWM` of `/proc`).
    pub fn most_memory(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
        Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.kill();
    }
}

/// An address where nobody listens, and where nobody's outgoing connection will be: below the ports that
/// the system gives to those.
pub fn free_address() -> Result<SocketAddr, Box<dyn Error>> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    for _ in 0..1000 {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = (std::process::id().wrapping_mul(37) + u32::from(number)) % 10_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(20_000 + offset)?));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err("no free port".into())
}
