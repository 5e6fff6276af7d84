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
            Self::NoName(name) => format!(
                "The web server in front of BanGUI names you “{name}”, which cannot be an account (letters a to z, \
                 digits and . _ - @, at most 64, so that no name looks like another's): ask its administrator to send \
                 another name."
            ),
            Self::NoGroup(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, who is in none of the groups that may use \
                 BanGUI: ask its administrator to add you to one."
            ),
            Self::LocalAccount(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, but {name} is an account with a password \
                 here: log in with that, or ask an administrator of BanGUI to delete it."
            ),
            Self::OtherCase { sent, known } => format!(
                "The web server in front of BanGUI has logged you in as {sent}, but {known} is an account here, and the \
                 two need not be one person: ask an administrator of BanGUI to delete it if they are."
            ),
            Self::Disabled(name) => format!(
                "The web server in front of BanGUI has logged you in as {name}, but that account is disabled here: ask an \
                 administrator of BanGUI to enable it."
            ),
        }
    }
}
