//! Reading the values of settings.

use crate::domain::jail::Length;
use crate::domain::jail_detail::DatePattern;
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;

use super::command::odd;

/// A text, or anything that reads as one; `None` where it is unset or empty.
pub(crate) fn optional_text(value: &Value) -> Result<Option<String>, Error> {
    match value {
        Value::None => Ok(None),
        Value::Text(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Value::Int(number) => Ok(Some(number.to_string())),
        Value::Float(number) => Ok(Some(number.to_string())),
        Value::Bool(is_on) => Ok(Some(if *is_on { "yes" } else { "no" }.to_owned())),
        Value::BigInt(digits) => Ok(Some(digits.clone())),
        other => Err(odd(other, "a text or a number")),
    }
}

/// Reads any value as a list of texts, for comparing: a value that is unset or empty is an empty
/// list, a list in a list one text.
pub(crate) fn texts(value: &Value) -> Result<Vec<String>, Error> {
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
        Value::BigInt(digits) => Ok(digits.clone()),
        // `ignoreip = file:…`, which stays the same file whatever is in it (`ipdns.py`, `FileIPAddrSet`).
        Value::Object(object) => match object.attribute("fileName") {
            Some(Value::Text(path)) => Ok(format!("file:{path}")),
            _ => Err(odd(value, "a text")),
        },
        other => Err(odd(other, "a text")),
    }
}

/// A number of seconds, which fail2ban keeps as a fraction where it was written with a unit (`1.5d`).
pub(crate) fn length(value: &Value) -> Result<Length, Error> {
    match value {
        Value::Int(seconds) => Ok(Length::from_daemon(*seconds)),
        Value::BigInt(digits) => Length::from_digits(digits).ok_or_else(|| odd(value, "a length")),
        Value::Float(seconds) => Length::from_fraction(*seconds).ok_or_else(|| odd(value, "a length")),
        other => Err(odd(other, "a number of seconds")),
    }
}

/// The same; `None` where it is unset.
pub(crate) fn optional_length(value: &Value) -> Result<Option<Length>, Error> {
    if *value == Value::None { Ok(None) } else { length(value).map(Some) }
}

/// Reads `get J datepattern`: `(pattern or None, name)`, or None.
pub(crate) fn date_pattern(value: Value) -> Result<Option<DatePattern>, Error> {
    match value {
        Value::None => Ok(None),
        Value::List(pair) => match <[Value; 2]>::try_from(pair) {
            Ok([pattern, Value::Text(name)]) => {
                Ok(Some(DatePattern { pattern: optional_text(&pattern)?, name }))
            }
            _ => Err(odd(&Value::List(Vec::new()), "a date pattern and its name")),
        },
        other => Err(odd(&other, "a date pattern and its name")),
    }
}
