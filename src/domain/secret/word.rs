//! The bounds of a value: a word of a command line, a quoted text, a part of an address.

use std::ops::Range;

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    /// `"` or `'`.
    pub mark: u8,
    /// Number of backslashes before the mark, as in `\"` inside another quoted text.
    pub(crate) backslashes: usize,
}

/// Spellings of a single quote inside single quotes in a shell.
const QUOTED_QUOTES: [&str; 2] = [r"'\''", r#"'"'"'"#];

/// Reads the quote at `at` with its backslashes, and returns it with the place where it ends.
pub(crate) fn quote(text: &str, at: usize) -> Option<(Quote, usize)> {
    let bytes = text.as_bytes();
    let backslashes = bytes.iter().skip(at).take_while(|byte| **byte == b'\\').count();
    let mark = *bytes.get(at + backslashes)?;
    matches!(mark, b'"' | b'\'').then_some((Quote { mark, backslashes }, at + backslashes + 1))
}

/// Returns the place after the blanks at `at`.
pub(crate) fn past_blanks(text: &str, at: usize) -> usize {
    at + text.bytes().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Returns the place after the blanks and ends of lines at `at`, and the backslashes that join
/// lines.
pub(crate) fn past_space(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        match rest.bytes().next() {
            Some(byte) if byte.is_ascii_whitespace() => end += 1,
            Some(b'\\') if rest.starts_with("\\\n") => end += 2,
            _ => return end,
        }
    }
}

/// Returns the value at `at` without the quotes around it, and the quotes.
pub(crate) fn value(text: &str, at: usize) -> (Range<usize>, Option<Quote>) {
    match quote(text, at) {
        Some((quote, from)) => (from..end_of_quoted(text, from, quote), Some(quote)),
        None => (at..end_of_plain(text, at), None),
    }
}

/// Returns the end of the text that `quote` opened before `from`: at the same mark behind as many
/// backslashes or fewer, or at the end of all.
pub(crate) fn end_of_quoted(text: &str, from: usize, quote: Quote) -> usize {
    let bytes = text.as_bytes();
    let mut place = from;
    let mut backslashes = 0;
    while let Some(&byte) = bytes.get(place) {
        if byte == quote.mark && backslashes <= quote.backslashes {
            let rest = text.get(place..).unwrap_or_default();
            match QUOTED_QUOTES.iter().find(|quoted| quote.mark == b'\'' && rest.starts_with(**quoted)) {
                Some(quoted) => place += quoted.len() - 1,
                None => return place - backslashes,
            }
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
        place += 1;
    }
    bytes.len()
}

/// Returns the end of a value without quotes. A character that closes brackets or ends commands may
/// belong to the secret, so it is taken to.
fn end_of_plain(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let ends = |place: &usize| match bytes.get(*place) {
        None => true,
        Some(b'\\') => matches!(bytes.get(place + 1), Some(b'"' | b'\'' | b'\n')),
        Some(byte) => byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'&'),
    };
    (from..bytes.len()).find(ends).unwrap_or(bytes.len())
}

/// Returns true if `value` only names the place of the secret, or is none: a tag of fail2ban's, a
/// variable or a command of the shell, an interpolation of the configuration's, a switch.
pub(crate) fn is_reference(value: &str, quote: Option<Quote>) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./?=".contains(&byte))
    };
    let is_variable =
        |rest: &str| rest.starts_with(['{', '(']) || !rest.is_empty() && rest.bytes().all(is_of_a_variable);
    let within = |open, close| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let is_expanded = quote.is_none_or(|quote| quote.mark != b'\'');
    within("<", ">").is_some_and(is_name)
        || within("%(", ")s").is_some_and(is_name)
        || is_expanded && (value.starts_with('`') || value.strip_prefix('$').is_some_and(is_variable))
        || is_switch(value)
}

fn is_of_a_variable(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// Returns true if `value` switches something on or off, or leaves it to the program: no secret,
/// whatever its name.
pub(crate) fn is_switch(value: &str) -> bool {
    const SWITCHES: [&str; 10] = ["", "true", "false", "yes", "no", "on", "off", "none", "null", "auto"];
    SWITCHES.iter().any(|switch| value.trim().eq_ignore_ascii_case(switch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(text: &str) -> &str {
        text.get(value(text, 0).0).unwrap_or_else(|| unreachable!("{text}"))
    }

    #[test]
    fn a_value_ends_where_its_quotes_do() {
        for (text, expected) in [
            (r#""a b" c"#, "a b"),
            ("'a b' c", "a b"),
            (r#""a\"b" c"#, r#"a\"b"#),
            (r#"\"a b\", \"c\""#, "a b"),
            (r#"\"a\\\"b\" c"#, r#"a\\\"b"#),
            (r"'it'\''s me' c", r"it'\''s me"),
            (r#"'it'"'"'s me' c"#, r#"it'"'"'s me"#),
            (r#"'x'" c"#, "x"),
            ("abc def", "abc"),
            ("abc&ip=1", "abc"),
            ("abc\" def", "abc"),
            (r#"abc\" def"#, "abc"),
            ("a\\b,c)d;e", "a\\b,c)d;e"),
            ("\"open", "open"),
            ("é日\\", "é日\\"),
            ("", ""),
        ] {
            assert_eq!(value_of(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_names_a_secret_is_none() {
        let single = Some(Quote { mark: b'\'', backslashes: 0 });
        for value in
            ["", "<cftoken>", "<a/b?family=inet6>", "$MNWPASS", "${x}", "$(cat k)", "`cat k`", "%(key)s"]
        {
            assert!(is_reference(value, None), "{value}");
        }
        for value in ["<", "<>", "<a", "<a b>", "$", "$ecret", "a$B", "%(x)"] {
            assert!(!is_reference(value, None), "{value}");
        }
        assert!(!is_reference("$MNWPASS", single), "the shell leaves it as it is");
        assert!(is_reference("None", None) && is_reference("true", single) && !is_reference("truely", None));
    }
}
