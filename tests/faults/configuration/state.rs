//! What every jail has, as fail2ban's own client library tells it: a reading that owes nothing to our code.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::Command;

use bangui::demo::PrivateDaemon;
use tokio::time::{Duration, Instant, sleep};

const READ: &str = include_str!("state.py");
/// Longer than a restart of every jail takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(15);

/// How much of a value is told.
const MOST: usize = 60;

/// The beginning of a text.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Settings by `JAIL SETTING`, `JAIL ACTION PROPERTY` or `server SETTING`, as JSON; a jail that runs by its name alone.
/// The daemon's directory is written `{dir}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State(BTreeMap<String, String>);

impl State {
    /// Reads everything.
    pub fn of(daemon: &PrivateDaemon) -> Result<Self, Box<dyn Error>> {
        let python = daemon.client().with_file_name("fail2ban-python");
        let read = Command::new(python).args(["-I", "-c", READ]).arg(daemon.socket()).output()?;
        if !read.status.success() {
            let said = String::from_utf8_lossy(&read.stderr).into_owned();
            return Err(said.lines().last().unwrap_or("no answer").into());
        }
        let directory = daemon.directory().to_string_lossy();
        let text = String::from_utf8(read.stdout)?.replace(&*directory, "{dir}");
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        Ok(Self(pairs.map(|(what, value)| (what.to_owned(), value.to_owned())).collect()))
    }

    /// The same after these changes, each of a setting and its value. With the value `gone` a jail or an action goes with
    /// all that it has; with `as beta` a jail comes that has what beta has; `*` stands for any value.
    pub fn with(&self, changes: &[(&str, &str)]) -> Self {
        let mut state = self.clone();
        for (what, value) in changes {
            if *value == "gone" {
                let of_it = format!("{what} ");
                state.0.retain(|key, _| key != what && !key.starts_with(&of_it));
            } else if let Some(other) = value.strip_prefix("as ") {
                let same = |(key, value): (&String, &String)| {
                    let rest =
                        key.strip_prefix(other).filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
                    Some((format!("{what}{rest}"), value.clone()))
                };
                let new: Vec<_> = self.0.iter().filter_map(same).collect();
                state.0.extend(new);
            } else {
                state.0.insert((*what).to_owned(), (*value).to_owned());
            }
        }
        state
    }

    /// Whether it is `other`, with any value where this one has `*`.
    fn agrees(&self, other: &Self) -> bool {
        let same = |((key, value), (other_key, other_value)): ((&String, &String), (&String, &String))| {
            key == other_key && (value == other_value || value == "*")
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(same)
    }

    /// Waits until the daemon has this state, and returns it. The error is how it differs in the end.
    pub async fn comes(&self, daemon: &PrivateDaemon) -> Result<Self, Box<dyn Error>> {
        let begin = Instant::now();
        loop {
            let now = Self::of(daemon);
            match now {
                Ok(now) if self.agrees(&now) => return Ok(now),
                Ok(now) if begin.elapsed() > LIMIT => return Err(self.differences(&now).into()),
                Err(error) if begin.elapsed() > LIMIT => return Err(error),
                Ok(_) | Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// What `other` has differently, for people. The settings of a jail that comes or goes are not told one by one.
    pub fn differences(&self, other: &Self) -> String {
        let jails = |state: &Self| -> Vec<String> {
            state.0.keys().filter(|key| !key.contains(' ')).cloned().collect()
        };
        let (ours, theirs) = (jails(self), jails(other));
        let mut found: Vec<String> = Vec::new();
        found.extend(ours.iter().filter(|jail| !theirs.contains(jail)).map(|jail| format!("{jail}: gone")));
        found.extend(theirs.iter().filter(|jail| !ours.contains(jail)).map(|jail| format!("{jail}: runs")));
        let both = |key: &&String| {
            let jail = key.split(' ').next().unwrap_or_default().to_owned();
            jail == "server" || (ours.contains(&jail) && theirs.contains(&jail))
        };
        let mut keys: Vec<&String> = self.0.keys().chain(other.0.keys()).filter(both).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let (old, new) = (self.0.get(key), other.0.get(key));
            // An action that comes or goes stands in the list of actions already.
            let is_of_an_action = key.split(' ').count() == 3 && (old.is_none() || new.is_none());
            if old != new && !is_of_an_action {
                found.push(format!("{key}: {}", new.map_or("none".to_owned(), |value| short(value, MOST))));
            }
        }
        if found.is_empty() { "as before".to_owned() } else { found.join("; ") }
    }

    /// Whether `jail` runs.
    pub fn runs(&self, jail: &str) -> bool {
        self.0.contains_key(jail)
    }

    /// The jails of this state that `other` does not have, or not so.
    pub fn jails_that_differ(&self, other: &Self) -> Vec<String> {
        let differs = |jail: &&String| {
            let of = |state: &Self| -> Vec<(String, String)> {
                let own = state.0.iter().filter(|(key, _)| key.split(' ').next() == Some(jail.as_str()));
                own.map(|(key, value)| (key.clone(), value.clone())).collect()
            };
            of(self) != of(other)
        };
        self.0.keys().filter(|key| !key.contains(' ')).filter(differs).cloned().collect()
    }
}
