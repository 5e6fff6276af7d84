//! `/login` and `/logout`.

use std::net::{IpAddr, Ipv4Addr};

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::accounts::LogIn;
use crate::web::audit;
use crate::web::error::Error;
use crate::web::page::Page;
use crate::web::server::State;
use crate::web::session::{self, safe_next};
use crate::web::{assets, fragment};

#[derive(Template)]
#[template(path = "login/login.html")]
struct LoginPage {
    page: Page,
    username: String,
    next: String,
    mistake: Option<&'static str>,
}

#[derive(Deserialize)]
pub(in crate::web) struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::web) struct Login {
    username: String,
    password: String,
    next: Option<String>,
}

/// `GET /login`. While there is no account, leads to where the first one is made.
pub(in crate::web) async fn form(
    page: Page,
    state: Data<State>,
    query: Query<Next>,
) -> Result<HttpResponse, Error> {
    if page.account.is_some() {
        return Ok(see_other("/"));
    }
    if state.setup.is_some() && state.accounts.is_empty().await? {
        return Ok(see_other("/setup"));
    }
    let next = safe_next(query.next.as_deref());
    fragment::whole(&LoginPage { page, username: String::new(), next, mistake: None }, StatusCode::OK)
}

/// `POST /login`.
pub(in crate::web) async fn log_in(
    page: Page,
    request: HttpRequest,
    state: Data<State>,
    session: Session,
    form: Form<Login>,
) -> Result<HttpResponse, Error> {
    let form = form.into_inner();
    let next = safe_next(form.next.as_deref());
    let from = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if let LogIn::Done(account) = state.accounts.log_in(&form.username, &form.password, from).await? {
        session::log_in(&session, &account, false, &state)?;
        tracing::info!(account = %account.name, "logged in");
        return Ok(see_other(&next));
    }
    tracing::warn!(name = ?form.username.chars().take(64).collect::<String>(), "login failed");
    let mistake = "Name or password is wrong.";
    let again = LoginPage { page, username: form.username, next, mistake: Some(mistake) };
    Ok(audit::refused(fragment::whole(&again, StatusCode::UNPROCESSABLE_ENTITY)?, mistake))
}

/// `POST /logout`.
pub(in crate::web) async fn log_out(session: Session) -> HttpResponse {
    session.purge();
    see_other("/login")
}

/// 303 to `path`.
pub(in crate::web) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}
