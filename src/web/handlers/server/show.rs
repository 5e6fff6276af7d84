//! `/server`: the daemon itself, and what is under way on it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use strum::VariantArray as _;

use crate::domain::jail::Length;
use crate::domain::server::{LogLevel, MaxMatches, PurgeAge, ServerChange, ServerSettings};
use crate::fail2ban::client_program::restart::RestartWay;
use crate::jail_service::{Health, JobOutcome, JobState};
use crate::web::extract::form::Fields;
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::state::State;
use crate::web::view::page::{DaemonState, Page};
use crate::web::view::reload_plan::PlanWords;
use crate::web::view::{assets, format, fragment, job_progress, messages, reload_plan};

#[derive(Template)]
#[template(path = "server/show.html")]
pub(crate) struct ServerPage {
    page: Page,
    health: Health,
    process: Option<i32>,
    restart: RestartWay,
    work: JobState,
    settings: ServerSettings,
    form: SettingsForm,
    mistakes: SettingsErrors,
}

/// Settings as they were entered; `None` where the form had no such field.
#[derive(Debug, Default)]
pub(crate) struct SettingsForm {
    log_level: Option<String>,
    purge_age: Option<String>,
    max_matches: Option<String>,
}

/// Error of each field.
#[derive(Debug, Default)]
pub(crate) struct SettingsErrors {
    log_level: Option<String>,
    purge_age: Option<String>,
    max_matches: Option<String>,
}

impl SettingsForm {
    /// Takes the settings out of a form.
    pub(crate) fn from_fields(fields: &Fields) -> Self {
        let field = |name| fields.first(name).map(str::to_owned);
        Self {
            log_level: field("loglevel"),
            purge_age: field("dbpurgeage"),
            max_matches: field("dbmaxmatches"),
        }
    }

    /// Returns the changes to make, the database first: there fail2ban may refuse.
    pub(crate) fn changes(&self) -> Result<Vec<ServerChange>, SettingsErrors> {
        let purge_age = self.purge_age.as_deref().map(str::parse::<PurgeAge>).transpose();
        let max_matches = self.max_matches.as_deref().map(str::parse::<MaxMatches>).transpose();
        let log_level = self.log_level.as_deref().map(str::parse::<LogLevel>).transpose();
        match (purge_age, max_matches, log_level) {
            (Ok(purge_age), Ok(max_matches), Ok(log_level)) => Ok([
                purge_age.map(ServerChange::PurgeAge),
                max_matches.map(ServerChange::MaxMatches),
                log_level.map(ServerChange::LogLevel),
            ]
            .into_iter()
            .flatten()
            .collect()),
            (purge_age, max_matches, log_level) => Err(SettingsErrors {
                log_level: log_level.err().as_ref().map(messages::explain),
                purge_age: purge_age.err().as_ref().map(messages::explain),
                max_matches: max_matches.err().as_ref().map(messages::explain),
            }),
        }
    }
}

impl SettingsErrors {
    /// All of them, as one text.
    pub(crate) fn all(&self) -> String {
        let all = [&self.log_level, &self.purge_age, &self.max_matches];
        all.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl ServerPage {
    /// Reads everything about the daemon.
    pub(crate) async fn load(
        page: Page,
        state: &State,
        form: SettingsForm,
        mistakes: SettingsErrors,
    ) -> Result<Self, Error> {
        page.require_daemon()?;
        let Some(DaemonState::Answers(health)) = page.daemon.clone() else {
            return Err(Internal::NoVersion.into());
        };
        let process = state.jails.process_id().await?;
        let restart = state.jails.restart_way().await?;
        let settings = state.jails.server_settings().await?;
        let work = job_progress::on_page(&page, state);
        Ok(Self { page, health, process, restart, work, settings, form, mistakes })
    }

    /// Returns true if its database is known to be switched off.
    fn without_database(&self) -> bool {
        self.settings.database == Ok(None)
    }

    /// Returns the content of the field of the purge age.
    fn purge_age(&self) -> String {
        let told = self.settings.purge_age.as_ref().ok().copied().flatten();
        self.form.purge_age.clone().or(told.map(|seconds| seconds.to_string())).unwrap_or_default()
    }

    /// Returns the content of the field of the log lines.
    fn max_matches(&self) -> String {
        let told = self.settings.max_matches.as_ref().ok().copied().flatten();
        self.form.max_matches.clone().or(told.map(|number| number.to_string())).unwrap_or_default()
    }

    /// Returns true if fail2ban logs at `level`. False for all where its level has no name.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn logs_at(&self, level: &LogLevel) -> bool {
        self.settings.log_level.as_deref().is_ok_and(|told| told == level.as_ref())
    }

    /// Returns true if the level is none of those with a name.
    fn logs_at_a_number(&self) -> bool {
        !LogLevel::VARIANTS.iter().any(|level| self.logs_at(level))
    }

    fn no_restart(&self) -> Option<&'static str> {
        match &self.restart {
            RestartWay::None(reason) => Some(description::no_restart(*reason)),
            RestartWay::Command(_) | RestartWay::Systemd { .. } | RestartWay::ClientProgram => None,
        }
    }

    fn restarter(&self) -> String {
        match &self.restart {
            RestartWay::Command(_) => "the command in BanGUI's configuration".to_owned(),
            RestartWay::Systemd { unit } => format!("systemd, as {unit}"),
            RestartWay::ClientProgram => "fail2ban-client".to_owned(),
            RestartWay::None(_) => "not possible from here".to_owned(),
        }
    }
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, with references"
)]
impl ServerPage {
    fn in_words(&self, seconds: &u64) -> String {
        format::length(&Length::Seconds(*seconds))
    }

    fn exactly(&self, seconds: &u64) -> String {
        format::exact_length(&Length::Seconds(*seconds))
    }
}

/// `GET /server`.
pub(crate) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let shown = ServerPage::load(page, &state, SettingsForm::default(), SettingsErrors::default()).await?;
    fragment::full_page(&shown, StatusCode::OK)
}

/// `GET /server/state`: the daemon's state, for the head of a page that asks for nothing else.
pub(crate) async fn state(page: Page) -> Result<HttpResponse, Error> {
    Ok(fragment::daemon(&page)?.into_response(StatusCode::OK))
}

/// `GET /server/work`: the picture of what is under way. Comes also while the daemon does not answer.
pub(crate) async fn work(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    Ok(job_progress::fragment(page, &state)?.into_response(StatusCode::OK))
}
