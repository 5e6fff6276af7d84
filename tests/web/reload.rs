//! Reloads, over HTTP.

use std::error::Error;
use std::fs;

use bangui::demo::{DemoJail, Filter};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Duration, Instant, sleep};

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, protection, until};

mod bans_lost;
mod cost;
mod failed_actions;
mod fit;
mod kept;
mod neighbours;
mod put_back;
mod refused;
mod words;

const JAILS: [&str; 3] = ["for-ever", "sshd", "web"];

/// Three jails, each with settings of its own, and each with bans.
async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let own = Filter::Own(r#"^<HOST> \S+ "GET /admin[^"]*" 40[13]"#.to_owned());
    let site = Site::start(&[
        DemoJail { ban_time: -1, ..DemoJail::new("for-ever", "postfix[mode=auth]") },
        DemoJail::new("sshd", "sshd[mode=aggressive]").with("ignoreip", "192.0.2.0/24 2001:db8:9::/48"),
        DemoJail { filter: own, ..DemoJail::new("web", "") }.with("ignoreregex", "^<HOST> healthcheck"),
    ])
    .await?;
    for (number, jail) in JAILS.iter().enumerate() {
        client(
            &site.daemon,
            &["set", jail, "banip", &format!("203.0.113.{number}"), "198.51.100.0/24", "a-text"],
        )?;
        until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == 3)).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// What protects in a jail, and whom it holds.
type Whole = (Vec<String>, Vec<String>);

/// That of each jail.
fn everything(site: &Site) -> Result<Vec<Whole>, Box<dyn Error>> {
    JAILS.iter().map(|jail| Ok((protection(&site.daemon, jail)?, banned(&site.daemon, jail)?))).collect()
}

/// Asks for the picture of the work until nothing is under way any more; its text.
pub async fn end_of_work(admin: &Visitor) -> Result<Answer, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let picture = admin.part("/server/work").await?;
        assert_eq!(picture.status, 200);
        if picture.attributes("#work", "hx-get")?.is_empty() {
            return Ok(picture);
        }
        if begin.elapsed() > Duration::from_mins(2) {
            return Err(format!("the work did not end: {}", picture.text("#work")?).into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Sends the form at `path` and waits for the end; its picture.
pub async fn work(admin: &Visitor, path: &str) -> Result<Answer, Box<dyn Error>> {
    let answer = admin.post(path, &[]).await?;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text("main")?);
    end_of_work(admin).await
}

/// Agrees to the plan that `picture` shows, and waits for the end; its picture.
pub async fn agree(admin: &Visitor, picture: &Answer) -> Result<Answer, Box<dyn Error>> {
    let (path, plan) = (picture.attributes("#work form:has(.danger)", "action")?, plan_of(picture, "#work")?);
    let answer = admin.post(&path.concat(), &[("plan", &plan)]).await?;
    assert_eq!(answer.status, 303, "{}", answer.text("main")?);
    end_of_work(admin).await
}

/// Sends the form at `path` and agrees to what it costs, where it does.
pub async fn work_agreed(admin: &Visitor, path: &str) -> Result<Answer, Box<dyn Error>> {
    let picture = work(admin, path).await?;
    if picture.texts("#work .danger")?.is_empty() { Ok(picture) } else { agree(admin, &picture).await }
}

/// What stands for the plan in the form below `place`.
pub fn plan_of(page: &Answer, place: &str) -> Result<String, Box<dyn Error>> {
    Ok(page.attributes(&format!("{place} form input[name=plan]"), "value")?.concat())
}

/// Writes what fail2ban reads last of a jail.
pub fn change(site: &Site, text: &str) -> std::io::Result<()> {
    fs::write(site.daemon.config_dir().join("jail.d/more.local"), text)
}

/// Writes what fail2ban reads last of its own settings.
pub fn change_server(site: &Site, text: &str) -> std::io::Result<()> {
    let directory = site.daemon.config_dir().join("fail2ban.d");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("more.local"), format!("[Definition]\n{text}\n"))
}

