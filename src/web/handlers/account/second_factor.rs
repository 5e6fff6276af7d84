//! `/account/second-factor`: turning the second factor on and off, and its recovery codes.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::web::{Data, Form, ReqData};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::accounts::{LoggedIn, QrCode, TotpSecret};
use crate::domain::session::SessionNumber;
use crate::web::handlers::account;
use crate::web::problem::error::Error;
use crate::web::session::csrf_token;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment};
use crate::web::{reply, session};

use super::profile::AccountPage;
use super::self_service::{PasswordForm, SelfServiceErrors};

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct SecondFactorPage {
    page: Page,
    qr: QrCode,
    /// The secret to type, in groups of four.
    secret: String,
    mistakes: SelfServiceErrors,
}

impl SecondFactorPage {
    fn new(
        page: Page,
        who: &LoggedIn,
        host: &str,
        secret: &TotpSecret,
        mistakes: SelfServiceErrors,
    ) -> Result<Self, Error> {
        let qr = secret.qr_code(&who.account.name, host)?;
        Ok(Self { page, qr, secret: secret.to_string(), mistakes })
    }
}

/// The present password.
#[derive(Deserialize)]
pub(crate) struct Present {
    current_password: String,
}

/// The secret that the page showed, the present password, and the code that the app shows.
#[derive(Deserialize)]
pub(crate) struct Proof {
    secret: String,
    current_password: String,
    code: String,
}

/// `GET /account/second-factor`. Its secret is nobody's until the form brings it back.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    here: ReqData<SessionNumber>,
) -> Result<HttpResponse, Error> {
    let who = account::self_service::current_login(&page, &here)?;
    let secret = TotpSecret::generate();
    let template = SecondFactorPage::new(page, &who, &host(&request), &secret, SelfServiceErrors::default())?;
    fragment::full_page(&template, StatusCode::OK)
}

/// `POST /account/second-factor`. Its answer is the only one that ever shows the recovery codes.
pub(crate) async fn turn_on(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    here: ReqData<SessionNumber>,
    form: Form<Proof>,
) -> Result<HttpResponse, Error> {
    let who = account::self_service::current_login(&page, &here)?;
    let secret: TotpSecret = form
        .secret
        .parse()
        .map_err(|_| Error::BadInput("The secret is not the one that the page showed.".to_owned()))?;
    match state.accounts.enable_second_factor(&who, &form.current_password, &secret, &form.code).await {
        Ok(codes) => with_codes(page, &state, &session, *here, codes).await,
        Err(error) => {
            let mistakes = SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?;
            let again = SecondFactorPage::new(page, &who, &host(&request), &secret, mistakes)?;
            again.mistakes.to_page(&again)
        }
    }
}

/// `POST /account/second-factor/off`.
pub(crate) async fn turn_off(
    page: Page,
    state: Data<State>,
    session: Session,
    here: ReqData<SessionNumber>,
    form: Form<Present>,
) -> Result<HttpResponse, Error> {
    let who = account::self_service::current_login(&page, &here)?;
    match state.accounts.disable_second_factor(&who, &form.current_password).await {
        Ok(()) => account::self_service::rights_changed(
            &session,
            "The second factor is off. Your other sessions have ended.",
        ),
        Err(error) => {
            refused(page, &state, *here, SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?)
                .await
        }
    }
}

/// `POST /account/recovery-codes`. Its answer is the only one that ever shows them.
pub(crate) async fn new_codes(
    page: Page,
    state: Data<State>,
    session: Session,
    here: ReqData<SessionNumber>,
    form: Form<Present>,
) -> Result<HttpResponse, Error> {
    let who = account::self_service::current_login(&page, &here)?;
    match state.accounts.new_recovery_codes(&who, &form.current_password).await {
        Ok(codes) => with_codes(page, &state, &session, *here, codes).await,
        Err(error) => {
            refused(page, &state, *here, SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?)
                .await
        }
    }
}

async fn refused(
    page: Page,
    state: &State,
    here: SessionNumber,
    mistakes: SelfServiceErrors,
) -> Result<HttpResponse, Error> {
    let again = AccountPage::load(page, state, here, mistakes).await?;
    again.mistakes().to_page(&again)
}

/// One's account with the new codes on it, for a session with a fresh key.
async fn with_codes(
    mut page: Page,
    state: &State,
    session: &Session,
    here: SessionNumber,
    codes: Vec<crate::accounts::RecoveryCode>,
) -> Result<HttpResponse, Error> {
    session::renew(session)?;
    page.csrf = csrf_token::masked_token(session)?;
    let shown = AccountPage::load(page, state, here, SelfServiceErrors::default()).await?.with_codes(codes);
    Ok(reply::with_note(fragment::full_page(&shown, StatusCode::OK)?, "Recovery codes were shown."))
}

/// The host that the request names, to tell the codes of several machines apart on the phone.
fn host(request: &HttpRequest) -> String {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("BanGUI");
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    }
}
