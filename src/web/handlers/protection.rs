//! `/protection`: whether the jails really protect.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::protection::{JailProtection, Level, Protection, Reason};
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

    /// The address of whoever looks, and a sentence on the jails that could ban it.
    fn own_address(&self) -> Option<(IpAddr, String)> {
        let client = self.page.client.filter(|client| !client.is_loopback())?;
        let jails = &self.looked.as_ref()?.jails;
        let open = jails.iter().filter(|jail| !jail.ignores(client)).count();
        (open > 0).then(|| (client, messages::protection::could_ban(client, open, jails.len())))
    }
}
