//! Where the changes are made: a fail2ban with three jails, and the row that each change hands in.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use bangui::demo::{DemoJail, Filter};
use rusqlite::Connection;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client};

use super::super::table::hand_in_change;
use super::change::{Change, End};
use super::page::{Said, press};
use super::state::{State, short};

/// How many characters of a text stand in a row.
const MOST: usize = 240;
const JAILS: [&str; 3] = ["alpha", "beta", "gamma"];

/// A fail2ban with three jails and a ban in each, and BanGUI before it.
pub struct Place {
    pub site: Site,
    pub admin: Visitor,
    /// What there was before the first change.
    start: State,
    /// The files of the last change.
    files: Vec<String>,
}

impl Place {
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let jails = JAILS.map(|name| DemoJail {
            filter: Filter::Own("^.* failed login from <HOST>$".to_owned()),
            ..DemoJail::new(name, "")
        });
        let site = Site::start(&jails).await?;
        for (number, jail) in JAILS.iter().enumerate() {
            client(&site.daemon, &["set", jail, "banip", &format!("203.0.113.{number}")])?;
        }
        let directory = site.daemon.directory();
        for name in ["more.log", "begin.log"] {
            fs::write(directory.join(name), "")?;
        }
        symlink(directory.join("nowhere"), directory.join("dangling.log"))?;
        drop(UnixListener::bind(directory.join("socket.log"))?);
        assert!(Command::new("mkfifo").arg(directory.join("pipe.log")).status()?.success());
        for (name, more) in [("newer", "INSERT INTO fail2banDb VALUES (99)"), ("empty-table", "")] {
            let database = Connection::open(directory.join(format!("{name}.sqlite3")))?;
            database.execute_batch(&format!("CREATE TABLE fail2banDb(version INTEGER); {more}"))?;
        }
        fs::create_dir(site.daemon.config_dir().join("fail2ban.d"))?;
        let two = "[Definition]\nactionban = true\nactionunban = true\n";
        fs::write(site.daemon.config_dir().join("action.d/two.conf"), two)?;
        let admin = Visitor::admin(site.address).await?;
        let start = State::of(&site.daemon)?;
        Ok(Self { site, admin, start, files: Vec::new() })
    }

    /// Writes the files of `change` in the place of those of the last one.
    pub fn write(&mut self, change: &Change) -> TestResult {
        let config_dir = self.site.daemon.config_dir();
        for file in self.files.drain(..) {
            fs::remove_file(config_dir.join(file))?;
        }
        let directory = self.site.daemon.directory().to_string_lossy().into_owned();
        for (path, text) in &change.files {
            fs::write(config_dir.join(path), text.replace("{dir}", &directory))?;
            self.files.push(path.clone());
        }
        Ok(())
    }

    /// Makes a change and presses its button. What the page said, and what every jail has afterwards.
    async fn make(&mut self, change: &Change) -> Result<(Said, String), Box<dyn Error>> {
        let before = State::of(&self.site.daemon)?;
        self.write(change)?;
        let said = press(&self.admin, change.button).await?;
        let has_come = async {
            let expected = self.expected(change, &said, &before)?;
            expected.comes(&self.site.daemon).await
        };
        match has_come.await {
            Ok(after) => Ok((said, before.differences(&after))),
            Err(error) => {
                let now = State::of(&self.site.daemon);
                let now = now.map_or_else(|error| error.to_string(), |now| before.differences(&now));
                Err(format!("{error}.\n    The page said {said:?}\n    Every jail has: {now}").into())
            }
        }
    }

    /// What every jail has to have, where the page said what it had to say.
    fn expected(&self, change: &Change, said: &Said, before: &State) -> Result<State, Box<dyn Error>> {
        match &change.end {
            End::Refused(words) if said.is_refused() && said.text.contains(words) => Ok(before.clone()),
            End::Refused(words) => Err(format!("not refused with {words:?}").into()),
            End::PutBack if !said.is_done() && said.text.contains("The previous state is restored") => {
                Ok(before.clone())
            }
            End::PutBack => Err("it does not say that it put back what was there".into()),
            End::InPart(words, settings)
                if said.title.ends_with("failed in part") && said.text.contains(words) =>
            {
                Ok(before.with(settings))
            }
            End::InPart(words, _) => Err(format!("it does not say {words:?}").into()),
            End::Done(_) | End::Asked(..) | End::Restored if !said.is_done() => Err("not done".into()),
            End::Asked(words, _) if !said.asked.as_ref().is_some_and(|asked| asked.contains(words)) => {
                Err(format!("it does not ask first with {words:?}").into())
            }
            End::Done(settings) | End::Asked(_, settings) => Ok(before.with(settings)),
            End::Restored => Ok(self.start.clone()),
        }
    }
}

/// Goes through changes, one after another, on one fail2ban; after one that goes wrong on a new one. Hands in a row for
/// each.
pub async fn go_through(part: u32, changes: Vec<Change>) -> TestResult {
    let mut place = Place::start().await?;
    let version = client(&place.site.daemon, &["version"])?;
    let mut wrong: Vec<String> = Vec::new();
    let mut last_went_wrong = false;
    for (number, mut change) in (0..).zip(changes) {
        if change.taken_by.is_some_and(|versions| version.starts_with(versions)) {
            change.end = End::Done(Vec::new());
        }
        if last_went_wrong && change.goes_on {
            wrong.push(format!("{}: not tried, as the one before it went wrong", change.name));
            continue;
        }
        match place.make(&change).await {
            Ok((said, after)) => {
                last_went_wrong = false;
                hand_in_change((part, number), &version, &change.name, &row(&place, &said), &after)?;
            }
            Err(error) => {
                last_went_wrong = true;
                wrong.push(format!("{}: {error}", change.name));
                place = Place::start().await?;
            }
        }
    }
    assert!(wrong.is_empty(), "fail2ban {version}:\n{}", wrong.join("\n"));
    Ok(())
}

/// What the page said, for the row.
fn row(place: &Place, said: &Said) -> String {
    let directory = place.site.daemon.directory().to_string_lossy().into_owned();
    let short = |text: &str| short(&text.replace(&directory, "{dir}"), MOST);
    let asked = said.asked.as_ref().map(|_| format!("asks: “{}”; then ", short(&said.plan.join(" "))));
    // A refusal in fail2ban's words always says beside them that nothing was changed.
    let told = match (said.is_refused(), said.words.as_str()) {
        (true, words) if !words.is_empty() => words.to_owned(),
        (_, words) => [said.remarks.as_slice(), &[words.to_owned()]].concat().join(" "),
    };
    let told = if told.trim().is_empty() { String::new() } else { format!(": {}", short(told.trim())) };
    format!("{}“{}”{told}", asked.unwrap_or_default(), said.title)
}
