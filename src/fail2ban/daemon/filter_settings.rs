//! The settings of a jail's filter and the source of its lines, to try it elsewhere.

use crate::domain::jail::{JailName, Source};
use crate::fail2ban::error::Error;
use crate::fail2ban::filter_settings::{FilterSettings, FilterSource};
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::Setting;
use crate::fail2ban::protocol::{command, figures, values};

use super::{Daemon, next_answer};

impl Daemon {
    /// Reads the settings of a jail's filter. One that cannot be read is an error: the filter would be another.
    pub(crate) async fn filter_settings(&self, jail: &JailName) -> Result<FilterSettings, Error> {
        let get = |setting| Command::Get(jail, setting);
        let commands = [
            get(Setting::FailRegex),
            get(Setting::IgnoreRegex),
            get(Setting::PrefRegex),
            get(Setting::MaxLines),
            get(Setting::DatePattern),
            Command::GetNamed(jail, "logtimezone"),
            get(Setting::UseDns),
            get(Setting::LogEncoding),
        ];
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let mut take = || next_answer(&mut answers);
        // A struct's fields are evaluated in the order in which they are written.
        Ok(FilterSettings {
            fail_regex: command::texts(take()?)?,
            ignore_regex: command::texts(take()?)?,
            pref_regex: values::optional_text(&take()?)?,
            max_lines: command::count(&take()?)?,
            date_pattern: values::date_pattern(take()?)?.map(|own| (own.pattern, own.name)),
            time_zone: values::optional_text(&take()?)?,
            use_dns: values::optional_text(&take()?)?,
            encoding: values::optional_text(&take()?)?,
        })
    }

    /// Reads what a jail reads.
    pub(crate) async fn filter_source(&self, jail: &JailName) -> Result<FilterSource, Error> {
        let answer = self.ask(Command::JailStatus(jail)).await;
        match figures::jail_status(answer)?.source {
            Ok(Source::Files(paths)) => Ok(FilterSource::Files(paths)),
            // The status joins the matches to one text.
            Ok(Source::Journal(_)) => {
                let matches = self.ask(Command::GetNamed(jail, "journalmatch")).await?;
                let matches = command::list(matches)?.into_iter().map(command::texts);
                Ok(FilterSource::Journal(matches.collect::<Result<_, _>>()?))
            }
            Err(unread) => Err(command::unreadable(&format!("what the jail reads: {unread:?}"))),
        }
    }
}
