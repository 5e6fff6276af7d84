//! The reply of a handler to a form: the outcome, the message and the content for the user, and the
//! note for the audit. Only here does a reply become a part of a page for htmx, and a whole page
//! for everybody else.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use percent_encoding::percent_decode_str;

use crate::domain::audit::Outcome;
use crate::web::extract::htmx;
use crate::web::problem::error::Error;
use crate::web::session;
use crate::web::session::csrf_token;
use crate::web::session::flash::Flash;
use crate::web::view::fragment;
use crate::web::view::fragment::Fragment;

/// Reply of a handler to a form.
pub(crate) struct Reply {
    outcome: Outcome,
    /// Note for the audit, where that is not the message.
    note: Option<String>,
    message: Option<Flash>,
    shown: Shown,
}

/// Content that is sent.
enum Shown {
    /// Another page, by its path.
    SeeOther(String),
    /// The whole page.
    Page(HttpResponse),
    /// Parts of the page that is open; its own path, to go back to.
    Part { fragment: Fragment, status: StatusCode, path: String },
}

/// Result of a form, for the audit. In the extensions of the response.
pub(crate) struct Told {
    /// The outcome in short.
    pub outcome: Outcome,
    /// Note for the audit.
    pub note: String,
    /// Message that the user was shown.
    pub message: Option<String>,
}

impl Told {
    /// Nothing was done yet, for this reason: something is asked for first.
    pub(crate) fn asked(why: &str) -> Self {
        Self { outcome: Outcome::Asked, ..Self::refused(why) }
    }

    /// Nothing was done, for this reason.
    pub(crate) fn refused(why: &str) -> Self {
        Self { outcome: Outcome::Refused, note: why.to_owned(), message: None }
    }
}

impl Reply {
    fn new(outcome: Outcome, shown: Shown) -> Self {
        Self { outcome, note: None, message: None, shown }
    }

    /// It was done; leads to `path`.
    pub(crate) fn done(path: impl Into<String>) -> Self {
        Self::new(Outcome::Done, Shown::SeeOther(path.into()))
    }

    /// It goes on, and its end is recorded by itself; leads to `path`, where it can be watched.
    pub(crate) fn started(path: impl Into<String>) -> Self {
        Self::new(Outcome::Begun, Shown::SeeOther(path.into()))
    }

    /// Nothing was done, for the reason `why`; leads to `path`.
    pub(crate) fn refused(path: impl Into<String>, why: &str) -> Self {
        Self::new(Outcome::Refused, Shown::SeeOther(path.into())).noting(why)
    }

    /// It was done, or nothing was, or not all, as `message` says on the page at `path`.
    pub(crate) fn with_message(path: impl Into<String>, message: Flash) -> Self {
        Self::done(path).saying(message)
    }

    /// Adds `message`, which describes the result and decides the outcome.
    pub(crate) fn saying(self, message: Flash) -> Self {
        let outcome = match (message.bad, message.warns) {
            (true, _) => Outcome::Refused,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Done,
        };
        Self { outcome, message: Some(message), ..self }
    }

    /// Replies after success with `page`, which shows the result.
    pub(crate) fn page(page: &impl Template) -> Result<Self, Error> {
        Ok(Self::new(Outcome::Done, Shown::Page(fragment::full_page(page, StatusCode::OK)?)))
    }

    /// Nothing was done yet: `page` asks first.
    pub(crate) fn question(page: &impl Template, why: &str) -> Result<Self, Error> {
        Ok(Self::page(page)?.noting(why).asking())
    }

    /// Nothing was done: `page` has the form again, and says why.
    pub(crate) fn invalid(page: &impl Template, why: &str) -> Result<Self, Error> {
        Ok(Self::new(Outcome::Refused, Shown::Page(fragment::mistaken_page(page)?)).noting(why))
    }

    /// Nothing was done yet: `page` asks whether it is meant, because it is dangerous.
    pub(crate) fn doubted(page: &impl Template, why: &str) -> Result<Self, Error> {
        let page = fragment::full_page(page, StatusCode::UNPROCESSABLE_ENTITY)?;
        Ok(Self::new(Outcome::Asked, Shown::Page(page)).noting(why))
    }

    /// The same for a form that is a part of its page: made of `input`, for htmx by `part`, otherwise by
    /// `page`.
    pub(crate) async fn invalid_part<T, P: Template>(
        request: &HttpRequest,
        why: &str,
        input: T,
        part: impl FnOnce(&T) -> Result<Fragment, Error>,
        page: impl AsyncFnOnce(T) -> Result<P, Error>,
    ) -> Result<Self, Error> {
        if !htmx::is_htmx(request) {
            return Self::invalid(&Box::pin(page(input)).await?, why);
        }
        let (fragment, status) = (part(&input)?.with_mistake(), StatusCode::UNPROCESSABLE_ENTITY);
        Ok(Self::new(Outcome::Refused, Shown::Part { fragment, status, path: String::new() }).noting(why))
    }

