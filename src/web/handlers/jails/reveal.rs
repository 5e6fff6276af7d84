//! `POST /jails/{jail}/actions/reveal`: an action with its secrets, for administrators.

use askama::Template;

use crate::domain::jail::JailName;
use crate::domain::jail_detail::{ActionName, RawAction};
use crate::web::extract::ban_query::jail_path;
use crate::web::handlers::jail_post::JailForm;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::view::jail_settings::Group;
use crate::web::view::page::Page;
use crate::web::view::shown_value::ShownValue;
use crate::web::view::{assets, jail_settings, messages};

/// The action, whose secrets are on no other page. It is never kept: no answer is that says nothing about
/// caching.
#[derive(Template)]
#[template(path = "jails/reveal.html")]
struct SecretsPage {
    page: Page,
    jail: JailName,
    base: String,
    action: String,
    group: Group,
}

/// Shows the action of the field `action`, for this once.
pub(crate) async fn action(post: JailForm) -> Result<Reply, Error> {
    let JailForm { page, state, jail, form, .. } = post;
    let name: ActionName = form.value("action")?;
    let Some(RawAction(action)) = state.jails.reveal_action(&jail, &name).await? else {
        return Err(Error::BadInput(format!("{jail} has no action “{}” now.", name.as_str())));
    };
    let (base, group) = (jail_path(&jail), jail_settings::action(&action));
    let shown = SecretsPage { page, jail, base, action: action.name, group };
    Ok(Reply::page(&shown)?.noting("Its secrets were shown."))
}
