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

/// Any value as a list of texts, for comparing: what is unset or empty is an empty list, a list in a list
/// one text.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, Error> {
    match value {
        Value::None => Ok(Vec::new()),
        Value::Text(text) if text.is_empty() => Ok(Vec::new()),
        Value::List(values) => values.iter().map(one_text).collect(),
        other => one_text(other).map(|text| vec![text]),
    }
}

fn one_text(value: &Value) -> Result<String, Error> {
    match value {
        Value::None => Ok(String::new()),
        Value::Text(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        // Without a fraction, so that it reads as the integer would.
        Value::Float(number) => Ok(number.to_string()),
        Value::Bool(is_on) => Ok(if *is_on { "yes" } else { "no" }.to_owned()),
        Value::List(values) => {
            let texts: Vec<String> = values.iter().map(one_text).collect::<Result<_, _>>()?;
            Ok(texts.join(" "))
        }
        Value::Map(_) | Value::Object { .. } => Err(unreadable("no text where one was due")),
    }
}

/// A number of seconds, which fail2ban keeps as a fraction where it was written with a unit; `None`
/// where it is unset.
pub(super) fn optional_length(value: &Value) -> Result<Option<Length>, Error> {
    match value {
        Value::None => Ok(None),
        Value::Int(seconds) => Ok(Some(Length::from_daemon(*seconds))),
        Value::Float(seconds) => {
            let whole = format!("{:.0}", seconds.round()).parse().map_err(|_| unreadable("no length"))?;
            Ok(Some(Length::from_daemon(whole)))
        }
        _ => Err(unreadable("no number of seconds where one was due")),
    }
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
