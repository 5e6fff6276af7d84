//! Which jails run without what a ban takes: a filter, a log, an action.

use crate::domain::jail::{JailStatus, Source};
use crate::domain::lack::{Lack, LackingJail};
use crate::fail2ban::error::Error;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::Setting;
use crate::fail2ban::protocol::{command, figures};

use super::{Answers, Daemon, next_answer};

impl Daemon {
    /// Returns the jails that run and lack something. Two rounds: the names, then three questions about each at once.
    pub(crate) async fn lacking_jails(&self) -> Result<Vec<LackingJail>, Error> {
        let names = self.jail_names().await?;
        let commands: Vec<Command<'_>> = names
            .iter()
            .flat_map(|name| {
                let get = |setting| Command::Get(name, setting);
                [Command::JailStatus(name), get(Setting::FailRegex), get(Setting::Actions)]
            })
            .collect();
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let lacking = names.iter().filter_map(|jail| {
            let lack = lack(&mut answers)?;
            Some(LackingJail { jail: jail.clone(), lack })
        });
        Ok(lacking.collect())
    }
}

/// Reads the answers about one jail. `None` where it lacks nothing, or has ended meanwhile.
fn lack(answers: &mut Answers) -> Option<Lack> {
    let status = figures::jail_status(next_answer(answers));
    let texts = |answer: Result<_, Error>| answer.and_then(command::texts);
    let (filter, actions) = (texts(next_answer(answers)), texts(next_answer(answers)));
    if matches!(status, Err(Error::UnknownJail(_))) {
        return None;
    }
    let reads_nothing =
        |status: &JailStatus| matches!(&status.source, Ok(Source::Files(files)) if files.is_empty());
    let is_unread = |status: &JailStatus| status.source.is_err();
    match (&filter, &status, &actions) {
        (Ok(filter), _, _) if filter.is_empty() => Some(Lack::Filter),
        (_, Ok(status), _) if reads_nothing(status) => Some(Lack::Log),
        (_, _, Ok(actions)) if actions.is_empty() => Some(Lack::Action),
        (Ok(_), Ok(status), Ok(_)) if !is_unread(status) => None,
        _ => Some(Lack::Unread),
    }
}
