//! The questions that the script puts to the browser and its passkeys, as JSON. Each is kept in the session until
//! the form with the answer comes.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::accounts::PasskeyQuestion;
use crate::domain::account::AccountId;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::session;
use crate::web::session::passkey;
use crate::web::state::State;

/// `GET /login/passkey`: any passkey that verifies its user. It names no account.
pub(crate) async fn of_anybody(
    state: Data<State>,
    session: Session,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    ask(&session, state.accounts.ask_for_any_passkey(site.required()?)?)
}

/// `GET /login/code/passkey`: one of whoever has given their password.
pub(crate) async fn of_half_way(
    state: Data<State>,
    session: Session,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    let half_in = session::pending_second_factor(&session, &state)?.ok_or(Error::NoPage)?;
    of_account(&state, &session, half_in.half_way.account(), &site).await
}

/// `GET /account/passkeys/own`: one of whoever is logged in.
pub(crate) async fn of_own(
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    of_account(&state, &session, who.account.id, &site).await
}

/// `GET /account/passkeys/made`: a new one, after the proof.
pub(crate) async fn to_make(
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    let adding = passkey::adding(&session, &state)?.ok_or(Error::NoPage)?;
    let question = state.accounts.ask_for_new_passkey(&who.account, site.required()?).await?;
    passkey::keep_new_question(&session, adding, question.challenge)?;
    Ok(HttpResponse::Ok().json(question.options))
}

async fn of_account(
    state: &State,
    session: &Session,
    account: AccountId,
    site: &PasskeySite,
) -> Result<HttpResponse, Error> {
    let question = state.accounts.ask_for_own_passkey(account, site.required()?).await?;
    ask(session, question.ok_or(Error::NoPage)?)
}

fn ask(session: &Session, question: PasskeyQuestion) -> Result<HttpResponse, Error> {
    passkey::keep_question(session, &question.challenge)?;
    Ok(HttpResponse::Ok().json(question.options))
}
