//! The broker's socket in the file system.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
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
        refused(&pair.second_broker().output()?, "another BanGUI listens on");
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

#[tokio::test]
async fn a_directory_that_is_not_roots_or_that_others_may_write_is_refused_and_no_file_changes_hands()
-> TestResult {
    let mut pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    pair.broker.kill()?;
    let directory = pair.socket().parent().ok_or("no directory")?.to_owned();
    let secret = directory.join("data/secret");
    fs::write(&secret, "root's")?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let refuses = |why: &str| -> TestResult {
        refused(&pair.second_broker().output()?, why);
        let about = fs::metadata(&secret)?;
        assert_eq!((about.uid(), about.mode() & 0o777), (0, 0o600), "{why}");
        Ok(())
    };
    // Who can write it can put a link where root is about to give a file away.
    for mode in [0o775, 0o777, 0o1777] {
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode))?;
        refuses("others than its owner may write")?;
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755))?;
    chown(&directory, Some(WEB), None)?;
    refuses(&format!("belongs to user {WEB}"))?;
    chown(&directory, Some(0), None)?;
    let lock = directory.join("broker.sock.lock");
    fs::remove_file(&lock)?;
    symlink(&secret, &lock)?;
    refuses("cannot open")?;
    Ok(())
}

#[tokio::test]
async fn a_hangup_does_not_end_it() -> TestResult {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(pair.address).await?;
    pair.broker.signal(Signal::HUP)?;
    pair.broker.until_logs("SIGHUP changes nothing here").await?;
    assert_eq!(admin.get("/jails").await?.status, 200);
    Ok(())
}
