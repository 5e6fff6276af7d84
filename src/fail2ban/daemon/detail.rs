//! Every setting of a jail. The first round brings the names of its actions, further ones their properties.

use crate::domain::jail::{JailName, Reading};
use crate::domain::jail_detail::{Action, Growth, JailDetail};
use crate::domain::secret::{Secrets, mask_text, masked_with};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::reading::reading;
use crate::fail2ban::protocol::setting::Setting;
use crate::fail2ban::protocol::{command, values};

use super::ignore_list::listed;
use super::{Answers, Daemon, next_answer};

/// The settings that are asked for, in the order in which [`parse_detail`] takes the answers.
pub(crate) const SETTINGS: [Setting; 18] = [
    Setting::LogEncoding,
    Setting::DatePattern,
    Setting::PrefRegex,
    Setting::FailRegex,
    Setting::IgnoreRegex,
    Setting::MaxLines,
    Setting::UseDns,
    Setting::MaxMatches,
    Setting::IgnoreIp,
    Setting::IgnoreSelf,
    Setting::IgnoreCommand,
    Setting::BanTimeFactor,
    Setting::BanTimeFormula,
    Setting::BanTimeMultipliers,
    Setting::BanTimeMaximum,
    Setting::BanTimeRandom,
    Setting::BanTimeOverAllJails,
    Setting::Actions,
];

impl Daemon {
    /// Reads the settings of `jail`, with secrets masked. A setting that cannot be read is reported
    /// in its place.
    pub(crate) async fn detail(&self, jail: &JailName) -> Result<JailDetail, Error> {
        let commands = SETTINGS.map(|setting| Command::Get(jail, setting));
        let answers = self.ask_all(&commands).await?;
        if let Some(Err(error @ Error::UnknownJail(_))) = answers.first() {
            return Err(error.clone());
        }
        let mut answers = answers.into_iter();
        let (detail, names) = parse_detail(&mut answers);
        let actions = match names {
            Ok(names) => Ok(self.raw_actions(jail, names).await?),
            Err(unread) => Err(unread),
        };
        Ok(without_secrets(JailDetail { actions, ..detail }))
    }
}

/// Returns the same settings with the secrets of the actions masked, wherever in the actions and
/// commands they are.
fn without_secrets(detail: JailDetail) -> JailDetail {
    let actions = detail.actions.iter().flatten();
    let properties = actions.clone().flat_map(|action| action.properties.iter().flatten());
    let secrets = Secrets::of_properties(properties);
    let masked = |action: &Action| Action {
        name: action.name.clone(),
        properties: action.properties.as_ref().map(|own| masked_with(own, &secrets)).map_err(Clone::clone),
    };
    let ignore_command = detail.ignore_command.map(|command| command.map(|text| mask_text(&text, &secrets)));
    let actions = detail.actions.map(|actions| actions.iter().map(masked).collect());
    JailDetail { ignore_command, actions, ..detail }
}

/// Reads the first round: everything, and the names of the actions.
pub(crate) fn parse_detail(answers: &mut Answers) -> (JailDetail, Reading<Vec<String>>) {
    let mut take = || next_answer(answers);
    let text = |answer: Result<Value, Error>| reading(answer.and_then(|v| values::optional_text(&v)));
    let length = |answer: Result<Value, Error>| reading(answer.and_then(|v| values::optional_length(&v)));
    let count = |answer: Result<Value, Error>| reading(answer.and_then(|v| command::count(&v)));
    let list = |answer: Result<Value, Error>| reading(answer.and_then(command::texts));
    // A struct's fields are evaluated in the order in which they are written.
    let detail = JailDetail {
        log_encoding: text(take()),
        date_pattern: reading(take().and_then(values::date_pattern)),
        pref_regex: text(take()),
        fail_regex: list(take()),
        ignore_regex: list(take()),
        max_lines: count(take()),
        use_dns: text(take()),
        max_matches: count(take()),
        ignore_list: reading(take().and_then(listed)),
        ignore_self: reading(take().and_then(|value| command::optional_bool(&value))),
        ignore_command: text(take()),
        growth: Growth {
            factor: text(take()),
            formula: text(take()),
            multipliers: text(take()),
            max_time: length(take()),
            random_time: length(take()),
            over_all_jails: text(take()),
        },
        actions: Ok(Vec::new()),
    };
    (detail, list(take()))
}
