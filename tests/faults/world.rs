//! A real fail2ban, the program `bangui serve` in front of it, and an administrator whose browser stays
//! the same through all faults.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use bangui::accounts::Accounts;
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use bangui::storage::Storage;
use tokio::time::{Duration, Instant, sleep};

use crate::faults::ledger::Snapshot;
use crate::faults::process::{Process, free_address};
use crate::support::as_user::{command, program_for_all};
use crate::support::site::{NAME, PASSWORD};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// What is banned from the start.
pub const BANNED: &str = "203.0.113.5";
/// What is kept on the ignore list from the start.
pub const KEPT: &str = "198.51.100.77";
/// Every page that shows fail2ban.
pub const PAGES: [&str; 5] = ["/jails", "/jails/sshd", "/bans", "/unban", "/server"];
const LIMIT: Duration = Duration::from_mins(1);

/// How `bangui serve` is started.
pub struct How {
    /// As whom.
    pub user: u32,
    /// The socket that it is told, as fail2ban's or as a broker's.
    pub reaches: Reaches,
    /// Where its database is.
    pub database: PathBuf,
}

/// Through what `bangui serve` reaches fail2ban.
pub enum Reaches {
    Socket(PathBuf),
    Broker(PathBuf),
}

/// Everything. All of it ends when this is dropped.
pub struct Fixture {
    /// The web server.
    pub bangui: Process,
    /// How it was started.
    pub how: How,
    /// The fail2ban.
    pub daemon: PrivateDaemon,
    /// Who looks.
    pub admin: Visitor,
    address: SocketAddr,
    before: Snapshot,
}

/// A fail2ban with one jail, whose settings are like nobody's defaults.
pub async fn daemon() -> Result<PrivateDaemon, Box<dyn Error>> {
    let jail = DemoJail { max_retry: 7, find_time: 987, ban_time: 4320, ..DemoJail::new("sshd", "sshd") };
    let daemon = PrivateDaemon::start(&[jail]).await?;
    client(&daemon, &["set", "sshd", "banip", BANNED])?;
    until("it is banned", || Ok(banned(&daemon, "sshd")? == [BANNED])).await?;
    Ok(daemon)
}

