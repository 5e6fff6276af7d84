//! Asking for the current second factor in forms of one's own account.

use crate::accounts::{LoggedIn, SecondFactorState};
use crate::domain::account::AccountId;
use crate::domain::passkey::OwnPasskey;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::state::State;

/// Way in which a form asks for the current second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AskFactor {
    /// True if it is asked for.
    pub(crate) asked: bool,
    /// True if an authenticator app is set up.
    pub(crate) app: bool,
    /// True if a passkey does as well, on this page.
    pub(crate) passkey: bool,
}

impl AskFactor {
    /// The way in which forms of `who` ask, on a page of `site`.
    pub(crate) fn of(who: &LoggedIn, has: SecondFactorState, own: &[OwnPasskey], site: &PasskeySite) -> Self {
        Self { asked: has.is_on() && !who.recovered, app: has.app, passkey: is_any_here(own, site) }
    }

    /// The way in which the second step of a login of `account` asks.
    pub(crate) async fn at_login(
        state: &State,
        account: AccountId,
        site: &PasskeySite,
    ) -> Result<Self, Error> {
        let has = state.accounts.second_factor_of(account).await?;
        let own = state.accounts.passkeys_of(account).await?;
        Ok(Self { asked: true, app: has.app, passkey: is_any_here(&own, site) })
    }

    /// The same as [`Self::of`], looked up.
    pub(crate) async fn load(state: &State, who: &LoggedIn, site: &PasskeySite) -> Result<Self, Error> {
        let has = state.accounts.second_factor_of(who.account.id).await?;
        let own = state.accounts.passkeys_of(who.account.id).await?;
        Ok(Self::of(who, has, &own, site))
    }
}

fn is_any_here(own: &[OwnPasskey], site: &PasskeySite) -> bool {
    site.site().is_some_and(|site| own.iter().any(|passkey| passkey.host == site.host))
}
