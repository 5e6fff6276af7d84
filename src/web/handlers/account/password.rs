//! `/account/password`: one's own password, on the page of the account or on one of its own.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::account::Duty;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment, messages};

use super::profile::AccountPage;
use super::self_service::{PasswordForm, SelfServiceErrors, rights_changed};

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    page: Page,
    name: String,
    /// True if it has to be changed before anything else.
    is_duty: bool,
    mistakes: SelfServiceErrors,
}

/// `GET /account/password`: for whoever has to choose one first, or whose account somebody else may know.
pub(crate) async fn page(
    request: HttpRequest,
    page: Page,
    CurrentUser(who): CurrentUser,
) -> Result<HttpResponse, Error> {
    let (name, is_duty) = (who.account.name.to_string(), is_duty(&request));
    let shown = PasswordPage { page, name, is_duty, mistakes: SelfServiceErrors::default() };
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /account/password`.
pub(crate) async fn change(
    request: HttpRequest,
    page: Page,
    state: Data<State>,
    session: Session,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
    form: Form,
) -> Result<Reply, Error> {
    let (present, new) = (form.text("current_password")?, form.text("password")?);
    let mistakes = if present == new {
        SelfServiceErrors::new_password("This is the password that you have. Choose another.".to_owned())
    } else {
        match state.accounts.new_password(who.account.name.as_str(), new) {
            Err(error) => SelfServiceErrors::new_password(messages::explain(&error)),
            Ok(new) => match state.accounts.change_password(&who, present, new).await {
                Ok(()) => {
                    let words = "Your password is changed. Your other sessions have ended.";
                    return rights_changed(&session, &state, &who, words);
                }
                Err(error) => SelfServiceErrors::of_error(error, PasswordForm::Password)?,
            },
        }
    };
    let is_duty = is_duty(&request);
    if is_duty || form.first("alone").is_some() {
        let again = PasswordPage { page, name: who.account.name.to_string(), is_duty, mistakes };
        return again.mistakes.reply(&again);
    }
    let again = AccountPage::load(page, &state, who, &site, mistakes).await?;
    again.mistakes().reply(&again)
}

fn is_duty(request: &HttpRequest) -> bool {
    request.extensions().get::<Duty>() == Some(&Duty::ChoosePassword)
}
