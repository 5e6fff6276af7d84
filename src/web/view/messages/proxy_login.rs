//! Why somebody whom the web server in front has logged in does not get in, and what to ask for.

use crate::domain::proxy_login::ProxyRefusal;

use super::Explain;

impl Explain for ProxyRefusal {
    fn explain(&self) -> String {
        match self {
            Self::Twice(header) => format!(
                "The web server in front of BanGUI sent {header} more than once, so nobody is believed to be you: ask its \
                 administrator to have it remove what browsers send under that name."
            ),
            Self::NoName => {
                "The web server in front of BanGUI names you in a way that cannot be an account (letters, \
                             digits and . _ - @, at most 64): ask its administrator to send another name."
                    .to_owned()
            }
            Self::NoGroup(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, who is in none of the groups that may use \
                 BanGUI: ask its administrator to add you to one."
            ),
            Self::LocalAccount(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, but {name} is an account with a password \
                 here: log in with that, or ask an administrator of BanGUI to delete it."
            ),
            Self::Disabled(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, but that account is disabled here: ask an \
                 administrator of BanGUI to enable it."
            ),
        }
    }
}
