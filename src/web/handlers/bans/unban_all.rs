//! `/unban-all`: everything, in every jail, behind a word.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use askama::Template;
use serde::Deserialize;

use crate::jail_service::{BansToLift, Filter, MOST_UNDONE, Missing, Selection};
use crate::web::problem::error::Error;
use crate::web::reply;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::page::{Page, account_name};
use crate::web::view::{assets, format, fragment, messages};

use super::bulk::count_of_bans;

/// What is to be typed.
const WORD: &str = "UNBAN ALL";

#[derive(Template)]
#[template(path = "bans/unban_all.html")]
struct UnbanAllPage {
    page: Page,
    selection: BansToLift,
    word: String,
    mistake: Option<String>,
}

impl UnbanAllPage {
    fn many(&self) -> String {
        count_of_bans(&self.selection)
    }
}

#[derive(Deserialize)]
pub(crate) struct ConfirmationForm {
    #[serde(default)]
    word: String,
}

async fn everything(page: &Page, state: &State) -> Result<BansToLift, Error> {
    page.require_daemon()?;
    Ok(state.jails.selection(&Selection::Listed(Filter::default())).await?)
}

/// `GET /unban-all`: how many, in which jails.
pub(crate) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let selection = everything(&page, &state).await?;
    let shown = UnbanAllPage { page, selection, word: String::new(), mistake: None };
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /unban-all`: begins it, where `word` is right.
pub(crate) async fn unban(
    page: Page,
    state: Data<State>,
    form: Form<ConfirmationForm>,
) -> Result<HttpResponse, Error> {
    let selection = everything(&page, &state).await?;
    if form.word.trim() != WORD {
        let mistake = Some(format!("Type the words {WORD}, in capitals. Nothing was changed."));
        let shown = UnbanAllPage { page, selection, word: form.word.clone(), mistake };
        return fragment::full_page(&shown, StatusCode::UNPROCESSABLE_ENTITY);
    }
    if selection.bans() == 0 {
        return Ok(see_other("/bans"));
    }
    state.jails.unban_many(selection, true, account_name(&page)?)?;
    Ok(reply::note_started(see_other("/bans")))
}
