//! `/account/passkeys`: adding and removing one's own passkeys.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::accounts::{AddPasskeyError, LoggedIn};
use crate::domain::passkey::{NoPasskeys, OwnPasskey, PasskeyId, PasskeyName};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::session::passkey;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment, messages};

use super::account_form::AccountForm;
use super::ask_factor::AskFactor;
use super::self_service::{PasswordForm, SelfServiceErrors};

const ADD: &str = "/account/passkeys/new";

#[derive(Template)]
#[template(path = "account/add_passkey.html")]
struct AddPage {
    page: Page,
    here: Result<String, NoPasskeys>,
    /// The name that may be added now, after the proof.
    ready: Option<PasskeyName>,
    name: String,
    name_mistake: Option<String>,
    ask: AskFactor,
    mistakes: SelfServiceErrors,
}

#[derive(Template)]
#[template(path = "account/remove_passkey.html")]
struct RemovePage {
    page: Page,
    passkey: OwnPasskey,
    /// True if the password alone logs in afterwards.
    is_last_factor: bool,
    ask: AskFactor,
    mistakes: SelfServiceErrors,
}

/// `GET /account/passkeys/new`. First the proof, then the passkey.
pub(crate) async fn add_page(
    page: Page,
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
) -> Result<HttpResponse, Error> {
    let ready = passkey::adding(&session, &state)?.map(|adding| adding.name);
    let (ask, mistakes) = (AskFactor::load(&state, &who, &site).await?, SelfServiceErrors::default());
    let here = site.0.map(|site| site.host);
    let shown = AddPage { page, here, ready, name: String::new(), name_mistake: None, ask, mistakes };
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /account/passkeys/new`: the proof, after which a passkey may be added for some minutes.
pub(crate) async fn begin(own: AccountForm) -> Result<Reply, Error> {
    let typed = own.form.text("name")?;
    let (name_mistake, mistakes) = match typed.parse::<PasskeyName>() {
        Err(error) => (Some(messages::explain(&error)), SelfServiceErrors::default()),
        Ok(name) => {
            let factor = own.current_factor()?;
            match own.state.accounts.confirm(&own.who, own.current_password()?, Some(&factor)).await {
                Ok(_) => {
                    session::proof::note(&own.session, &own.state)?;
                    passkey::begin_adding(&own.session, &own.state, name)?;
                    return Ok(Reply::done(ADD).noting("The password was right. The passkey was asked for."));
                }
                Err(error) => (None, SelfServiceErrors::of_error(error, PasswordForm::Passkey)?),
            }
        }
    };
    let name = typed.to_owned();
    let ask = AskFactor::load(&own.state, &own.who, &own.site).await?;
    let here = own.site.0.map(|site| site.host);
    let again = AddPage { page: own.page, here, ready: None, name, name_mistake, ask, mistakes };
    match &again.name_mistake {
        Some(mistake) => Reply::invalid(&again, mistake),
        None => again.mistakes.reply(&again),
    }
}

/// `POST /account/passkeys`: the passkey that the browser made.
pub(crate) async fn add(own: AccountForm) -> Result<Reply, Error> {
    let Some((name, answer)) = passkey::take_new(&own.session, &own.state, &own.form, &own.site)? else {
        return Ok(Reply::with_message(ADD, Flash::bad(TOO_LATE)));
    };
    let shown = name.to_string();
    let words = match own.state.accounts.add_passkey(&own.who, name, &answer).await {
        Ok(None) => {
            let words = format!("The passkey “{shown}” was added. Your other sessions have ended.");
            return own.rights_changed(&words);
        }
        Ok(Some(codes)) => return own.with_codes(codes).await,
        Err(AddPasskeyError::TooLate) => TOO_LATE,
        Err(AddPasskeyError::NoRoom) => {
            "Nothing was added: this passkey is there already, or you have as many as one account may have."
        }
        Err(AddPasskeyError::Wrong(error)) => {
            tracing::info!(%error, "a new passkey was refused");
            "Nothing was added: the answer of the authenticator was not right. Try again, or use another one."
        }
        Err(AddPasskeyError::Own(error)) => {
            return SelfServiceErrors::of_error(error, PasswordForm::Passkey)
                .map(|_| Reply::with_message(ADD, Flash::bad(CHANGED)));
        }
    };
    Ok(Reply::with_message(ADD, Flash::bad(words)))
}

const TOO_LATE: &str = "Nothing was added: it took too long. Please begin again.";
const CHANGED: &str = "Nothing was added: your account was changed meanwhile.";

#[derive(Deserialize)]
pub(crate) struct Which {
    passkey: PasskeyId,
}

/// `GET /account/passkeys/remove`.
pub(crate) async fn remove_page(
    page: Page,
    state: Data<State>,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
    query: Query<Which>,
) -> Result<HttpResponse, Error> {
    let none = SelfServiceErrors::default();
    let shown = load_removal(page, &state, &who, &site, query.passkey, none).await?;
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /account/passkeys/remove`.
pub(crate) async fn remove(own: AccountForm) -> Result<Reply, Error> {
    let id = own.form.value("number")?;
    let factor = own.current_factor()?;
    let none = SelfServiceErrors::default();
    let asked = load_removal(own.page.clone(), &own.state, &own.who, &own.site, id, none).await?;
    match own.state.accounts.remove_passkey(&own.who, own.current_password()?, &factor, id).await {
        Ok(()) => {
            let left = if asked.is_last_factor { " Your password alone logs you in now." } else { "" };
            let name = &asked.passkey.name;
            let words = format!("The passkey “{name}” was removed.{left} Your other sessions have ended.");
            own.rights_changed(&words)
        }
        Err(error) => {
            let mistakes = SelfServiceErrors::of_error(error, PasswordForm::Passkey)?;
            let again = RemovePage { mistakes, ..asked };
            again.mistakes.reply(&again)
        }
    }
}

async fn load_removal(
    page: Page,
    state: &State,
    who: &LoggedIn,
    site: &PasskeySite,
    id: PasskeyId,
    mistakes: SelfServiceErrors,
) -> Result<RemovePage, Error> {
    let own = state.accounts.passkeys_of(who.account.id).await?;
    let has = state.accounts.second_factor_of(who.account.id).await?;
    let ask = AskFactor::of(who, has, &own, site);
    let is_last_factor = !has.app && own.len() == 1;
    let passkey = own.into_iter().find(|passkey| passkey.id == id).ok_or(Error::NoPage)?;
    Ok(RemovePage { page, passkey, is_last_factor, ask, mistakes })
}
