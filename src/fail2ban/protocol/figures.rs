//! Reading the figures of jails: the answers to `status J short` and `stats`.

use std::collections::HashMap;

use crate::domain::jail::{JailStatus, Reading, Source};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::reading::reading;

use super::command::{count, list, odd, text, texts, unreadable};

/// Reads `status J short`: `[('Filter', [('Currently failed', 0), …]), ('Actions', […])]`. A figure that
/// cannot be read costs nothing but itself, whatever the answer holds.
pub(crate) fn jail_status(answer: Result<Value, Error>) -> Result<JailStatus, Error> {
    let groups = match answer {
        Err(error) if !matches!(error, Error::Unreadable(_)) => return Err(error),
        answer => answer.and_then(titled),
    };
    let group = |title| groups.clone().and_then(|groups| titled(take(groups, title)?));
    let (filter, actions) = (group("Filter"), group("Actions"));
    Ok(JailStatus {
        failing_now: figure(&filter, "Currently failed"),
        failed_total: figure(&filter, "Total failed"),
        banned_now: figure(&actions, "Currently banned"),
        banned_total: figure(&actions, "Total banned"),
        source: reading(filter.and_then(source)),
    })
}

/// Returns the pairs of a status, `[('Currently failed', 0), …]`. An item that is no pair with a
/// title is left aside: the figure that it was meant to give is missing then.
fn titled(status: Value) -> Result<Vec<(String, Value)>, Error> {
    let pair = |pair| match list(pair).map(<[Value; 2]>::try_from) {
        Ok(Ok([Value::Text(title), value])) => Some((title, value)),
        _ => None,
    };
    Ok(list(status)?.into_iter().filter_map(pair).collect())
}

fn take(pairs: Vec<(String, Value)>, title: &str) -> Result<Value, Error> {
    let found = pairs.into_iter().find(|(own, _)| own == title);
    found.map(|(_, value)| value).ok_or_else(|| unreadable(&format!("a status without {title:?}")))
}

fn figure(group: &Result<Vec<(String, Value)>, Error>, title: &str) -> Reading<u64> {
    reading(group.clone().and_then(|pairs| count(&take(pairs, title)?)))
}

fn source(filter: Vec<(String, Value)>) -> Result<Source, Error> {
    match take(filter.clone(), "File list") {
        Ok(files) => texts(files).map(Source::Files),
        Err(_) => journal(take(filter, "Journal matches")?).map(Source::Journal),
    }
}

/// Journal matches are lists of lists of expressions (`filtersystemd.py`, `getJournalMatch`), in some
/// replies joined already.
fn journal(matches: Value) -> Result<Vec<String>, Error> {
    match matches {
        Value::Text(text) => Ok(vec![text]),
        matches => {
            let words = |value| match value {
                words @ Value::List(_) => texts(words).map(|words| words.join(" ")),
                other => texts(Value::List(vec![other])).map(|words| words.concat()),
            };
            list(matches)?.into_iter().map(words).collect()
        }
    }
}

/// The backends of the jails, each by its jail's name.
pub(crate) type Backends = HashMap<String, Reading<String>>;

/// Reads `stats`, `{'sshd': ['systemd', …]}`, for the backends. Returns `None` where the daemon
/// does not know the command (before 1.1).
pub(crate) fn backends(answer: Result<Value, Error>) -> Result<Option<Reading<Backends>>, Error> {
    let backend = |figures| {
        let first = list(figures)?.into_iter().next();
        first.ok_or_else(|| unreadable("statistics without a backend")).and_then(text)
    };
    match answer {
        Err(Error::Refused { message, .. }) if message.starts_with("Invalid command") => Ok(None),
        Err(error) if !matches!(error, Error::Unreadable(_)) => Err(error),
        Ok(Value::Map(stats)) => {
            // A pair without a name belongs to no jail.
            let jail = |(jail, figures)| Some((text(jail).ok()?, reading(backend(figures))));
            Ok(Some(Ok(stats.into_iter().filter_map(jail).collect())))
        }
        other => Ok(Some(reading(other.and_then(|stats| Err(odd(&stats, "a dictionary")))))),
    }
}
