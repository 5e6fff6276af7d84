//! Where the system looks otherwise than here: BanGUI in a mount namespace of its own, where the socket is
//! mounted as a file, or where systemd holds it.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bangui::demo::{DemoJail, PrivateDaemon};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::time::{Duration, sleep};

use crate::broker::people::require_root;
use crate::support::TestResult;
use crate::support::program::Program;
use crate::support::visitor::{Answer, Visitor};

const PAGES: [&str; 6] = ["/jails", "/jails/sshd", "/bans", "/unban", "/server", "/jails/table"];

/// The answer to `path` when its heading is at last `title`.
async fn until_headed(admin: &Visitor, path: &str, title: &str) -> Result<Answer, Box<dyn Error>> {
    for _ in 0..600 {
        let page = admin.get(path).await?;
        if page.text("h1")? == title {
            return Ok(page);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{path} never said {title:?}").into())
}

#[tokio::test]
async fn a_socket_that_is_mounted_as_a_file_leads_nowhere_after_a_restart_and_the_page_says_so() -> TestResult
{
    require_root()?;
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let place = TempDir::new()?;
    let mounted = place.path().join("f2b.sock");
    fs::write(&mounted, "")?;
    let mount = format!("mount --bind {} {}", daemon.socket().display(), mounted.display());
    let bangui = Program::start_after(&mount, &mounted).await?;
    let admin = Visitor::admin(bangui.address).await?;
    assert_eq!(admin.get("/jails").await?.text("h1")?, "Jails");

    daemon.stop().await?;
    daemon.start_again().await?;
    let page = until_headed(&admin, "/jails", "fail2ban's socket has been replaced").await?;
    assert_eq!(page.status, 502);
    let text = page.text("main")?;
    assert!(text.contains("Mount the directory of the socket instead of the file"), "{text}");
    assert!(!text.contains("f2b.sock"), "{text}");
    Ok(())
}

/// A program in the place of `systemctl`, which says that fail2ban is in the state of the file `state`.
fn systemctl(place: &Path, socket: &Path) -> TestResult {
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' 'Listen={} (Stream)' Id=fail2ban.socket LoadState=loaded ActiveState=active '' \
         Id=fail2ban.service LoadState=loaded ActiveState=$(cat {}/state)\n",
        socket.display(),
        place.display()
    );
    let program = place.join("systemctl");
    fs::write(&program, script)?;
    Ok(fs::set_permissions(program, fs::Permissions::from_mode(0o755))?)
}

#[tokio::test]
async fn no_page_starts_a_fail2ban_that_was_stopped_on_purpose() -> TestResult {
    require_root()?;
    let place = TempDir::new()?;
    let socket = place.path().join("f2b.sock");
    // As systemd does: whoever opens it is noticed here.
    let listener = UnixListener::bind(&socket)?;
    systemctl(place.path(), &socket)?;
    fs::write(place.path().join("state"), "inactive")?;
    let booted = format!(
        "mount -t tmpfs none /run/systemd && mkdir /run/systemd/system && PATH={}:$PATH && export PATH",
        place.path().display()
    );
    let bangui = Program::start_after(&booted, &socket).await?;
    let admin = Visitor::admin(bangui.address).await?;
    for path in PAGES {
        let page = admin.get(path).await?;
        assert_eq!((page.status, page.text("h1")?.as_str()), (502, "fail2ban is stopped"), "{path}");
        let text = page.text("main")?;
        assert!(
            text.contains("stopped it on purpose") && text.contains("sudo systemctl start fail2ban"),
            "{text}"
        );
    }
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    let opened = tokio::time::timeout(Duration::from_millis(500), listener.accept()).await;
    assert!(opened.is_err(), "the socket was opened");

    // systemd hands the very socket to the fail2ban that it starts.
    fs::write(place.path().join("state"), "active")?;
    let asking = async {
        loop {
            if let Err(error) = admin.get("/jails").await {
                return error;
            }
        }
    };
    tokio::select! {
        accepted = listener.accept() => accepted.map(drop).map_err(Into::into),
        error = asking => Err(error),
        () = sleep(Duration::from_mins(1)) => Err("the socket was never opened again".into()),
    }
}
