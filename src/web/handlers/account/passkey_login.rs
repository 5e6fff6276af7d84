//! `/login/passkey`: the login by a passkey alone.

use actix_session::Session;
use actix_web::web::Data;

use crate::accounts::PasskeyLogIn;
use crate::web::extract::client::Client;
use crate::web::extract::current_user::Browser;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::session::passkey;
use crate::web::state::State;

use super::login::{publish_failure, welcome};

/// One sentence for every reason, so that nobody learns which passkeys and accounts there are.
const REFUSED: &str =
    "This passkey did not log you in. Try again, use another, or log in with your password.";

/// `POST /login/passkey`.
pub(crate) async fn log_in(
    state: Data<State>,
    session: Session,
    client: Client,
    browser: Browser,
    site: PasskeySite,
    form: Form,
) -> Result<Reply, Error> {
    let (next, remember) = (safe_redirect(form.first("next")), form.first("remember").is_some());
    let from = client.address;
    let Some(answer) = passkey::answer(&session, &form, &site)? else {
        return Ok(Reply::refused("/login", "No passkey answered."));
    };
    match state.accounts.log_in_by_passkey(&answer, from).await? {
        PasskeyLogIn::Done(account) => {
            let number = session::log_in(&session, &account, remember, &state)?;
            state.accounts.note_login(account.id, number, browser.0, from).await?;
            Ok(welcome(&state, &account, from, next).await.noting("By a passkey alone."))
        }
        PasskeyLogIn::Refused(why) => {
            publish_failure(&state, from, None).await;
            let note = format!("A passkey was refused: {why}.");
            Ok(Reply::with_message("/login", Flash::bad(REFUSED)).noting(&note))
        }
    }
}
