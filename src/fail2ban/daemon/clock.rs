//! Finding the clock by which the daemon prints times.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::address::Target;
use crate::domain::daemon_clock::{DaemonClock, DaemonZone, ZoneSource};
use crate::domain::jail::JailName;
use crate::fail2ban::clock::choice::{Candidates, Chosen};
use crate::fail2ban::clock::process::ProcessClock;
use crate::fail2ban::clock::samples::Wanted;
use crate::fail2ban::clock::{MADE, choice, process, samples};
use crate::fail2ban::daemon::Daemon;
use crate::fail2ban::error::Error;

impl Daemon {
    /// Remembers that `targets` were banned in `jail` since `asked`, none of them before.
    pub(crate) fn remember_made(&self, jail: &JailName, targets: &[Target], asked: Timestamp) {
        let now = Timestamp::now();
        if now.duration_since(asked) > samples::SOON {
            return;
        }
        let mut known = self.clock.for_generation(self.generation());
        for target in targets.iter().take(MADE) {
            known.made.push_front((jail.clone(), target.to_string(), asked.as_second(), now.as_second()));
        }
        known.made.truncate(MADE);
    }

    /// Returns the bans of `jail` whose time is known otherwise than from its list. None where the
    /// database cannot be read: the list is worth showing all the same.
    pub(crate) async fn wanted(&self, jail: &JailName) -> Wanted {
        let of = jail.clone();
        let newest = match self.in_database(move |file| samples::newest(file, &of)).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::debug!(%error, "fail2ban's database does not tell when bans began");
                Vec::new()
            }
        };
        let mut wanted = Wanted::default();
        for (entry, earliest, latest) in newest {
            wanted.add(entry, earliest, latest);
        }
        for (of, entry, earliest, latest) in &self.clock.for_generation(self.generation()).made {
            if of == jail {
                wanted.add(entry.clone(), *earliest, *latest);
            }
        }
        wanted
    }

    /// Returns the zones in which the list that was just read may be, and the time when the daemon
    /// started.
    pub(crate) async fn candidates(&self) -> Result<(Candidates, Option<Timestamp>), Error> {
        let process = self.process_clock().await?;
        let last = self.clock.for_generation(self.generation()).chosen.clone();
        let own = tokio::task::spawn_blocking(choice::own_zone).await;
        let own = own.map_err(|error| Error::Unreadable(error.to_string()))?;
        Ok((Candidates { last, process: process.zone.clone(), own }, process.started))
    }

    /// Remembers the zone of a list, for the next one.
    pub(crate) fn remember_zone(&self, chosen: &Chosen) {
        let mut known = self.clock.for_generation(self.generation());
        if known.chosen.as_ref() == Some(chosen) {
            return;
        }
        match &chosen.known {
            Some(zone @ DaemonZone { source: ZoneSource::Bans { contradicts: Some(_) }, .. }) => {
                tracing::warn!(?zone, "fail2ban's time zone is not the one of its process");
            }
            Some(zone) => tracing::debug!(?zone, "fail2ban's time zone"),
            None => tracing::warn!("fail2ban's time zone is not known"),
        }
        known.chosen = Some(chosen.clone());
    }

    /// Returns the facts about the daemon's clock, from the shortest list that has a ban.
    pub async fn clock(&self) -> Result<DaemonClock, Error> {
        let mut shortest: Option<(u64, JailName)> = None;
        for jail in self.jail_names().await? {
            match self.status(&jail).await {
                Ok(status) => match status.banned_now {
                    Ok(0) => {}
                    Ok(number) if shortest.as_ref().is_some_and(|(least, _)| *least <= number) => {}
                    Ok(number) => shortest = Some((number, jail)),
                    Err(unread) => tracing::debug!(?unread, %jail, "no number of bans"),
                },
                Err(error) if error.is_of_the_connection() => return Err(error),
                Err(error) => tracing::debug!(%error, %jail, "no figures of a jail"),
            }
        }
        if let Some((_, jail)) = shortest {
            match self.bans(&jail).await {
                Ok(listing) => return Ok(listing.clock),
                Err(error) if error.is_of_the_connection() => return Err(error),
                Err(error) => tracing::debug!(%error, %jail, "no ban list of a jail"),
            }
        }
        let (candidates, started) = self.candidates().await?;
        Ok(DaemonClock { zone: candidates.choose(&Wanted::default()).known, started })
    }

    async fn process_clock(&self) -> Result<Arc<ProcessClock>, Error> {
        let pid = self.process_id().await?;
        let generation = self.generation();
        if let Some(process) = &self.clock.for_generation(generation).process {
            return Ok(Arc::clone(process));
        }
        let pid = pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0);
        let read =
            tokio::task::spawn_blocking(move || pid.map(process::read_clock).unwrap_or_default()).await;
        let process = Arc::new(read.map_err(|error| Error::Unreadable(error.to_string()))?);
        self.clock.for_generation(generation).process = Some(Arc::clone(&process));
        Ok(process)
    }
}
