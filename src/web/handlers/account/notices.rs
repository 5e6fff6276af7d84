//! Actions on the notices of one's own account.

use actix_web::web::Data;

use crate::domain::notice::NoticeId;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::{Reply, safe_redirect};
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;

const ABOUT_THIS_DEVICE: &str = "Nothing was dismissed: one of these notices is about this device. Dismiss them on a device you have used before.";

const OF_PASSWORD: &str =
    "Your other sessions have ended. Now choose a new password: somebody else may know the current one.";
const OF_PROXY: &str = "Your other sessions have ended. Now change your password where the web server in front asks \
                        you to log in: somebody else may know it.";

/// `POST /account/notices/dismiss`: they were seen, and all was well.
pub(crate) async fn dismiss(
    state: Data<State>,
    CurrentUser(who): CurrentUser,
    form: Form,
) -> Result<Reply, Error> {
    let last = NoticeId(form.value("last")?);
    let next = safe_redirect(form.first("next"));
    Ok(match state.accounts.dismiss_notices(&who, last).await? {
        Some(gone) => Reply::done(next).noting(format!("{gone} notices were dismissed.")),
        None => Reply::with_message(next, Flash::bad(ABOUT_THIS_DEVICE)),
    })
}

/// `POST /account/notices/not-me`: ends every other session, and leads to the change of the password, which
/// somebody else knows.
pub(crate) async fn not_me(
    state: Data<State>,
    CurrentUser(who): CurrentUser,
    page: Page,
    form: Form,
) -> Result<Reply, Error> {
    let last = NoticeId(form.value("last")?);
    let ended = state.sessions.end_others(who.account.id, who.session).await?;
    state.accounts.dismiss_notices(&who, last).await?;
    let (path, words) =
        if page.by_proxy { ("/account", OF_PROXY) } else { ("/account/password", OF_PASSWORD) };
    let reply = Reply::with_message(path, Flash::warning(words));
    Ok(reply.noting(format!("Somebody else was there. {ended} other sessions were ended.")))
}
