//! `/account/second-factor`: turning the second factor on and off, and its recovery codes.

use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

use crate::accounts::{LoggedIn, QrCode};
use crate::domain::account::Duty;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::reply::Reply;
use crate::web::session;
use crate::web::session::offered_secret;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment};

use super::account_form::AccountForm;
use super::ask_factor::AskFactor;
use super::self_service::{PasswordForm, SelfServiceErrors};

const EXPIRED: &str =
    "The secret that you scanned has expired. Remove it from your app, and scan the new one.";

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct SecondFactorPage {
    page: Page,
    qr: QrCode,
    /// The secret to type, in groups of four.
    secret: String,
    /// True if it replaces another.
    replaces: bool,
    ask: AskFactor,
    /// True if it has to be set up before anything else.
    is_duty: bool,
    mistakes: SelfServiceErrors,
}

impl SecondFactorPage {
    async fn load(
        request: &HttpRequest,
        page: Page,
        who: &LoggedIn,
        mistakes: SelfServiceErrors,
    ) -> Result<Self, Error> {
        let state = request.app_data::<Data<State>>().ok_or(Internal::Missing("the state"))?;
        let secret = offered_secret::offer(&session::session_of(request), state)?;
        let ask = AskFactor::load(state, who, &PasskeySite::of_request(request)?).await?;
        let qr = secret.qr_code(&who.account.name, &host(request))?;
        let is_duty = request.extensions().get::<Duty>() == Some(&Duty::SetUpSecondFactor);
        Ok(Self { page, qr, secret: secret.to_string(), replaces: ask.app, ask, is_duty, mistakes })
    }
}

/// `GET /account/second-factor`. Its secret is nobody's until a code of it comes back.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    CurrentUser(who): CurrentUser,
) -> Result<HttpResponse, Error> {
    let shown = SecondFactorPage::load(&request, page, &who, SelfServiceErrors::default()).await?;
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /account/second-factor`. Its answer is the only one that ever shows the recovery codes.
pub(crate) async fn turn_on(own: AccountForm) -> Result<Reply, Error> {
    let factor = own.current_factor()?;
    let (present, code) = (own.current_password()?, own.form.text("code")?);
    let mistakes = match offered_secret::offered(&own.session, &own.state)? {
        None => SelfServiceErrors::new_code(EXPIRED),
        Some(secret) => {
            let accounts = &own.state.accounts;
            match accounts.enable_second_factor(&own.who, present, &factor, &secret, code).await {
                Ok(codes) => {
                    offered_secret::forget(&own.session);
                    return own.with_codes(codes).await;
                }
                Err(error) => SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?,
            }
        }
    };
    let again = SecondFactorPage::load(&own.request, own.page, &own.who, mistakes).await?;
    again.mistakes.reply(&again)
}

/// `POST /account/second-factor/off`.
pub(crate) async fn turn_off(own: AccountForm) -> Result<Reply, Error> {
    let factor = own.current_factor()?;
    match own.state.accounts.disable_second_factor(&own.who, own.current_password()?, &factor).await {
        Ok(()) => own.rights_changed("The second factor is off. Your other sessions have ended."),
        Err(error) => own.refused(SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?).await,
    }
}

/// `POST /account/recovery-codes`. Its answer is the only one that ever shows them.
pub(crate) async fn new_codes(own: AccountForm) -> Result<Reply, Error> {
    let factor = own.current_factor()?;
    match own.state.accounts.new_recovery_codes(&own.who, own.current_password()?, &factor).await {
        Ok(codes) => own.with_codes(codes).await,
        Err(error) => own.refused(SelfServiceErrors::of_error(error, PasswordForm::SecondFactor)?).await,
    }
}

/// The host that the request names, to tell the codes of several machines apart on the phone.
fn host(request: &HttpRequest) -> String {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("BanGUI");
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    }
}
