//! `/confirm`: asks for the password or a code before a form that waits is looked at.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::csrf_token;
use crate::web::session::kept_forms::{KeptForm, KeptForms, Sender, page_of};
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, fragment};

use super::ask_factor::AskFactor;

#[derive(Template)]
#[template(path = "account/confirm.html")]
struct ConfirmPage {
    page: Page,
    name: String,
    id: String,
    kept: KeptForm,
    /// Way in which it asks for a second factor, which does as well as the password.
    ask: AskFactor,
}

impl ConfirmPage {
    /// The way back, without anything done.
    fn back(&self) -> String {
        page_of(&self.kept.path)
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    form: Option<String>,
}

/// `GET /confirm`. Without a form that waits there is nothing to ask for.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    forms: Data<KeptForms>,
    session: Session,
    CurrentUser(who): CurrentUser,
    site: PasskeySite,
    query: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let id = query.form.as_deref().and_then(|id| id.parse().ok());
    let token = csrf_token::stored_token(&session)?;
    let sender = token.map(|token| Sender { account: who.account.id, token });
    let found = sender.zip(id).and_then(|(sender, id)| forms.find(sender, id).map(|kept| (id, kept)));
    let Some((id, kept)) = found else { return Ok(see_other("/")) };
    let ask = AskFactor::load(&state, &who, &site).await?;
    let name = who.account.name.to_string();
    fragment::full_page(&ConfirmPage { page, name, id: id.to_string(), kept, ask }, StatusCode::OK)
}
