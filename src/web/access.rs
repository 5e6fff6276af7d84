//! Access levels of routes, and the facts about a request that the table of routes holds.

use actix_web::dev::ServiceRequest;

use crate::domain::account::Role;

/// Access level of a route: who may request it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Any logged-in user.
    Viewer,
    /// Those who may ban and unban.
    Operator,
    /// Those who may do everything.
    Administrator,
}

impl Access {
    /// Returns the least role that may ask; `None` where nobody needs to be logged in.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Public => None,
            Self::Viewer => Some(Role::Viewer),
            Self::Operator => Some(Role::Operator),
            Self::Administrator => Some(Role::Administrator),
        }
    }
}

/// The table of routes, for the middlewares that look into it: it names every handler, so none of what
/// handlers use may import it.
#[derive(Clone, Copy)]
pub(crate) struct RouteTable(pub &'static [Route]);

/// The line of the table that a request is for.
pub(crate) fn requested_route(request: &ServiceRequest) -> Option<&'static Route> {
    let pattern = request.match_pattern()?;
    let method = request.method().as_str();
    request.app_data::<RouteTable>()?.0.iter().find(|route| route.method == method && route.path == pattern)
}

/// A line of the table, for those who walk over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The verb, in capitals.
    pub method: &'static str,
    /// The path, with `{jail}` where a jail's name stands.
    pub path: &'static str,
    /// The access level.
    pub access: Access,
    /// Name of the action in the audit. `None` for what changes nothing but one's own browser.
    pub action: Option<&'static str>,
    /// Further rules for the route.
    pub marks: &'static [Mark],
}

impl Route {
    /// Returns true if the table marks it so.
    #[must_use]
    pub fn is(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// Rules for a route, beside the role it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Asks for the password or a code first if the last proof is over ten minutes old.
    Proved,
    /// The same for a form that lifts whatever matches, once that was confirmed, or lies in a large network: it may be
    /// everything.
    ProvedForMany,
    /// Asks for the password in its own form each time, which is a proof for others.
    Proves,
    /// Pages ask for it by themselves: then it is no use of the session.
    Polled,
    /// About the password or a second factor of an account, which one that the web server in front logs in has not.
    OwnLogin,
    /// Sets up a second factor: reached also by whoever has to do that first.
    SetsFactorUp,
    /// Reached also by whoever has to choose a password or set up a second factor first.
    Always,
}
