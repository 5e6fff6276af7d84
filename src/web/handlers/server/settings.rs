//! `POST /server/settings` and `/server/flush-logs`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};

use crate::domain::server::{LogFlush, ServerChange};
use crate::domain::text::printable;
use crate::web::extract::form::Fields;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::fragment;
use crate::web::view::page::Page;
use crate::web::{reply, session};

use super::show::{ServerPage, SettingsForm, length_of};

/// Changes the settings whose fields are in the form.
pub(crate) async fn change(
    page: Page,
    state: Data<State>,
    session: Session,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let form = SettingsForm::from_fields(&Fields::parse(&body));
    let changes = match form.changes() {
        Ok(changes) if changes.is_empty() => {
            return Err(Error::BadInput("The form names no setting.".to_owned()));
        }
        Ok(changes) => changes,
        Err(mistakes) => {
            let why = mistakes.all();
            let shown = ServerPage::load(page, &state, form, mistakes).await?;
            let response = fragment::full_page(&shown, StatusCode::UNPROCESSABLE_ENTITY)?;
            return Ok(reply::note_refused(response, &why));
        }
    };
    state.jails.change_server(&changes).await?;
    let told = changes.iter().map(now).collect::<Vec<_>>().join(" ");
    let until = "This holds until the next reload or restart.";
    session::leave_flash(&session, &Flash::good(format!("{told} {until}")))?;
    Ok(see_other("/server"))
}

fn now(change: &ServerChange) -> String {
    match change {
        ServerChange::LogLevel(level) => format!("The log level is now {level}."),
        ServerChange::PurgeAge(age) => {
            format!("The database now keeps bans for {}.", length_of(age.seconds()))
        }
        ServerChange::MaxMatches(most) if most.number() == 0 => {
            "The database now keeps no log lines of a ban.".to_owned()
        }
        ServerChange::MaxMatches(most) => {
            format!("The database now keeps up to {} log lines of each ban.", most.number())
        }
    }
}

/// Has the daemon open its log file anew.
pub(crate) async fn flush_logs(state: Data<State>, session: Session) -> Result<HttpResponse, Error> {
    let flash = match state.jails.flush_logs().await? {
        LogFlush::RolledOver => Flash::good("fail2ban has closed its log file and opened it again."),
        LogFlush::Flushed => Flash::good("fail2ban has written out everything it still held for its log."),
        LogFlush::NotReopened(reason) => Flash::bad(format!(
            "fail2ban has closed its log file and cannot open it again: {}. What it logs is lost until it can.",
            printable(&reason)
        )),
    };
    session::leave_flash(&session, &flash)?;
    Ok(see_other("/server"))
}
