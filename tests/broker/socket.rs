//! The broker's socket in the file system.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::process::Output;

use bangui::demo::DemoJail;
use rustix::process::Signal;

use crate::broker::pair::Pair;
use crate::broker::people::{WEB, said};
use crate::support::TestResult;
use crate::support::visitor::Visitor;

fn refused(output: &Output, why: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(said(output).contains(why), "{}", said(output));
}

#[tokio::test]
async fn it_belongs_to_the_one_user_and_goes_with_the_broker() -> TestResult {
    let mut pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let about = fs::symlink_metadata(pair.socket())?;
    assert!(about.file_type().is_socket());
    assert_eq!((about.uid(), about.mode() & 0o777), (WEB, 0o600));
    pair.broker.signal(Signal::TERM)?;
    assert!(pair.broker.ended()?);
    assert!(!pair.socket().exists());
    Ok(())
}

#[tokio::test]
async fn a_live_brokers_socket_is_never_taken_and_a_dead_ones_is() -> TestResult {
    let mut pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    // Also one that hangs is alive.
    for signal in [Signal::CONT, Signal::STOP] {
        pair.broker.signal(signal)?;
        refused(&pair.second_broker().output()?, "another broker listens on");
    }
    pair.broker.signal(Signal::CONT)?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    pair.broker.kill()?;
    pair.start_broker_again().await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn what_is_no_socket_is_not_removed() -> TestResult {
    let mut pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    pair.broker.kill()?;
    fs::remove_file(pair.socket())?;
    fs::write(pair.socket(), "somebody's work")?;
    refused(&pair.second_broker().output()?, "exists and is no socket");
    assert_eq!(fs::read_to_string(pair.socket())?, "somebody's work");
    Ok(())
}
