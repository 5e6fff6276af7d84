//! `/account/second-factor`: turning the second factor on and off, and its recovery codes.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::{LoggedIn, OwnError, QrCode, RecoveryCode, TotpSecret};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session;
use crate::web::session::csrf_token;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment};

use super::profile::AccountPage;
use super::self_service::{PasswordForm, SelfServiceErrors, rights_changed};

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

/// `GET /account/second-factor`. Its secret belongs to nobody until the form brings it back.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    CurrentUser(who): CurrentUser,
) -> Result<HttpResponse, Error> {
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
    CurrentUser(who): CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let (present, code) = (form.text("current_password")?, form.text("code")?);
    let secret: TotpSecret = form.value("secret")?;
    match state.accounts.enable_second_factor(&who, present, &secret, code).await {
        Ok(codes) => with_codes(page, &state, &session, who, codes).await,
        Err(error) => {
            let mistakes = SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?;
            let again = SecondFactorPage::new(page, &who, &host(&request), &secret, mistakes)?;
            again.mistakes.reply(&again)
        }
    }
}

/// `POST /account/second-factor/off`.
pub(crate) async fn turn_off(
    page: Page,
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    match state.accounts.disable_second_factor(&who, form.text("current_password")?).await {
        Ok(()) => rights_changed(&session, "The second factor is off. Your other sessions have ended."),
        Err(error) => refused(page, &state, who, error).await,
    }
}

/// `POST /account/recovery-codes`. Its answer is the only one that ever shows them.
pub(crate) async fn new_codes(
    page: Page,
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    match state.accounts.new_recovery_codes(&who, form.text("current_password")?).await {
        Ok(codes) => with_codes(page, &state, &session, who, codes).await,
        Err(error) => refused(page, &state, who, error).await,
    }
}

async fn refused(page: Page, state: &State, who: LoggedIn, error: OwnError) -> Result<Reply, Error> {
    let mistakes = SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?;
    let again = AccountPage::load(page, state, who, mistakes).await?;
    again.mistakes().reply(&again)
}

/// One's account with the new codes on it, for a session with a fresh key.
async fn with_codes(
    mut page: Page,
    state: &State,
    session: &Session,
    who: LoggedIn,
    codes: Vec<RecoveryCode>,
) -> Result<Reply, Error> {
    session::renew(session)?;
    page.csrf = csrf_token::masked_token(session)?;
    let shown = AccountPage::load(page, state, who, SelfServiceErrors::default()).await?.with_codes(codes);
    Ok(Reply::page(&shown)?.noting("Recovery codes were shown."))
}

/// The host that the request names, to tell the codes of several machines apart on the phone.
fn host(request: &HttpRequest) -> String {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("BanGUI");
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    }
}
