//! `POST /bans/networks`: the networks around selected addresses, to be banned.

use std::collections::BTreeMap;

use askama::Template;
use ipnet::IpNet;

use crate::domain::address::{Banned, Target};
use crate::domain::jail::JailName;
use crate::web::extract::ban_key;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::view::ban_term::TermForm;
use crate::web::view::page::Page;
use crate::web::view::{assets, format};

/// Prefix of the network that is offered around an IPv4 address: the smallest that is routed by itself.
const PREFIX_V4: u8 = 24;
/// The same for IPv6: what one customer gets.
const PREFIX_V6: u8 = 64;

/// The question which of the networks to ban.
#[derive(Template)]
#[template(path = "bans/networks.html")]
struct NetworksPage {
    page: Page,
    networks: Vec<AroundSelected>,
    /// How long they are to be banned: nothing is chosen yet.
    term: TermForm,
    /// The page to go back to.
    next: String,
}

/// A network around selected addresses of a jail.
struct AroundSelected {
    jail: JailName,
    network: IpNet,
    /// Number of selected addresses in it.
    number: usize,
}

impl AroundSelected {
    fn key(&self) -> String {
        ban_key::format_ban_key(&self.jail, self.network)
    }
}

/// Asks which networks to ban, of those around each selected `ban`.
pub(crate) async fn ask(page: Page, form: Form) -> Result<Reply, Error> {
    let next = safe_redirect(form.first("next"));
    let networks = around(&ban_key::read_all(form.all("ban"))?);
    if networks.is_empty() {
        let none = "There is no network to ban: select at least one address.";
        return Ok(Reply::with_message(next, Flash::bad(none)));
    }
    Reply::question(
        &NetworksPage { page, networks, term: TermForm::default(), next },
        "It was asked first which networks.",
    )
}

/// The network around each address, once for each jail.
fn around(bans: &[(JailName, String)]) -> Vec<AroundSelected> {
    let mut numbers: BTreeMap<(&JailName, IpNet), usize> = BTreeMap::new();
    for (jail, entry) in bans {
        let Banned::Target(Target::Address(address)) = Banned::from_daemon(entry) else { continue };
        let prefix = if address.is_ipv4() { PREFIX_V4 } else { PREFIX_V6 };
        if let Ok(network) = IpNet::new(address, prefix) {
            *numbers.entry((jail, network.trunc())).or_default() += 1;
        }
    }
    let found = numbers.into_iter();
    found.map(|((jail, network), number)| AroundSelected { jail: jail.clone(), network, number }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_come_to_one_in_each_jail() -> Result<(), Error> {
        let words = [
            "sshd/203.0.113.5",
            "sshd/203.0.113.9",
            "web/203.0.113.5",
            "web/2001:db8::1",
            "web/a%20b",
            "web/10.0.0.0%2F8",
        ];
        let networks = around(&ban_key::read_all(words.into_iter())?);
        let shown: Vec<String> = networks.iter().map(|one| format!("{} {}", one.key(), one.number)).collect();
        assert_eq!(
            shown,
            ["sshd/203.0.113.0%2F24 2", "web/203.0.113.0%2F24 1", "web/2001%3Adb8%3A%3A%2F64 1"]
        );
        Ok(())
    }
}
