//! Requests whose arguments are valid one by one and can be judged only beside what fail2ban holds.

use crate::domain::action_failure::BanChange;
use crate::domain::address::{Banned, Target};
use crate::domain::coverage::{self, Width, width};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::JailName;
use crate::fail2ban::Error;

use super::service::Broker;

impl Broker {
    /// Lifts bans. A text that reads like an option is named to fail2ban only where the jail holds it as banned.
    pub(crate) async fn unban(&self, jail: &JailName, banned: &[Banned]) -> Result<BanChange, Error> {
        if !banned.iter().any(is_like_option) {
            return self.daemon.unban(jail, banned).await;
        }
        let held = self.daemon.bans(jail).await?.bans;
        let is_held = |banned: &&Banned| held.iter().any(|ban| ban.banned == **banned);
        let named: Vec<Banned> =
            banned.iter().filter(|banned| !is_like_option(banned) || is_held(banned)).cloned().collect();
        if named.is_empty() {
            return Ok(BanChange { count: 0, failures: Vec::new() });
        }
        self.daemon.unban(jail, &named).await
    }

    /// Adds entries to an ignore list, unless together with it they are the network of all addresses, which is no
    /// entry either.
    pub(crate) async fn ignore(
        &self,
        jail: &JailName,
        entries: &[IgnoreEntry],
    ) -> Result<Vec<Listed>, Error> {
        let added: Vec<Target> = entries.iter().filter_map(IgnoreEntry::target).collect();
        if added.iter().any(|target| coverage::matters(*target)) {
            let list = self.daemon.ignore_list(jail).await?;
            let present: Vec<Target> = list.iter().filter_map(Listed::target).collect();
            if width(&added, &present) == Width::Everybody {
                return Err(Error::UnsafeArgument("entries that together are all addresses".to_owned()));
            }
        }
        self.daemon.ignore(jail, entries).await
    }
}

fn is_like_option(banned: &Banned) -> bool {
    matches!(banned, Banned::Text(text) if text.starts_with('-'))
}