    /// Nothing was done yet: `fragment`, a part of the open page, asks first.
    pub(crate) fn asked_in_part(fragment: Fragment, why: &str) -> Self {
        let shown = Shown::Part { fragment, status: StatusCode::OK, path: String::new() };
        Self::new(Outcome::Asked, shown).noting(why)
    }

    /// The same reply, which asks first.
    pub(crate) fn asking(self) -> Self {
        Self { outcome: Outcome::Asked, ..self }
    }

    /// The same, but htmx gets `part` in the place of the way to another page. Only then is it made.
    pub(crate) fn or_part(
        self,
        request: &HttpRequest,
        part: impl Future<Output = Result<Fragment, Error>>,
    ) -> impl Future<Output = Result<Self, Error>> {
        let part = htmx::is_htmx(request).then(|| Box::pin(part));
        async move {
            Ok(match (self.shown, part) {
                (Shown::SeeOther(path), Some(part)) => {
                    let (fragment, status) = (part.await?, StatusCode::OK);
                    Self { shown: Shown::Part { fragment, status, path }, ..self }
                }
                (shown, _) => Self { shown, ..self },
            })
        }
    }

    /// Returns true if it is a part of the page that is open.
    pub(crate) fn is_part(&self) -> bool {
        matches!(self.shown, Shown::Part { .. })
    }

    /// Adds `words` as the note for the audit in place of the message. The user is not shown them.
    pub(crate) fn noting(self, words: impl Into<String>) -> Self {
        Self { note: Some(words.into()), ..self }
    }

    /// The same page; where there is a `wait` it answers too many attempts, and the next one is looked at
    /// after that.
    pub(crate) fn with_wait(mut self, wait: Option<Duration>) -> Self {
        if let (Shown::Page(page), Some(wait)) = (&mut self.shown, wait) {
            *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            page.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        self
    }

    fn into_response(self, request: &HttpRequest) -> Result<HttpResponse, Error> {
        let session = session::session_of(request);
        let text = self.message.as_ref().map(|message| message.text.clone());
        let note = self.note.or_else(|| text.clone()).unwrap_or_default();
        let mut response = match (self.shown, self.message) {
            (Shown::Page(page), _) => page,
            (Shown::Part { fragment, status, .. }, None) => fragment.into_response(status),
            (Shown::Part { fragment, status, path }, Some(message)) => {
                let csrf = csrf_token::masked_token(&session)?;
                fragment.and_message(&message, &csrf, &path)?.into_response(status)
            }
            (Shown::SeeOther(path), Some(message)) if htmx::is_htmx(request) => {
                let csrf = csrf_token::masked_token(&session)?;
                let message = Fragment::new(String::new()).and_message(&message, &csrf, &path)?;
                fragment::message_alone(message, StatusCode::OK)
            }
            (Shown::SeeOther(path), message) => {
                // The start page leads on to another.
                let page = path.split('?').next().filter(|page| *page != "/").map(str::to_owned);
                let message = message.map(|message| Flash { page, ..message });
                message.map_or(Ok(()), |message| session::leave_flash(&session, &message))?;
                see_other(&path)
            }
        };
        response.extensions_mut().insert(Told { outcome: self.outcome, note, message: text });
        Ok(response)
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.into_response(request).unwrap_or_else(HttpResponse::from_error)
    }
}

/// 303 to `path`.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// A path to go to after the login: one of ours, never another host's. A browser drops tabs and line
/// ends from an address before it reads it, and no header holds what is not ASCII. It also goes up at `..`, however
/// that is written, and so to what another program has beside our base path.
pub(crate) fn safe_redirect(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && path.bytes().all(|byte| byte.is_ascii_graphic())
                && !goes_up(path) =>
        {
            path.to_owned()
        }
        _ => "/".to_owned(),
    }
}

/// Returns true if a browser reads a part of `path` as this directory or the one above it.
fn goes_up(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/')
        .any(|part| matches!(percent_decode_str(part).collect::<Vec<_>>().as_slice(), b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::safe_redirect;

    #[test]
    fn a_login_never_leads_to_another_host() {
        for good in ["/jails/sshd?page=2", "/jails/a..b/bans?q=/../", "/jails/...", "/jails/slash%2Fname"] {
            assert_eq!(safe_redirect(Some(good)), good);
        }
        for next in [
            None,
            Some(""),
            Some("//evil.example"),
            Some("https://evil.example"),
            Some("/\\evil.example"),
            Some("/\t/evil.example"),
            Some("/jails/日本"),
            Some("jails"),
            Some("/.."),
            Some("/../other-app"),
            Some("/jails/../../other-app"),
            Some("/%2e%2e/other-app"),
            Some("/.%2E/other-app"),
            Some("/..//evil.example/x"),
            Some("/.//evil.example/x"),
            Some("/%2e"),
        ] {
            assert_eq!(safe_redirect(next), "/", "{next:?}");
        }
    }
}