/// Writes an action that runs nothing when it bans, and `more`.
pub fn add_action(site: &Site, name: &str, more: &str) -> std::io::Result<()> {
    let text = format!("[Definition]\nactionban = true\nactionunban = true\n{more}\n");
    fs::write(site.daemon.config_dir().join(format!("action.d/{name}.conf")), text)
}

/// Writes an action in Python whose constructor does `body`.
pub fn add_python_action(site: &Site, name: &str, body: &str) -> std::io::Result<()> {
    let text = format!(
        "import sys\nfrom fail2ban.server.action import ActionBase\n\nclass Action(ActionBase):\n\
         \tdef __init__(self, jail, name, **options):\n\t\tActionBase.__init__(self, jail, name)\n\t\t{body}\n\
         \tdef start(self): pass\n\tdef stop(self): pass\n\tdef ban(self, info): pass\n\tdef unban(self, info): pass\n"
    );
    fs::write(site.daemon.config_dir().join(format!("action.d/{name}.py")), text)
}

/// The actions of `jail`, as fail2ban's own client tells them.
pub fn actions(site: &Site, jail: &str) -> Result<String, Box<dyn Error>> {
    let told = client(&site.daemon, &["get", jail, "actions"])?;
    Ok(told.lines().skip(1).collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn a_reload_of_one_jail_or_of_all_leaves_every_jail_with_all_that_protects() -> TestResult {
    let (site, admin) = site().await?;
    let before = everything(&site)?;
    let pid = site.daemon.pid()?;
    for (part, title) in [
        ("failregex", "<HOST>"),
        ("actions", "record"),
        ("logpath", "sshd.log"),
        ("ignoreip", "192.0.2.0/24"),
    ] {
        let told = client(&site.daemon, &["get", "sshd", part])?;
        assert!(told.contains(title) || (part == "failregex" && told.contains("Failed")), "{part}: {told}");
    }
    for (path, title) in [
        ("/jails/sshd/reload", "Reload of sshd done"),
        ("/jails/web/reload", "Reload of web done"),
        ("/server/reload", "Reload of all jails done"),
        ("/jails/for-ever/reload", "Reload of for-ever done"),
    ] {
        let answer = admin.post(path, &[]).await?;
        assert_eq!((answer.status, answer.location()), (303, path.trim_end_matches("/reload")));
        let picture = end_of_work(&admin).await?;
        assert_eq!(picture.text("#work h2")?, title);
        assert!(
            picture.text("#work")?.contains("3 jails are running. Bans were kept."),
            "{}",
            picture.text("#work")?
        );
        assert!(picture.texts("#work .hint-line")?.is_empty());
        assert_eq!(everything(&site)?, before, "after {path}");
    }
    assert_eq!(site.daemon.pid()?, pid);
    assert_eq!(admin.get("/jails/sshd?sort=ip").await?.rows()?, ["203.0.113.1", "198.51.100.0/24", "a-text"]);
    Ok(())
}

#[tokio::test]
async fn a_reload_brings_what_the_configuration_says_now() -> TestResult {
    let (site, admin) = site().await?;
    let file = site.daemon.config_dir().join("jail.d/more.local");
    fs::write(file, "[sshd]\nmaxretry = 9\nignoreip = 192.0.2.77\n")?;
    admin.post("/jails/sshd/reload", &[]).await?;
    end_of_work(&admin).await?;
    assert_eq!(admin.get("/jails").await?.cells("data-jail")?["sshd"]["Retries"], "9");
    assert!(client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains("192.0.2.77"));
    Ok(())
}

#[tokio::test]
async fn a_broken_configuration_is_refused_in_fail2bans_words_and_nothing_changes() -> TestResult {
    let (site, admin) = site().await?;
    let before = everything(&site)?;
    let file = site.daemon.config_dir().join("jail.d/more.local");
    for (broken, words, own) in [
        ("[sshd]\nfailregex = ^(unclosed <HOST>\n", "Unable to compile", "/jails/sshd/reload"),
        ("[web]\nfilter = no-such-filter\n", "no-such-filter", "/jails/web/reload"),
        ("[web]\nlogpath = /nowhere/*.log\n", "Have not found any log file for ", "/jails/web/reload"),
        ("no section\n", "more.local", "/jails/for-ever/reload"),
    ] {
        fs::write(&file, broken)?;
        for path in [own, "/server/restart"] {
            admin.post(path, &[]).await?;
            let picture = end_of_work(&admin).await?;
            let title = picture.text("#work h2")?;
            assert!(title.ends_with("refused: the configuration has mistakes"), "{broken:?} {path}: {title}");
            assert!(picture.text("#work pre")?.contains(words), "{}", picture.text("#work pre")?);
            assert!(picture.text("#work")?.contains("Nothing was changed"));
            assert_eq!(everything(&site)?, before, "{broken:?} {path}");
        }
    }
    Ok(())
}

/// A process that fail2ban-client runs for this site, as soon as there is one.
async fn client_process(site: &Site) -> Result<Pid, Box<dyn Error>> {
    let directory = site.daemon.config_dir().to_string_lossy().into_owned();
    let mut found = None;
    until("fail2ban-client runs", || {
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(&directory) && !line.contains("fail2ban-server") {
                found = entry.file_name().to_string_lossy().parse().ok().and_then(Pid::from_raw);
            }
        }
        Ok(found.is_some())
    })
    .await?;
    found.ok_or_else(|| "no process".into())
}

#[tokio::test]
async fn only_one_reload_or_restart_runs_at_a_time() -> TestResult {
    let (site, admin) = site().await?;
    let before = everything(&site)?;
    let first = admin.post("/jails/sshd/reload", &[]);
    let meanwhile = async {
        let process = client_process(&site).await?;
        kill_process(process, Signal::STOP)?;
        let picture = admin.get("/server").await?;
        assert_eq!(picture.text("#work h2")?, "Reload of sshd …");
        assert!(picture.text("#work .count")?.starts_with("by admin"));
        for path in ["/server/reload", "/jails/sshd/reload", "/jails/web/reload", "/server/restart"] {
            let second = admin.post(path, &[]).await?;
            assert_eq!(
                (second.status, second.text("h1")?.as_str()),
                (409, "A reload or restart is in progress"),
                "{path}"
            );
        }
        kill_process(process, Signal::CONT)?;
        Ok::<_, Box<dyn Error>>(())
    };
    let (first, meanwhile) = tokio::join!(first, meanwhile);
    meanwhile?;
    assert_eq!(first?.status, 303);
    assert_eq!(end_of_work(&admin).await?.text("#work h2")?, "Reload of sshd done");
    assert_eq!(everything(&site)?, before);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_the_configuration_has_no_more_is_named_as_gone() -> TestResult {
    let (site, admin) = site().await?;
    let file = site.daemon.config_dir().join("jail.d/more.local");
    fs::write(file, "[web]\nenabled = false\n")?;
    let picture = work(&admin, "/server/reload").await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails needs your confirmation");
    assert!(picture.text("li[data-jail=web]")?.contains("is removed"), "{}", picture.text("#work")?);
    assert!(client(&site.daemon, &["status", "web"]).is_ok());
    let picture = agree(&admin, &picture).await?;
    assert_eq!(picture.text("#work h2")?, "Reload of all jails done");
    assert!(
        picture.text("#work .hint-line")?.contains("No longer running: web."),
        "{}",
        picture.text("#work")?
    );
    assert_eq!(admin.get("/jails/web").await?.status, 404);
    assert_eq!(admin.get("/jails").await?.attributes("tbody tr", "data-jail")?, ["for-ever", "sshd"]);
    Ok(())
}
