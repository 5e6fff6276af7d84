//! `/accounts/require/second-factor`: who has to have a second factor.

use actix_web::web::Data;

use crate::domain::account::Role;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;

/// `POST /accounts/require/second-factor`.
pub(crate) async fn demand(state: Data<State>, form: Form) -> Result<Reply, Error> {
    let least = match form.text("least")? {
        "" => None,
        _ => Some(form.value::<Role>("least")?),
    };
    state.accounts.set_second_factor_from(least).await?;
    let words = match least {
        None => "Nobody has to set up two-factor authentication.",
        Some(Role::Viewer) => "Everybody has to have two-factor authentication now.",
        Some(Role::Operator) => "Operators and administrators have to have two-factor authentication now.",
        Some(Role::Administrator) => "Administrators have to have two-factor authentication now.",
    };
    Ok(Reply::with_message("/accounts", Flash::good(words)))
}
