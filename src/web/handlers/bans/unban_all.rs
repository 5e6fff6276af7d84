//! `/unban-all`: everything, in every jail, behind a word.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::jail_service::{BansToLift, Filter, MOST_UNDONE, Missing, Selection};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::state::State;
use crate::web::view::messages::bans::count_of_bans;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

/// Text that the user has to type.
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
    user: CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let selection = everything(&page, &state).await?;
    let word = form.first("word").unwrap_or_default();
    if word.trim() != WORD {
        let why = format!("Type {WORD} in capitals. Nothing was changed.");
        let shown = UnbanAllPage { page, selection, word: word.to_owned(), mistake: Some(why.clone()) };
        return Reply::invalid(&shown, &why);
    }
    if selection.bans() == 0 {
        return Ok(Reply::done("/bans").noting("Nothing was banned."));
    }
    state.jails.unban_many(selection, true, user.name())?;
    Ok(Reply::started("/bans"))
}
