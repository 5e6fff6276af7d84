//! `POST /server/settings` and `/server/flush-logs`.

use actix_web::web::Data;

use crate::domain::jail::Length;
use crate::domain::server::{LogFlush, ServerChange};
use crate::domain::text::printable;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::format;
use crate::web::view::page::Page;

use super::show::{ServerPage, SettingsForm};

/// Changes the settings whose fields are in the form.
pub(crate) async fn change(page: Page, state: Data<State>, form: Form) -> Result<Reply, Error> {
    let form = SettingsForm::from_fields(&form);
    let changes = match form.changes() {
        Ok(changes) if changes.is_empty() => {
            return Err(Error::BadInput("The form names no setting.".to_owned()));
        }
        Ok(changes) => changes,
        Err(mistakes) => {
            let why = mistakes.all();
            let shown = ServerPage::load(page, &state, form, mistakes).await?;
            return Reply::invalid(&shown, &why);
        }
    };
    state.jails.change_server(&changes).await?;
    let told = changes.iter().map(now).collect::<Vec<_>>().join(" ");
    let until = "This lasts until the next reload or restart.";
    Ok(Reply::with_message("/server", Flash::good(format!("{told} {until}"))))
}

fn now(change: &ServerChange) -> String {
    match change {
        ServerChange::LogLevel(level) => format!("The log level is now {level}."),
        ServerChange::PurgeAge(age) => {
            format!("The database now keeps bans for {}.", format::length(&Length::Seconds(age.seconds())))
        }
        ServerChange::MaxMatches(most) if most.number() == 0 => {
            "The database now keeps no log lines.".to_owned()
        }
        ServerChange::MaxMatches(most) => {
            format!("The database now keeps up to {} log lines for each ban.", most.number())
        }
    }
}

/// Has the daemon reopen its log file.
pub(crate) async fn flush_logs(state: Data<State>) -> Result<Reply, Error> {
    let message = match state.jails.flush_logs().await? {
        LogFlush::RolledOver => Flash::good("fail2ban has reopened its log file."),
        LogFlush::Flushed => Flash::good("fail2ban has flushed its log."),
        LogFlush::NotReopened(reason) => Flash::bad(format!(
            "fail2ban cannot reopen its log file: {}. Its log messages are lost until it can.",
            printable(&reason)
        )),
    };
    Ok(Reply::with_message("/server", message))
}
