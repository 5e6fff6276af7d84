//! Logins that the web server in front makes.

use clap::Args;
use thiserror::Error;

use crate::domain::account::Role;
use crate::domain::proxy_login::{Group, HeaderField};

/// Who is logged in by the web server in front, and as what. Nobody unless a header is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ProxyLogin {
    /// The header in which the web server in front names who it has logged in, as Remote-User. It is read only from a
    /// --trusted-proxy or on a socket of --listen unix:PATH, and that web server has to remove what browsers send under it.
    #[arg(long = "proxy-login-header", value_name = "NAME", env = "BANGUI_PROXY_LOGIN_HEADER")]
    pub user_header: Option<HeaderField>,
    /// The header in which it lists their groups, as Remote-Groups, with commas or | in between.
    #[arg(long = "proxy-login-groups-header", value_name = "NAME", env = "BANGUI_PROXY_LOGIN_GROUPS_HEADER")]
    pub groups_header: Option<HeaderField>,
    /// A group whose members are administrators. May be given several times.
    #[arg(
        long = "proxy-login-administrators",
        value_name = "GROUP",
        env = "BANGUI_PROXY_LOGIN_ADMINISTRATORS",
        value_delimiter = ','
    )]
    pub administrators: Vec<Group>,
    /// A group whose members are operators. May be given several times.
    #[arg(
        long = "proxy-login-operators",
        value_name = "GROUP",
        env = "BANGUI_PROXY_LOGIN_OPERATORS",
        value_delimiter = ','
    )]
    pub operators: Vec<Group>,
    /// A group whose members are viewers. May be given several times. Who is in none of all these groups does not get in.
    #[arg(
        long = "proxy-login-viewers",
        value_name = "GROUP",
        env = "BANGUI_PROXY_LOGIN_VIEWERS",
        value_delimiter = ','
    )]
    pub viewers: Vec<Group>,
}

/// BanGUI does not start, because the login by the web server in front is half set up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProxyLoginError {
    /// Nobody is believed.
    #[error(
        "proxy_login_header has no effect, because no web server in front is believed: let it use a socket (--listen \
         unix:PATH with --proxy-user), or name it with --trusted-proxy"
    )]
    NobodyTrusted,
    /// Nobody gets in.
    #[error(
        "nobody could log in by {0}: name the header with their groups as proxy_login_groups_header, and a group in \
         proxy_login_administrators, proxy_login_operators or proxy_login_viewers"
    )]
    NoGroups(HeaderField),
    /// One header for two things.
    #[error(
        "proxy_login_header and proxy_login_groups_header both name {0}: one holds the name, the other the groups"
    )]
    SameHeader(HeaderField),
    /// Groups without a name.
    #[error(
        "the groups of proxy_login_… have no effect: name the header with the user as proxy_login_header"
    )]
    NoUserHeader,
}

impl ProxyLogin {
    /// The headers with the name and with the groups, where there are logins by the web server in front.
    pub(crate) fn headers(&self) -> Option<(&HeaderField, &HeaderField)> {
        self.user_header.as_ref().zip(self.groups_header.as_ref())
    }

    /// Checks that somebody can log in so. `is_trusting` where some web server in front is believed.
    ///
    /// # Errors
    /// It is half set up.
    pub(crate) fn check(&self, is_trusting: bool) -> Result<(), ProxyLoginError> {
        let has_groups = self.groups().next().is_some();
        match (&self.user_header, &self.groups_header) {
            (None, None) if !has_groups => Ok(()),
            (None, _) => Err(ProxyLoginError::NoUserHeader),
            (Some(_), _) if !is_trusting => Err(ProxyLoginError::NobodyTrusted),
            (Some(user), Some(groups)) if user == groups => Err(ProxyLoginError::SameHeader(user.clone())),
            (Some(_), Some(_)) if has_groups => Ok(()),
            (Some(user), _) => Err(ProxyLoginError::NoGroups(user.clone())),
        }
    }

    /// The highest role that the groups of a header give.
    pub(crate) fn role_in(&self, listed: &str) -> Option<Role> {
        self.groups().filter(|(_, group)| group.is_in(listed)).map(|(role, _)| role).max()
    }

    fn groups(&self) -> impl Iterator<Item = (Role, &Group)> {
        let administrators = self.administrators.iter().map(|group| (Role::Administrator, group));
        let operators = self.operators.iter().map(|group| (Role::Operator, group));
        let viewers = self.viewers.iter().map(|group| (Role::Viewer, group));
        administrators.chain(operators).chain(viewers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn whole() -> Result<ProxyLogin> {
        Ok(ProxyLogin {
            user_header: Some("Remote-User".parse()?),
            groups_header: Some("Remote-Groups".parse()?),
            administrators: vec!["admins".parse()?],
            operators: vec!["ops".parse()?, "night shift".parse()?],
            viewers: vec!["staff".parse()?],
        })
    }

    #[test]
    fn it_is_off_or_whole_and_somebody_is_believed() -> Result {
        let whole = whole()?;
        assert_eq!((ProxyLogin::default().check(false), whole.check(true)), (Ok(()), Ok(())));
        assert_eq!(whole.check(false), Err(ProxyLoginError::NobodyTrusted));
        let user: HeaderField = "Remote-User".parse()?;
        let none = ProxyLogin { groups_header: None, ..whole.clone() };
        assert_eq!(none.check(true), Err(ProxyLoginError::NoGroups(user.clone())));
        let empty = ProxyLogin {
            administrators: Vec::new(),
            operators: Vec::new(),
            viewers: Vec::new(),
            ..whole.clone()
        };
        assert_eq!(empty.check(true), Err(ProxyLoginError::NoGroups(user.clone())));
        let same = ProxyLogin { groups_header: Some(user.clone()), ..whole.clone() };
        assert_eq!(same.check(true), Err(ProxyLoginError::SameHeader(user)));
        let groups = ProxyLogin { user_header: None, ..whole };
        assert_eq!(groups.check(true), Err(ProxyLoginError::NoUserHeader));
        Ok(())
    }

    #[test]
    fn the_highest_role_of_all_groups_counts() -> Result {
        let whole = whole()?;
        for (listed, role) in [
            ("staff,ops", Some(Role::Operator)),
            ("night shift", Some(Role::Operator)),
            ("admins|staff", Some(Role::Administrator)),
            ("staff", Some(Role::Viewer)),
            ("Admins", None),
            ("", None),
        ] {
            assert_eq!(whole.role_in(listed), role, "{listed}");
        }
        Ok(())
    }
}
