//! Secrets in web addresses: `user:password@host`, and paths that give access to whoever knows
//! them.

use std::ops::Range;

use super::word;

/// Texts before the secret part of a path, and the number of parts that are passed over before it.
const PATHS: [(&str, usize); 12] = [
    ("hooks.slack.com/services/", 0),
    ("/api/webhooks/", 1),
    ("api.telegram.org/bot", 0),
    ("/hooks/", 0),
    // Anybody who knows the topic can read and write it.
    ("ntfy.sh/", 0),
    ("webhook.office.com/webhookb2/", 0),
    ("outlook.office.com/webhook/", 0),
    ("/bot/v2/hook/", 0),
    ("/with/key/", 0),
    ("hc-ping.com/", 0),
    ("api.day.app/", 0),
    ("sctapi.ftqq.com/", 0),
];

/// Adds the places in `text` with secrets in addresses.
pub(crate) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (place, sign) in text.match_indices("://") {
        let begin = place + sign.len();
        let end = begin + text.get(begin..).map_or(0, length);
        let is_web = is_web(text, place);
        found.extend(user_info(text, begin, end, is_web));
        found.extend(path(text, begin, end).filter(|_| is_web));
    }
}

/// Returns the length of the address.
fn length(rest: &str) -> usize {
    rest.find(|letter: char| letter.is_whitespace() || "\"'`\\".contains(letter)).unwrap_or(rest.len())
}

/// Returns true if the scheme that ends at `end` is one of the web's.
fn is_web(text: &str, end: usize) -> bool {
    let before = text.get(..end).unwrap_or_default();
    ["http", "https"].iter().any(|scheme| before.to_ascii_lowercase().ends_with(scheme))
}

/// Returns the password of `user:password@`. On the web a user name alone in that place is a token,
/// as a rule.
fn user_info(text: &str, begin: usize, end: usize, is_web: bool) -> Option<Range<usize>> {
    let address = text.get(begin..end)?;
    let authority = address.split(['/', '?', '#']).next()?;
    // A password may hold characters that should have been escaped: `me:pa/ss@host`. A port is no
    // password.
    let (info, _) = match authority.rsplit_once('@') {
        Some(parts) => parts,
        None => address.rsplit_once('@').filter(|(info, _)| {
            let part = info.split_once(':').map(|(_, part)| part.split('/').next().unwrap_or_default());
            part.is_some_and(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))
        })?,
    };
    let secret = match info.split_once(':') {
        Some((user, _)) => begin + user.len() + 1..begin + info.len(),
        None if is_web => begin..begin + info.len(),
        None => return None,
    };
    let value = text.get(secret.clone())?;
    (!word::is_reference(value, None)).then_some(secret)
}

fn path(text: &str, begin: usize, end: usize) -> Option<Range<usize>> {
    let address = text.get(begin..end)?;
    PATHS.iter().find_map(|(before, passed)| {
        let mut from = address.find(before)? + before.len();
        for _ in 0..*passed {
            from += address.get(from..)?.find('/')? + 1;
        }
        let rest = address.get(from..)?;
        // The method of a bot follows its token.
        let parts = if before.ends_with("bot") { rest.find('/') } else { rest.find('?') };
        let secret = begin + from..begin + from + parts.unwrap_or(rest.len());
        let value = text.get(secret.clone())?;
        (!word::is_reference(value, None)).then_some(secret)
    })
}
