//! What fail2ban says of each jail: whom it bans, and where its actions block.

use std::collections::{BTreeMap, HashSet};

use crate::domain::address::Target;
use crate::domain::jail::{JailName, Unread};
use crate::domain::jail_detail::Action;
use crate::domain::protection::{Family, NotLooked};
use crate::fail2ban::Error;
use crate::fail2ban::daemon::Daemon;

use super::places::{Blocks, blocks};

/// A jail as it stands at one moment.
#[derive(Debug)]
pub(crate) struct Jail {
    pub(crate) name: JailName,
    /// The addresses and networks that it bans. `None` where fail2ban did not tell.
    pub(crate) bans: Option<HashSet<Target>>,
    /// Its actions, with what each does for a family.
    pub(crate) actions: Vec<(String, Family, Blocks)>,
}

impl Jail {
    /// The bans of a family.
    pub(crate) fn bans_of(&self, family: Family) -> HashSet<Target> {
        self.bans.iter().flatten().filter(|ban| Family::of(ban) == family).copied().collect()
    }
}

/// Reads every jail that runs; one that ends meanwhile is left out.
///
/// # Errors
/// fail2ban does not answer.
pub(crate) async fn read(daemon: &Daemon) -> Result<Vec<Jail>, Error> {
    let mut jails = Vec::new();
    for name in daemon.jail_list().await?.names {
        let names = match daemon.action_names(&name).await {
            Ok(names) => names,
            Err(Error::UnknownJail(_)) => continue,
            Err(error) => return Err(error),
        };
        let actions = daemon.raw_actions(&name, names).await?;
        let actions = actions.iter().flat_map(|action| {
            [Family::V4, Family::V6].map(|family| (action.name.clone(), family, blocks_of(action, family)))
        });
        let (actions, bans) = (actions.collect(), bans(daemon, &name).await?);
        jails.push(Jail { name, bans, actions });
    }
    Ok(jails)
}

/// The bans of a jail alone.
pub(crate) async fn bans(daemon: &Daemon, jail: &JailName) -> Result<Option<HashSet<Target>>, Error> {
    match daemon.bans(jail).await {
        Ok(listing) => Ok(Some(listing.bans.iter().filter_map(|ban| ban.banned.target().copied()).collect())),
        Err(Error::UnknownJail(_) | Error::Unreadable(_) | Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn blocks_of(action: &Action, family: Family) -> Blocks {
    let mut known = BTreeMap::new();
    let Ok(properties) = &action.properties else { return Blocks::Unknown(NotLooked::Unread) };
    for property in properties {
        match &property.value {
            Ok(value) => drop(known.insert(property.name.clone(), value.clone().unwrap_or_default())),
            // An action in Python, whose commands nobody knows.
            Err(Unread::NotAsked) => {}
            Err(_) => return Blocks::Unknown(NotLooked::Unread),
        }
    }
    blocks(&action.name, &known, family)
}
