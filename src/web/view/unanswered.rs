//! What takes the place of figures while fail2ban does not answer: nothing that was true before stands above that.

use askama::Template;

use crate::domain::jail::{JailStatus, Reading, Unread};
use crate::web::problem::error::Error;

use super::fragment::Fragment;
use super::jail_settings;

#[derive(Template)]
#[template(path = "jails/figures.html")]
struct Figures {
    jail: Unanswered,
}

struct Unanswered {
    status: Reading<JailStatus>,
}

/// Also replaces the figures of the page whose part `id`, at `path`, could not be made.
pub(crate) fn and_figures(fragment: Fragment, id: &str, path: &str) -> Result<Fragment, Error> {
    Ok(match id {
        "bans" if path.starts_with("/jails/") => {
            let figures = Figures { jail: Unanswered { status: Err(Unread::Unanswered) } }.render()?;
            let badge = "<span class=\"badge stopped\" id=\"badge\">no answer</span>";
            fragment.and("figures", &figures).and("badge", badge)
        }
        "bans" => fragment
            .and("sum", "<p class=\"sum\" id=\"sum\">The bans are unknown now.</p>")
            .and("unban-all", "<div id=\"unban-all\"></div>"),
        "jails" => {
            fragment.and("sum", "<p class=\"sum\" id=\"sum\">The jails and their bans are unknown now.</p>")
        }
        _ => fragment,
    })
}
