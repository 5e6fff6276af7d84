//! Questions about present bans that fail2ban's database answers, so that no list is needed.

use std::net::IpAddr;

use crate::domain::address::{Banned, Target};
use crate::domain::ban::Holder;
use crate::domain::daemon_clock::DaemonClock;
use crate::domain::jail::JailName;
use crate::fail2ban::clock::samples::Wanted;
use crate::fail2ban::database::written::{BanTime, WrittenBans};
use crate::fail2ban::database::{holders, written};
use crate::fail2ban::error::{Error, if_readable};
use crate::fail2ban::protocol::command::Command;
use crate::fail2ban::protocol::setting::Setting;
use crate::fail2ban::protocol::{command, values};

use super::{Daemon, next_answer};

impl Daemon {
    /// Returns the bans of `jail` as its database has them; `None` where they cannot be those of its list.
    pub(crate) async fn written_bans(&self, jail: &JailName) -> Result<Option<WrittenBans>, Error> {
        let (candidates, started) = self.candidates().await?;
        let zone = candidates.choose(&Wanted::default()).known;
        let settings = [Setting::BanTime, Setting::BanTimeIncrement];
        let commands = settings.map(|setting| Command::Get(jail, setting));
        let mut answers = self.ask_all(&commands).await?.into_iter();
        let length = values::length(&next_answer(&mut answers)?)?;
        let is_growing = command::optional_bool(&next_answer(&mut answers)?)?.unwrap_or(false);
        let of = jail.clone();
        let read = self.in_database(move |file| written::read(file, &of, BanTime { length, is_growing }));
        let Some((bans, mark)) = if_readable(read.await)?.flatten() else { return Ok(None) };
        Ok(Some(WrittenBans { bans, mark, clock: DaemonClock { zone, started } }))
    }

    /// Returns the jails that hold `address`, by itself or by a network around it; `None` where it takes their lists
    /// to tell: its database knows which networks may be asked for, and one before 0.11.2 cannot be asked.
    pub(crate) async fn holders(&self, address: IpAddr) -> Result<Option<Vec<Holder>>, Error> {
        let address = address.to_canonical();
        if !command::knows_banned(&self.version().await?) {
            return Ok(None);
        }
        let networks = self.in_database(move |file| holders::networks(file, address)).await;
        let Some(networks) = if_readable(networks)? else { return Ok(None) };
        let names: Vec<Target> = networks.into_iter().map(Target::Network).chain([address.into()]).collect();
        let answer = command::list(self.ask(Command::Holders(&names)).await?)?;
        if answer.len() != names.len() {
            return Err(command::unreadable("another number of answers than of addresses"));
        }
        let mut holders = Vec::new();
        for (name, jails) in names.into_iter().zip(answer) {
            for jail in command::texts(jails)? {
                // A jail that nobody can ask about is shown nowhere.
                let Ok(jail) = jail.parse() else { continue };
                holders.push(Holder { jail, banned: Banned::Target(name) });
            }
        }
        Ok(Some(holders))
    }
}
