//! The ways in which a known secret may be written.
//!
//! All places that are found begin and end between characters: a secret does.

use std::collections::BTreeSet;
use std::ops::Range;

/// The shortest text that is looked into for Base64, in characters.
const SHORTEST_BASE64: usize = 6;

/// Every way to write `secret` that a command, an address, a message or a file has.
pub(crate) fn spellings(secret: &str) -> BTreeSet<String> {
    let json = json(secret);
    BTreeSet::from([
        secret.replace('\'', r"'\''"),
        secret.replace('\'', r#"'"'"'"#),
        secret.replace('%', "%%"),
        secret.replace('\\', r"\\").replace('\'', r"\'"),
        secret.replace('\\', r"\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"),
        self::json(&json),
        json,
        // The way in which our own log prints texts.
        within_quotes(&format!("{secret:?}")),
        secret.to_owned(),
    ])
}

fn json(text: &str) -> String {
    within_quotes(&serde_json::Value::from(text).to_string())
}

fn within_quotes(quoted: &str) -> String {
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// `text` without the backslashes before quotes and other backslashes.
pub(crate) fn unquoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let quoted =
            if letter == '\\' { letters.next_if(|next| matches!(next, '\\' | '\'' | '"')) } else { None };
        plain.push(quoted.unwrap_or(letter));
    }
    plain
}

/// Adds the places in `text` where one of `secrets` stands percent-encoded, whichever of its
/// characters are.
pub(crate) fn find_percent<'a>(
    text: &str,
    secrets: &(impl Iterator<Item = &'a str> + Clone),
    found: &mut Vec<Range<usize>>,
) {
    if !text.contains(['%', '+']) {
        return;
    }
    for plus in [b'+', b' '] {
        let (decoded, places) = percent_decoded(text, plus);
        for secret in secrets.clone() {
            for begin in memchr::memmem::find_iter(&decoded, secret.as_bytes()) {
                let end = places.get(begin + secret.len()).copied().unwrap_or(text.len());
                found.extend(places.get(begin).map(|begin| *begin..end));
            }
        }
    }
}

/// Returns the bytes that `text` stands for, and the place in it where each begins.
fn percent_decoded(text: &str, plus: u8) -> (Vec<u8>, Vec<usize>) {
    let bytes = text.as_bytes();
    let (mut decoded, mut places) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len()));
    let digit = |place: usize| bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        places.push(at);
        let (byte, length) = match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => (u8::try_from(high * 16 + low).unwrap_or(byte), 3),
            (b'+', ..) => (plus, 1),
            _ => (byte, 1),
        };
        decoded.push(byte);
        at += length;
    }
    (decoded, places)
}

/// Adds the places in `text` with Base64 of something that holds one of `secrets`.
pub(crate) fn find_base64<'a>(
    text: &str,
    secrets: &(impl Iterator<Item = &'a str> + Clone),
    found: &mut Vec<Range<usize>>,
) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(begin) = bytes.iter().skip(at).position(|byte| sextet(*byte).is_some()) {
        let begin = at + begin;
        let run: Vec<u32> = bytes.iter().skip(begin).map_while(|byte| sextet(*byte)).collect();
        let end = begin + run.len();
        // Characters before it without a gap, as the `20` of `%20`, shift it.
        let holds = |skipped| {
            let decoded = decode(run.get(skipped..).unwrap_or_default());
            secrets.clone().any(|secret| memchr::memmem::find(&decoded, secret.as_bytes()).is_some())
        };
        if run.len() >= SHORTEST_BASE64 && (0..4).any(holds) {
            found.push(begin..end + bytes.iter().skip(end).take_while(|byte| **byte == b'=').count());
        }
        at = end;
    }
}

/// Returns the text that all of `text` is Base64 of, if it is Base64 of a readable one.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=');
    let run: Option<Vec<u32>> = text.bytes().map(sextet).collect();
    let decoded = String::from_utf8(decode(&run?)).ok()?;
    decoded.bytes().all(|byte| byte.is_ascii_graphic()).then_some(decoded)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

fn decode(run: &[u32]) -> Vec<u8> {
    let bytes = run.chunks(4).flat_map(|sextets| {
        let bits = (0..4).fold(0, |bits, place| bits << 6 | sextets.get(place).unwrap_or(&0));
        let whole = (sextets.len() * 6 / 8).min(3);
        let [_, bytes @ ..] = bits.to_be_bytes();
        bytes.into_iter().take(whole)
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_read() {
        for (text, expected) in
            [("YQ==", "a"), ("YWI=", "ab"), ("YWJj", "abc"), ("YWJjZA", "abcd"), ("am9lOj8_", "joe:??")]
        {
            assert_eq!(decoded(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(decoded("a b"), None);
        assert_eq!(decoded("AAAA"), None, "that is no text");
    }
}
