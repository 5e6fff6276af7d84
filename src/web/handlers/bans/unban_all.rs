//! `/unban-all`: everything, in every jail, behind a word.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use serde::Deserialize;

use crate::jail_service::{Filter, MOST_UNDONE, Missing, Selection, Which};
use crate::web::problem::error::Error;
use crate::web::reply;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::page::{Page, by};
use crate::web::view::{assets, format, fragment};

use super::bulk::many;

/// What is to be typed.
const WORD: &str = "UNBAN ALL";

#[derive(Template)]
#[template(path = "bans/unban_all.html")]
struct UnbanAllPage {
    page: Page,
    selection: Selection,
    word: String,
    mistake: Option<String>,
}

impl UnbanAllPage {
    fn many(&self) -> String {
        many(&self.selection)
    }
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    word: String,
}

async fn everything(page: &Page, state: &State) -> Result<Selection, Error> {
    page.require_daemon()?;
    Ok(state.jails.selection(&Which::Listed(Filter::default())).await?)
}

/// `GET /unban-all`: how many, in which jails.
pub(crate) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let selection = everything(&page, &state).await?;
    let shown = UnbanAllPage { page, selection, word: String::new(), mistake: None };
    fragment::whole(&shown, StatusCode::OK)
}

/// `POST /unban-all`: begins it, where `word` is right.
pub(crate) async fn unban(page: Page, state: Data<State>, form: Form<Typed>) -> Result<HttpResponse, Error> {
    let selection = everything(&page, &state).await?;
    if form.word.trim() != WORD {
        let mistake = Some(format!("Type the words {WORD}, in capitals. Nothing was changed."));
        let shown = UnbanAllPage { page, selection, word: form.word.clone(), mistake };
        return fragment::whole(&shown, StatusCode::UNPROCESSABLE_ENTITY);
    }
    if selection.bans() == 0 {
        return Ok(see_other("/bans"));
    }
    state.jails.unban_many(selection, true, by(&page)?)?;
    Ok(reply::begun(see_other("/bans")))
}
