//! Secrets that are known by what stands before them: a header, an option, an assignment, a key of JSON.

use std::ops::Range;

use super::name;
use super::word::{self, Quote};

/// Words with which the value of a header may begin before the secret itself.
const SCHEMES: [&str; 7] = ["bearer", "basic", "token", "digest", "apikey", "bot", "key"];
/// Headers whose value is the rest of the line where nothing quotes them.
const WHOLE_LINE: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// Adds the places in `text` with secrets behind their names.
pub(crate) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut at = 0;
    while let Some(begin) = bytes.iter().skip(at).position(is_of_a_name).map(|place| place + at) {
        let end = begin + bytes.iter().skip(begin).take_while(|byte| is_of_a_name(byte)).count();
        let written = text.get(begin..end).unwrap_or_default();
        let named = Named { text, begin, end, name: written.trim_matches('-') };
        if let Some(secret) = named.secret() {
            found.push(secret);
        }
        at = end;
    }
}

/// A name in a text, and what may be its value.
struct Named<'a> {
    text: &'a str,
    begin: usize,
    end: usize,
    name: &'a str,
}

impl Named<'_> {
    /// Returns the place of its secret, if it has one.
    fn secret(&self) -> Option<Range<usize>> {
        if self.name.eq_ignore_ascii_case("bearer") {
            return self.after_bearer();
        }
        if !name::is_secret(self.name) {
            return None;
        }
        let (range, quote) = self.value()?;
        let value = self.text.get(range.clone())?;
        // `token://` and `key::` name no value.
        let follows_colon = self.text.as_bytes().get(..range.start)?.ends_with(b":");
        let is_other = follows_colon && (value.starts_with("//") || value.starts_with(':'));
        (!is_other && !word::is_reference(value, quote)).then_some(range)
    }

    /// `Bearer TOKEN` wherever it stands; a shorter word is one of a sentence.
    fn after_bearer(&self) -> Option<Range<usize>> {
        let begin = word::past_blanks(self.text, self.end);
        let (range, quote) = word::value(self.text, begin);
        let value = self.text.get(range.clone())?;
        (begin > self.end && value.len() >= 8 && !word::is_reference(value, quote)).then_some(range)
    }

    fn value(&self) -> Option<(Range<usize>, Option<Quote>)> {
        let bytes = self.text.as_bytes();
        // `"token": "x"`, `\"token\": \"x\"`, `data[token]=x`
        let closing = word::quote(self.text, self.end);
        let mut at = closing.map_or(self.end, |(_, end)| end);
        if bytes.get(at) == Some(&b']') {
            at += 1;
        }
        let sign = word::past_blanks(self.text, at);
        let rest = self.text.get(sign..)?;
        let is_sign =
            !rest.starts_with([':', '=']) || rest.get(1..).is_some_and(|rest| rest.starts_with(' '));
        // The value of an option may begin as a sign does: `--token :x`.
        if sign > at && !is_sign && closing.is_none() && self.is_option() {
            return self.after_option();
        }
        match bytes.get(sign)? {
            b':' if rest.starts_with(":=") => Some(self.value_at(sign + 2)),
            b':' => Some(self.after_colon(sign + 1, closing.is_some())),
            b'=' if rest.starts_with("==") || rest.starts_with("=>") => Some(self.value_at(sign + 2)),
            b'=' => Some(self.value_at(sign + 1)),
            // `['token', 'x']`, as Python prints it.
            b',' if closing.is_some() => {
                let begin = word::past_blanks(self.text, sign + 1);
                word::quote(self.text, begin).map(|_| word::value(self.text, begin))
            }
            _ => self.after_option(),
        }
    }

    fn value_at(&self, at: usize) -> (Range<usize>, Option<Quote>) {
        word::value(self.text, word::past_blanks(self.text, at))
    }

    fn is_option(&self) -> bool {
        self.text.get(self.begin..).is_some_and(|written| written.starts_with('-'))
    }

    /// `--token x`: an option, whose value is the next word.
    fn after_option(&self) -> Option<(Range<usize>, Option<Quote>)> {
        let begin = word::past_space(self.text, self.end);
        let next = self.text.get(begin..)?;
        (self.is_option() && begin > self.end && !next.starts_with('-'))
            .then(|| word::value(self.text, begin))
    }

    /// `token: x`. As a header in quotes its value goes on to the closing quote.
    fn after_colon(&self, at: usize, is_quoted: bool) -> (Range<usize>, Option<Quote>) {
        let begin =
            if is_quoted { word::past_space(self.text, at) } else { word::past_blanks(self.text, at) };
        if is_quoted || word::quote(self.text, begin).is_some() {
            return word::value(self.text, begin);
        }
        let end = match self.opening() {
            Some(opening) => word::end_of_quoted(self.text, begin, opening),
            None if WHOLE_LINE.iter().any(|header| self.name.eq_ignore_ascii_case(header)) => {
                let rest = self.text.get(begin..).unwrap_or_default();
                begin + rest.find(['\n', '\r', '"', '\'']).unwrap_or(rest.len())
            }
            None => word::value(self.text, begin).0.end,
        };
        (self.past_scheme(begin, end)..end, None)
    }

    /// The quote just before the name.
    fn opening(&self) -> Option<Quote> {
        let before = self.text.as_bytes().get(..self.begin)?;
        let (&mark, before) = before.split_last()?;
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
        matches!(mark, b'"' | b'\'').then_some(Quote { mark, backslashes })
    }

    /// Past the name of a scheme, which is no secret.
    fn past_scheme(&self, begin: usize, end: usize) -> usize {
        let value = self.text.get(begin..end).unwrap_or_default();
        let scheme = value.split([' ', '\t']).next().unwrap_or_default();
        let is_scheme = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let after = word::past_blanks(self.text, begin + scheme.len());
        if is_scheme && after < end { after } else { begin }
    }
}
