//! The fields of a form that may hold the same name several times.

use std::rc::Rc;

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::web::Bytes;
use futures_util::stream;

use crate::web::problem::error::Error;

/// Fields that are nobody's to read but the handler's.
const SECRET: [&str; 4] = ["csrf_token", "password", "code", "secret"];

/// The form that a request carries, for those in front of its handler.
#[derive(Debug, Default)]
pub(crate) struct ParsedForm {
    /// The field `csrf_token`.
    pub(crate) csrf_token: Option<String>,
    /// Every other field that is no secret. Empty where the body is no form.
    pub fields: Fields,
}

/// Reads the form of `request` once, and puts its body back for the handler.
///
/// # Errors
/// When the body is too long or breaks off.
pub(crate) async fn parsed_form(request: &mut ServiceRequest) -> Result<Rc<ParsedForm>, Error> {
    let read = request.extensions().get::<Rc<ParsedForm>>().cloned();
    if let Some(sent) = read {
        return Ok(sent);
    }
    let body = request
        .extract::<Bytes>()
        .await
        .map_err(|error| Error::BadInput(format!("The form could not be read: {error}.")))?;
    let mut all = Fields::parse(&body);
    let csrf_token = all.first("csrf_token").map(str::to_owned);
    all.0.retain(|(name, _)| !SECRET.contains(&name.as_str()) && !name.contains("password"));
    let sent = Rc::new(ParsedForm { csrf_token, fields: all });
    request.extensions_mut().insert(Rc::clone(&sent));
    let again = stream::once(std::future::ready(Ok(body)));
    request.set_payload(Payload::Stream { payload: Box::pin(again) });
    Ok(sent)
}

/// The fields, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form's body. Any bytes are one: what is not UTF-8 is replaced.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// Every value of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Every name with its value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of `name`.
    pub(crate) fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}