impl Fixture {
    /// Starts fail2ban, and BanGUI as root on its socket.
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let daemon = daemon().await?;
        let reaches = Reaches::Socket(daemon.socket().to_owned());
        Self::around(daemon, 0, reaches).await
    }

    /// Starts BanGUI as `user` before `daemon`, with a database beside it.
    pub async fn around(daemon: PrivateDaemon, user: u32, reaches: Reaches) -> Result<Self, Box<dyn Error>> {
        let directory = daemon.directory().join("bangui");
        fs::create_dir(&directory)?;
        fs::set_permissions(daemon.directory(), fs::Permissions::from_mode(0o711))?;
        chown(&directory, Some(user), Some(user))?;
        Self::with_database_in(daemon, user, reaches, &directory).await
    }

    /// The same, with its database in `directory`.
    pub async fn with_database_in(
        daemon: PrivateDaemon,
        user: u32,
        reaches: Reaches,
        directory: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let how = How { user, reaches, database: directory.join("bangui.sqlite3") };
        let accounts = Accounts::new(Storage::open(&how.database)?)?;
        accounts.add(NAME.parse()?, PASSWORD.parse()?, Role::Administrator).await?;
        drop(accounts);
        for file in fs::read_dir(directory)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("bangui.sqlite3") {
                chown(file.path(), Some(user), Some(user))?;
            }
        }
        let address = free_address()?;
        let bangui = serve(&how, &daemon, address).await?;
        let admin = Visitor::admin(address).await?;
        let keep = [("ip", KEPT), ("keep", "yes"), ("note", "the office"), ("confirmed", "yes")];
        let page = admin.submit("/jails/sshd/ignore", &keep).await?;
        assert_eq!(page.status, 200, "{}", page.text("main")?);
        let before = Snapshot::read(&how.database)?;
        assert_eq!((before.count("sessions"), before.count("kept ignore entries")), (1, 1));
        let world = Self { bangui, how, daemon, admin, address, before };
        world.tells_the_truth().await?;
        Ok(world)
    }

    /// Starts BanGUI again, at the same address, after it was killed.
    pub async fn start_bangui_again(&mut self) -> TestResult {
        self.bangui = serve(&self.how, &self.daemon, self.address).await?;
        Ok(())
    }

    /// Where it listens.
    pub fn how_to_reach(&self) -> SocketAddr {
        self.address
    }

    /// What is in our database now.
    pub fn ledger(&self) -> Result<Snapshot, Box<dyn Error>> {
        Snapshot::read(&self.how.database)
    }

    /// Every page has this status and title, and shows nothing that could be taken for fail2ban's.
    pub async fn pages_say(&self, status: u16, title: &str) -> Result<String, Box<dyn Error>> {
        if status == 504 {
            // Together, since each waits for its deadline.
            futures_util::future::try_join_all(PAGES.map(|path| self.page_says(path, status, title))).await?;
        } else {
            for path in PAGES {
                self.page_says(path, status, title).await?;
            }
        }
        Ok(format!("{status} “{title}”"))
    }

    async fn page_says(&self, path: &str, status: u16, title: &str) -> TestResult {
        let page = self.admin.get(path).await?;
        assert_eq!((page.status, page.text("h1")?.as_str()), (status, title), "{path}");
        invents_nothing(&page)
    }

    /// What the pages show is what fail2ban's own client says.
    pub async fn tells_the_truth(&self) -> TestResult {
        let jails = self.admin.get("/jails").await?;
        assert_eq!(jails.status, 200, "{}", jails.text("main")?);
        let cells = jails.cells("data-jail")?;
        let cells = cells.get("sshd").ok_or("no row of sshd")?;
        let told = |label: &str| cells.get(label).cloned().unwrap_or_default();
        let held = banned(&self.daemon, "sshd")?;
        assert_eq!(told("Banned now"), held.len().to_string(), "{cells:?}");
        assert_eq!((told("Find time").as_str(), told("Retries").as_str()), ("16 min 27 s", "7"), "{cells:?}");
        assert_eq!(told("Ban time"), "1 h 12 min", "{cells:?}");
        let mut shown = self.admin.get("/jails/sshd").await?.rows()?;
        shown.sort();
        assert_eq!(shown, held);
        Ok(())
    }

    /// Asks until every page comes again and tells the truth; how long that took. Then nothing is lost:
    /// every account, session, row of the audit and kept entry of the start is there, the same browser is
    /// still logged in, and fail2ban ignores what is kept.
    pub async fn recovers(&self) -> Result<Duration, Box<dyn Error>> {
        let begin = Instant::now();
        for path in PAGES {
            while !self.admin.get(path).await.is_ok_and(|page| page.status == 200) {
                if begin.elapsed() > LIMIT {
                    return Err(format!("{path} did not come back").into());
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
        let time = begin.elapsed();
        until("the jail holds its ban", || Ok(banned(&self.daemon, "sshd")?.contains(&BANNED.to_owned())))
            .await?;
        self.tells_the_truth().await?;
        self.nothing_is_lost()?;
        Ok(time)
    }

    /// Everything of the start is there.
    pub fn nothing_is_lost(&self) -> TestResult {
        self.before.is_whole_in(&self.ledger()?)?;
        let ignored = client(&self.daemon, &["get", "sshd", "ignoreip"])?;
        assert!(ignored.contains(KEPT), "{ignored}");
        Ok(())
    }
}

/// The page of an error holds no row, no figure and no setting.
pub fn invents_nothing(page: &Answer) -> TestResult {
    assert!(page.texts("main td, main [data-jail], main [data-ip]")?.is_empty(), "{}", page.text("main")?);
    let words = page.text("main")?;
    for value in ["1 h 12 min", "4320", "987", BANNED, KEPT, "600"] {
        assert!(!words.contains(value), "{value}: {words}");
    }
    Ok(())
}

async fn serve(how: &How, daemon: &PrivateDaemon, address: SocketAddr) -> Result<Process, Box<dyn Error>> {
    let mut command: Command = command(how.user, Path::new(&program_for_all(daemon.directory())?));
    command.args(["serve", "--listen", &address.to_string()]).arg("--database").arg(&how.database);
    match &how.reaches {
        Reaches::Broker(socket) => command.arg("--broker").arg(socket),
        Reaches::Socket(socket) => command
            .arg("--fail2ban-socket")
            .arg(socket)
            .arg("--fail2ban-config")
            .arg(daemon.config_dir())
            .arg("--fail2ban-restart-command")
            .arg(format!("{} -s {} stop", daemon.client().display(), socket.display())),
    };
    Process::start(command, daemon.directory().join("bangui.log"), "listens on http://").await
}
