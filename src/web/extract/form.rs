//! The form of a request, read once: the guards in front of a handler and the handler itself look at the
//! same fields.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;

/// Fields that are nobody's to read but the handler's.
const SECRET: [&str; 8] =
    ["csrf_token", "password", "code", "current_code", "passkey", "proof", "kept_form", "app_code"];

/// The fields of a request's body. Handlers take it as an argument; in front of them there is
/// [`Form::of_request`].
#[derive(Debug, Clone)]
pub(crate) struct Form(Rc<Fields>);

impl Form {
    /// Reads `body`, for the extensions of its request.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(Rc::new(Fields::parse(body)))
    }

    /// Makes a form of `fields`, for the extensions of a request.
    pub(crate) fn of_fields(fields: Fields) -> Self {
        Self(Rc::new(fields))
    }

    /// The form that came with `request`.
    ///
    /// # Errors
    /// When its body was not read: a mistake of ours.
    pub(crate) fn of_request(request: &impl HttpMessage) -> Result<Self, Error> {
        let form = request.extensions().get::<Self>().cloned();
        form.ok_or_else(|| Internal::Missing("its form").into())
    }
}

impl Deref for Form {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl FromRequest for Form {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of_request(request))
    }
}

/// The fields, in the order in which they came. The same name may come several times.
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

    /// Bytes that the names and values take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Returns the fields but for those of `name`, in whose place there is one with `value`.
    pub(crate) fn replacing(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(own, _)| own != name).cloned();
        Self(others.chain([(name.to_owned(), value.to_owned())]).collect())
    }

    /// Every name with its value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every name with its value, but for secrets.
    pub(crate) fn public_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs().filter(|(name, _)| !SECRET.contains(name) && !name.contains("password"))
    }

    /// The first value of `name`.
    pub(crate) fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The first value of `name`, without which the form is not whole.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn text<'a>(&'a self, name: &'a str) -> Result<&'a str, Error> {
        self.first(name).ok_or_else(|| Error::BadInput(format!("The form has no field “{name}”.")))
    }

    /// Parses the first value of `name`.
    ///
    /// # Errors
    /// When there is none, or it cannot be parsed.
    pub(crate) fn value<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        parse(name, self.text(name)?)
    }

    /// The same where there need not be one.
    ///
    /// # Errors
    /// When it cannot be parsed.
    pub(crate) fn optional<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        self.first(name).map(|text| parse(name, text)).transpose()
    }
}

fn parse<T: FromStr>(name: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::BadInput(format!("The form's field “{name}” cannot be read.")))
}
