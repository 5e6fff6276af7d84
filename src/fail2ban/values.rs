//! How the values of settings read.

use super::Error;
use super::command::unreadable;
use super::pickle::Value;
use crate::domain::jail::Length;
use crate::domain::jail_detail::DatePattern;

/// A text, or anything that reads as one; `None` where it is unset or empty.
pub(super) fn optional_text(value: &Value) -> Result<Option<String>, Error> {
    match value {
        Value::None => Ok(None),
        Value::Text(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Value::Int(number) => Ok(Some(number.to_string())),
        Value::Float(number) => Ok(Some(number.to_string())),
        Value::Bool(is_on) => Ok(Some(if *is_on { "yes" } else { "no" }.to_owned())),
        _ => Err(unreadable("neither a text nor a number")),
    }
}

/// A number of seconds, which fail2ban keeps as a fraction where it was written with a unit (`1.5d`).
pub(super) fn length(value: &Value) -> Result<Length, Error> {
    match value {
        Value::Int(seconds) => Ok(Length::from_daemon(*seconds)),
        Value::Float(seconds) => Length::from_fraction(*seconds).ok_or_else(|| unreadable("no length")),
        _ => Err(unreadable("no number of seconds where one was due")),
    }
}

/// The same; `None` where it is unset.
pub(super) fn optional_length(value: &Value) -> Result<Option<Length>, Error> {
    if *value == Value::None { Ok(None) } else { length(value).map(Some) }
}

/// Reads `get J datepattern`: `(pattern or None, name)`, or None.
pub(super) fn date_pattern(value: Value) -> Result<Option<DatePattern>, Error> {
    match value {
        Value::None => Ok(None),
        Value::List(pair) => match <[Value; 2]>::try_from(pair) {
            Ok([pattern, Value::Text(name)]) => {
                Ok(Some(DatePattern { pattern: optional_text(&pattern)?, name }))
            }
            _ => Err(unreadable("a date pattern of another form")),
        },
        _ => Err(unreadable("a date pattern of another form")),
    }
}
