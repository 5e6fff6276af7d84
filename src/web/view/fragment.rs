//! A part of a page, for htmx.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::web::extract::htmx::current_path;
use crate::web::problem::error::Error;
use crate::web::session::flash::Flash;

use super::page::{DaemonState, Page};

/// Other parts of the page that a fragment brings up to date as well.
#[derive(Debug, Default)]
pub(crate) struct Fragment {
    html: String,
    /// True if a part itself reports what was done.
    has_message: bool,
    page_url: Option<String>,
}

#[derive(Template)]
#[template(path = "part/messages.html")]
struct Messages<'a> {
    flash: Option<&'a Flash>,
    /// True where it comes with a whole page, and takes the focus.
    on_load: bool,
    /// The token for the undo form, and the page to return to.
    csrf: &'a str,
    back: &'a str,
}

#[derive(Template)]
#[template(path = "part/daemon.html")]
struct Daemon<'a> {
    daemon: Option<&'a DaemonState>,
}

#[derive(Template)]
#[template(path = "part/said.html")]
struct Said<'a> {
    id: &'a str,
    said: &'a str,
}

impl Fragment {
    /// The part that is put in the place of the target.
    pub(crate) fn new(html: String) -> Self {
        Self { html, has_message: false, page_url: None }
    }

    /// Also updates the element with the id `id`; text that is being typed into it stays.
    pub(crate) fn and(self, id: &str, html: &str) -> Self {
        self.with(id, "outerMorph", html)
    }

    /// Also replaces the element with the id `id`, fields and all.
    pub(crate) fn and_anew(self, id: &str, html: &str) -> Self {
        self.with(id, "outerHTML", html)
    }

    /// Also fills the cells for the place of `address` in each row.
    pub(crate) fn and_place(mut self, address: IpAddr, html: &str) -> Self {
        let target = format!("<hx-partial hx-target=\"[data-place='{address}']\" hx-swap=\"innerHTML\">");
        for text in [&target, html, "</hx-partial>"] {
            self.html.push_str(text);
        }
        self
    }

    /// Both names are ours, literals at each call.
    fn with(mut self, id: &str, swap: &str, html: &str) -> Self {
        for text in ["<hx-partial hx-target=\"#", id, "\" hx-swap=\"", swap, "\">", html, "</hx-partial>"] {
            self.html.push_str(text);
        }
        self
    }

    /// The same, for a form that was filled in wrongly: the first wrong field takes the focus.
    pub(crate) fn with_mistake(self) -> Self {
        Self { html: focused(&self.html), ..self }
    }

    /// Also has `said` spoken to those who hear the page, by the element with the id `id`. What it said before is not
    /// repeated.
    pub(crate) fn and_said(self, id: &str, said: &str) -> Result<Self, Error> {
        let html = Said { id, said }.render()?;
        Ok(self.and(id, &html))
    }

    /// Also updates the daemon's state in the page's head.
    pub(crate) fn and_daemon(self, page: &Page) -> Result<Self, Error> {
        let html = Daemon { daemon: page.daemon.as_ref() }.render()?;
        Ok(self.and("daemon", &html))
    }

    /// The same, one part of which says itself what was done.
    pub(crate) fn with_own_message(self) -> Self {
        Self { has_message: true, ..self }
    }

    /// Also shows `flash`, unless a part does. Its undo form has the token `csrf` and leads to
    /// `back`.
    pub(crate) fn and_message(self, flash: &Flash, csrf: &str, back: &str) -> Result<Self, Error> {
        if self.has_message {
            return Ok(self);
        }
        let html = Messages { flash: Some(flash), on_load: false, csrf, back }.render()?;
        Ok(self.and("messages", &html))
    }

    /// Puts `url` into the address bar, unless it is there already.
    pub(crate) fn at(mut self, url: String, request: &HttpRequest) -> Self {
        if current_path(request).is_some_and(|current| current != url) {
            self.page_url = Some(url);
        }
        self
    }

    /// The answer.
    pub(crate) fn into_response(self, status: StatusCode) -> HttpResponse {
        let mut response = HttpResponse::build(status);
        response.insert_header(ContentType::html());
        if let Some(url) = self.page_url.and_then(|url| HeaderValue::from_str(&url).ok()) {
            response.insert_header((HeaderName::from_static("hx-push-url"), url));
        }
        response.body(self.html)
    }

    /// The HTML alone, to be put behind another fragment's.
    pub(crate) fn into_html(self) -> String {
        self.html
    }
}

/// Renders `flash` as part of a page, without an undo form.
pub(crate) fn message(flash: &Flash) -> Result<Fragment, Error> {
    Fragment::new(String::new()).and_message(flash, "", "")
}

/// Shows the `message` over a page that otherwise stays as it is.
pub(crate) fn message_alone(message: Fragment, status: StatusCode) -> HttpResponse {
    let mut response = message.into_response(status);
    response.headers_mut().insert(HeaderName::from_static("hx-reswap"), HeaderValue::from_static("none"));
    response
}

/// A whole page with a form that was filled in wrongly: its title says so, and the first wrong field takes the focus.
pub(crate) fn mistaken_page(template: &impl Template) -> Result<HttpResponse, Error> {
    let html = focused(&template.render()?).replacen("<title>", "<title>Error: ", 1);
    Ok(HttpResponse::UnprocessableEntity().insert_header(ContentType::html()).body(html))
}

/// Gives the focus to the first wrong field.
fn focused(html: &str) -> String {
    const WRONG: &str = " aria-invalid=\"true\"";
    html.replacen(WRONG, &format!("{WRONG} autofocus"), 1)
}

/// The daemon's state in the head of `page`, alone.
pub(crate) fn daemon(page: &Page) -> Result<Fragment, Error> {
    Ok(Fragment::new(Daemon { daemon: page.daemon.as_ref() }.render()?))
}

/// A whole page.
pub(crate) fn full_page(template: &impl Template, status: StatusCode) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::build(status).insert_header(ContentType::html()).body(template.render()?))
}
