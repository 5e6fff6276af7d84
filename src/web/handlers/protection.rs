//! `/protection`: whether the jails really protect.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::protection::{Finding, JailProtection, Level, LogState, Protection, Reason};
use crate::jail_service::looks::LookStep;
use crate::web::extract::ban_query;
use crate::web::problem::description;
use crate::web::problem::error::Error;
use crate::web::reply::see_other;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

const PATH: &str = "/protection";
/// A look that ends soon is shown at once.
const SOON: Duration = Duration::from_millis(1500);

#[derive(Template)]
#[template(path = "protection/page.html")]
struct ProtectionPage {
    page: Page,
    running: Option<LookStep>,
    looked: Option<Arc<Protection>>,
    failed: Option<String>,
}

/// The page.
pub(crate) async fn page(page: Page, state: Data<State>) -> Result<HttpResponse, Error> {
    let look = state.jails.protection();
    let (looked, failed) = match look.last.map(|last| last.outcome) {
        None => (None, None),
        Some(Ok(protection)) => (Some(protection), None),
        Some(Err(error)) => (None, Some(description::describe_daemon_error(&error).title)),
    };
    let shown = ProtectionPage { page, running: look.running, looked, failed };
    fragment::full_page(&shown, StatusCode::OK)
}

/// Begins a look, and shows how far it is.
pub(crate) async fn look(state: Data<State>) -> HttpResponse {
    state.jails.look_at_protection();
    state.jails.protection_within(SOON).await;
    see_other(PATH)
}

impl ProtectionPage {
    /// The jails, the worst first.
    fn jails(&self) -> Vec<&JailProtection> {
        let mut jails: Vec<_> = self.looked.iter().flat_map(|looked| &looked.jails).collect();
        jails.sort_by_key(|jail| std::cmp::Reverse(jail.level()));
        jails
    }

    #[expect(clippy::unused_self, reason = "a template calls it")]
    fn level_class(&self, level: Level) -> &'static str {
        match level {
            Level::Works => "well",
            Level::Unknown => "stopped",
            Level::LookAt => "idle",
            Level::DoesNotProtect => "broken",
        }
    }

    /// What the verdict rests on.
    #[expect(clippy::unused_self, reason = "a template calls it")]
    fn evidence(&self, jail: &JailProtection) -> Vec<String> {
        let mut lines = Vec::new();
        for look in jail.places.iter().filter(|look| look.bans > 0) {
            let (held, bans) = (format::number(look.held), format::number(look.bans));
            lines.push(format!(
                "{}: {held} of {bans} bans held in {}.",
                look.action,
                messages::protection::place(&look.place)
            ));
        }
        if jail.places.iter().all(|look| look.bans == 0) && !jail.places.is_empty() {
            lines.push("No bans now, so there is nothing to find in the firewall.".to_owned());
        }
        for file in &jail.files {
            if let LogState::Written { size, last, .. } = &file.state {
                lines.push(format!(
                    "{}: {}, last written {}.",
                    file.path,
                    format::bytes(*size),
                    format::exact(last)
                ));
            }
        }
        if let Some(filter) = &jail.filter {
            let (matched, read) = (format::number(filter.matched), format::number(filter.lines));
            lines.push(match filter.lines {
                0 => "Its log is empty.".to_owned(),
                _ => format!("Its filter matches {matched} of the last {read} lines."),
            });
        }
        lines
    }

    /// Returns true where a restart of the jail makes its rules anew.
    #[expect(clippy::unused_self, reason = "a template calls it")]
    fn helps_to_restart(&self, jail: &JailProtection) -> bool {
        jail.reasons.iter().any(|reason| {
            matches!(
                reason,
                Reason::Firewall {
                    finding: Finding::Missing(_)
                        | Finding::LeftOver(_)
                        | Finding::NoPlace(_)
                        | Finding::NotHooked
                        | Finding::AcceptedBefore(_),
                    ..
                }
            )
        })
    }

    /// A sentence where some jail could ban whoever looks.
    fn own_address(&self) -> Option<(IpAddr, String)> {
        let client = self.page.client.filter(|client| !client.is_loopback())?;
        let jails = &self.looked.as_ref()?.jails;
        let open =
            jails.iter().filter(|jail| !jail.ignored.iter().any(|entry| entry.contains(client))).count();
        let of = format!("{} of {}", format::number(open), format::number(jails.len()));
        (open > 0)
            .then(|| (client, format!("Your address, {client}, is not on the ignore list of {of} jails.")))
    }
}
