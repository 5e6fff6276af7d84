//! `/geo-cache`: the providers of places, and the cache of their answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use jiff::Timestamp;

use crate::config::LiveConfig;
use crate::events::Event;
use crate::geo::{CacheState, FileState, Health, IpApiState, ProviderState, Resolved};
use crate::storage::geo_cache::CacheFigures;
use crate::web::extract::current_user::CurrentUser;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

#[derive(Template)]
#[template(path = "geo_cache.html")]
struct GeoCachePage {
    page: Page,
    providers: Vec<ProviderState>,
    cache: CacheState,
    /// Days after which an answer is asked for again.
    days: u32,
}

impl GeoCachePage {
    /// Returns true if anything is asked over the network, so that there is something to keep.
    fn keeps(&self) -> bool {
        self.providers.iter().any(|provider| !matches!(provider, ProviderState::File(_)))
    }

    /// Formats a size: `3.4 MB`.
    fn size(bytes: u64) -> String {
        const STEPS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
        match STEPS.into_iter().find(|(step, _)| bytes >= *step) {
            Some((step, unit)) => format!("{}.{} {unit}", bytes / step, bytes % step * 10 / step),
            None => format!("{bytes} bytes"),
        }
    }
}

#[expect(clippy::unused_self, reason = "templates call methods")]
impl GeoCachePage {
    fn oldest(&self, figures: &CacheFigures) -> Option<Timestamp> {
        figures.oldest.and_then(|at| Timestamp::from_second(at).ok())
    }

    fn newest(&self, figures: &CacheFigures) -> Option<Timestamp> {
        figures.newest.and_then(|at| Timestamp::from_second(at).ok())
    }

    fn cache_size(&self, figures: &CacheFigures) -> String {
        Self::size(figures.bytes.try_into().unwrap_or_default())
    }

    fn name(&self, file: &FileState) -> String {
        file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy().into_owned()
    }

    fn path(&self, file: &FileState) -> String {
        file.path.display().to_string()
    }

    fn file_badge(&self, file: &FileState) -> (&'static str, &'static str) {
        match (&file.loaded, file.problem.is_some() || file.doubt.is_some()) {
            (Some(_), false) => ("", "in use"),
            (Some(_), true) => ("idle", "in use, with a problem"),
            (None, _) => ("broken", "not usable"),
        }
    }

    fn service_badge(&self, service: &IpApiState) -> (&'static str, &'static str) {
        match service.health {
            Health::Untried => ("stopped", "not asked yet"),
            Health::Healthy => ("", "answers"),
            Health::Refusing => ("idle", "rate limited"),
            Health::Failing(_) => ("broken", "unreliable"),
            Health::StorageFailed => ("broken", "cannot be stored"),
            Health::Recovered => ("stopped", "not asked since the last problem"),
        }
    }

    fn waits(&self, service: &IpApiState) -> Option<String> {
        (!service.waits.is_zero()).then(|| format::seconds(service.waits.as_secs().max(1)))
    }
}

/// `GET /geo-cache`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    config: Data<LiveConfig>,
) -> Result<HttpResponse, Error> {
    let cache = state.geo.cache_state().await;
    if let Err(error) = &cache.figures {
        tracing::warn!(%error, "the figures of the geo cache cannot be read");
    }
    let shown =
        GeoCachePage { page, providers: state.geo.providers(), cache, days: config.now().geo.cache_days };
    fragment::full_page(&shown, StatusCode::OK)
}

/// `POST /geo-cache/empty`.
pub(crate) async fn empty(state: Data<State>) -> Result<Reply, Error> {
    let told = match state.geo.empty_cache().await? {
        0 => "The cache was already empty.".to_owned(),
        1 => "The cache is empty. 1 answer was removed.".to_owned(),
        many => format!("The cache is empty. {} answers were removed.", format::number(many)),
    };
    Ok(Reply::with_message("/geo-cache", Flash::good(told)))
}

/// `POST /geo-cache/resolve-again`.
pub(crate) async fn resolve_again(state: Data<State>, user: CurrentUser) -> Result<Reply, Error> {
    let resolved = state.geo.resolve_failures_again().await?;
    let Resolved { asked, left, forgotten } = resolved;
    let by = user.name().to_owned();
    state.events.publish(Event::GeoFailuresRetried { by, asked, left, forgotten }).await;
    Ok(Reply::with_message("/geo-cache", Flash::good(words_of(resolved))))
}

/// Describes the result of resolving the failures again, in one sentence.
fn words_of(resolved: Resolved) -> String {
    let some = |many: usize, one: &str, more: &str| {
        let verb = if many == 1 { one } else { more };
        (many > 0).then(|| format!("{} {verb}", format::number(many)))
    };
    let asked = some(resolved.asked, "failure is retried", "failures are retried");
    let left = some(resolved.left, "remains for later", "remain for later");
    let forgotten = some(resolved.forgotten, "was removed", "were removed");
    if asked.is_none() && left.is_none() && forgotten.is_none() {
        return "There are no failures to retry.".to_owned();
    }
    let asked = asked.unwrap_or_else(|| "No failure is retried".to_owned());
    let parts: Vec<String> = [Some(asked), left, forgotten].into_iter().flatten().collect();
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_failures_is_told_in_one_sentence() {
        for ((asked, left, forgotten), words) in [
            ((0, 0, 0), "There are no failures to retry."),
            ((1, 0, 0), "1 failure is retried."),
            ((1000, 234, 3), "1,000 failures are retried, 234 remain for later, 3 were removed."),
            ((0, 1, 0), "No failure is retried, 1 remains for later."),
            ((0, 0, 1), "No failure is retried, 1 was removed."),
        ] {
            assert_eq!(words_of(Resolved { asked, left, forgotten }), words);
        }
    }

    #[test]
    fn sizes_are_told_in_three_figures_or_so() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (65_450_000, "65.4 MB"),
            (2_050_000_000, "2.0 GB"),
        ] {
            assert_eq!(GeoCachePage::size(bytes), words);
        }
    }
}
