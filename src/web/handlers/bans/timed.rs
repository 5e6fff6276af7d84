//! `POST /timed-bans/end`.

use actix_web::web::Data;

use crate::domain::address::Target;
use crate::domain::jail::JailName;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::messages;

/// Ends the timed ban of the address in the field `ip` in the `jail`, which does not hold it now, then goes on to
/// `next`.
pub(crate) async fn end(state: Data<State>, user: CurrentUser, form: Form) -> Result<Reply, Error> {
    let jail: JailName = form.text("jail")?.parse().map_err(|_| Error::NoPage)?;
    let target: Target =
        form.text("ip")?.parse().map_err(|error| Error::BadInput(messages::explain(&error)))?;
    let message = if state.jails.forget_timed_ban(&jail, target, user.name()).await? {
        Flash::good(format!("BanGUI no longer bans {target} in {jail}."))
    } else {
        Flash::bad(format!("No ban of {target} waits for {jail}. Nothing was changed."))
    };
    Ok(Reply::with_message(safe_redirect(form.first("next")), message))
}
