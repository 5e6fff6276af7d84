//! The state of the firewall, each part of it read when a jail needs it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tokio::sync::OnceCell;

use crate::domain::address::Target;
use crate::domain::protection::{Family, NotLooked, Place};

use super::entries::Entries;
use super::iptables;
use super::nftables::Ruleset;
use super::rules::{Rule, Table, Verdict, Way};

type Read<T> = OnceCell<Result<T, NotLooked>>;

/// One reading of the firewall.
#[derive(Debug, Default)]
pub(crate) struct Firewall {
    nft: Read<Ruleset>,
    v4: Read<Table>,
    v6: Read<Table>,
    /// Those of both places that iptables has, read where something is not found in the one of `iptables`.
    both_v4: Read<Vec<Table>>,
    both_v6: Read<Vec<Table>>,
    ip_sets: Read<BTreeMap<String, Entries>>,
    routes: Read<Entries>,
}

impl Firewall {
    async fn nft(&self) -> Result<&Ruleset, NotLooked> {
        self.nft.get_or_init(Ruleset::read).await.as_ref().map_err(Clone::clone)
    }

    async fn chains(&self, family: Family) -> Result<&Table, NotLooked> {
        let cell = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        cell.get_or_init(|| iptables::table(family)).await.as_ref().map_err(Clone::clone)
    }

    /// The chains of `iptables` where they hold what is wanted; or those of the other `iptables`, if these do.
    async fn chains_with(
        &self,
        family: Family,
        is_wanted: impl Fn(&Table) -> bool,
    ) -> Result<Option<&Table>, NotLooked> {
        let own = self.chains(family).await?;
        if is_wanted(own) {
            return Ok(Some(own));
        }
        let cell = match family {
            Family::V4 => &self.both_v4,
            Family::V6 => &self.both_v6,
        };
        let both = cell.get_or_init(|| iptables::tables_of_both(family)).await;
        Ok(both.as_ref().map_err(Clone::clone)?.iter().find(|table| is_wanted(table)))
    }

    /// What a place holds; `None` where it does not exist.
    pub(crate) async fn entries(&self, place: &Place) -> Result<Option<Cow<'_, Entries>>, NotLooked> {
        Ok(match place {
            Place::NftSet { family, table, set } => {
                self.nft().await?.set(family, table, set).map(Cow::Borrowed)
            }
            Place::FirewalldRules => Some(Cow::Owned(self.nft().await?.stopped_sources("firewalld"))),
            Place::Chain { family, chain } => {
                let table = self.chains_with(*family, |table| table.0.contains_key(chain)).await?;
                table.and_then(|table| table.0.get(chain)).map(|chain| {
                    let mut entries = Entries::default();
                    let stops = chain.rules.iter().filter(|rule| rule.verdict == Verdict::Stop);
                    // A chain of fail2ban's stops by the verdict that its action names, also by one of the
                    // administrator's.
                    let jumps = chain.rules.iter().filter(|rule| matches!(rule.verdict, Verdict::Jump(_)));
                    stops.chain(jumps).filter_map(|rule| rule.source).for_each(|source| {
                        entries.add(&source.to_string());
                    });
                    Cow::Owned(entries)
                })
            }
            Place::IpSet { set } => {
                let sets = self.ip_sets.get_or_init(iptables::ip_sets).await;
                sets.as_ref().map_err(Clone::clone)?.get(set).map(Cow::Borrowed)
            }
            Place::Routes => {
                let routes = self.routes.get_or_init(iptables::routes).await;
                Some(Cow::Borrowed(routes.as_ref().map_err(Clone::clone)?))
            }
        })
    }

    /// Whether a set of ipset, or of the table of nftables that `place` is in, holds `target`. `None` where there is no
    /// such set, or it was not read.
    pub(crate) fn set_holds(&self, place: &Place, set: &str, target: &Target) -> Option<bool> {
        if let Place::NftSet { family, table, .. } = place {
            let ruleset = self.nft.get()?.as_ref().ok()?;
            return Some(ruleset.set(family, table, set)?.hold(target));
        }
        Some(self.ip_sets.get()?.as_ref().ok()?.get(set)?.hold(target))
    }

    /// The tables in which a rule leads packets to `place`, each with these rules. `None` where no rule is needed.
    pub(crate) async fn ways(
        &self,
        place: &Place,
        family: Family,
    ) -> Result<Option<(&Table, Vec<Way<'_>>)>, NotLooked> {
        Ok(match place {
            Place::FirewalldRules | Place::Routes => None,
            Place::NftSet { table, .. } if table == "firewalld" => None,
            Place::NftSet { family, table, set } => {
                let table = self.nft().await?.table(family, table);
                table.map(|table| (table, table.ways(&|rule| rule.set.as_deref() == Some(set))))
            }
            Place::Chain { family, chain } => {
                let leads = |rule: &Rule| matches!(&rule.verdict, Verdict::Jump(to) | Verdict::Goto(to) if to == chain);
                let table = self.chains_with(*family, |table| table.0.contains_key(chain)).await?;
                table.map(|table| (table, table.ways(&leads)))
            }
            Place::IpSet { set } => {
                let uses = |rule: &Rule| rule.set.as_deref() == Some(set);
                let table = self.chains_with(family, |table| !table.ways(&uses).is_empty()).await?;
                let table = table.unwrap_or(self.chains(family).await?);
                Some((table, table.ways(&uses)))
            }
        })
    }
}
