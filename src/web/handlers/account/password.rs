//! `/account/password`: one's own password, on the page of the account or on one of its own.

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

use crate::domain::account::Duty;
use crate::web::extract::current_user::CurrentUser;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment, messages};

use super::account_form::AccountForm;
use super::self_service::{PasswordForm, SelfServiceErrors};

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
pub(crate) async fn change(own: AccountForm) -> Result<Reply, Error> {
    let (present, new) = (own.current_password()?, own.form.text("password")?);
    let mistakes = if present == new {
        SelfServiceErrors::new_password("This is the password that you have. Choose another.".to_owned())
    } else {
        match own.state.accounts.new_password(own.who.account.name.as_str(), new) {
            Err(error) => SelfServiceErrors::new_password(messages::explain(&error)),
            Ok(new) => match own.state.accounts.change_password(&own.who, present, new).await {
                Ok(()) => {
                    return own.rights_changed("Your password is changed. Your other sessions have ended.");
                }
                Err(error) => SelfServiceErrors::of_error(error, PasswordForm::Password)?,
            },
        }
    };
    let is_duty = is_duty(&own.request);
    if is_duty || own.form.first("alone").is_some() {
        let name = own.who.account.name.to_string();
        let again = PasswordPage { page: own.page, name, is_duty, mistakes };
        return again.mistakes.reply(&again);
    }
    own.refused(mistakes).await
}

fn is_duty(request: &HttpRequest) -> bool {
    request.extensions().get::<Duty>() == Some(&Duty::ChoosePassword)
}
