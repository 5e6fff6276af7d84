//! Lines of configuration files that fail2ban quotes where it could not read them (Python's
//! `configparser`). Such a line lacks the sign of a setting, so the text behind the name of a
//! secret in it is one: `password hunter2`.

use std::ops::Range;

use super::{name, word};

/// Pairs of texts around a line number, of which the second stands just before a quoted line.
const LINES: [(&str, &str); 2] = [
    // `[line  2]: 'password hunter2\n'`
    ("[line ", "]: "),
    // `file: 'jail.local', line: 1⏎'hunter2\n'`
    (", line: ", "\n"),
];
/// Text before the rest of a value whose name is not given:
/// `'%' must be followed by '%' or '(', found: '%ter2'`. All of it is masked.
const REST: &str = "must be followed by '%' or '(', found: ";

/// Adds the places in `text` with secrets in lines of configuration files.
pub(crate) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (begins, ends) in LINES {
        for (place, written) in text.match_indices(begins) {
            let from = place + written.len();
            let rest = text.get(from..).unwrap_or_default();
            let number = rest.len() - rest.trim_start_matches(is_of_a_number).len();
            if rest.get(number..).is_some_and(|rest| rest.starts_with(ends)) {
                found.extend(quoted(text, from + number + ends.len()).and_then(|line| named(text, line)));
            }
        }
    }
    let rests = text.match_indices(REST);
    found.extend(rests.filter_map(|(place, written)| quoted(text, place + written.len())));
}

fn is_of_a_number(letter: char) -> bool {
    letter == ' ' || letter.is_ascii_digit()
}

fn quoted(text: &str, at: usize) -> Option<Range<usize>> {
    word::quote(text, at).map(|_| word::value(text, at).0)
}

/// Returns the rest of the `line` after the first name of a secret in it, to its end.
fn named(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let is_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let written = text.get(line.clone())?;
    let mut names = written.split(|letter| !is_of_a_name(letter)).filter(|name| !name.is_empty());
    let name = names.find(|name| name::is_secret(name))?;
    let end = name.as_ptr().addr() - written.as_ptr().addr() + name.len();
    let rest = written.get(end..)?;
    let value = rest.trim_start_matches([' ', '\t', '=', ':']);
    let begin = line.end - value.len();
    (begin < line.end).then_some(begin..line.end)
}
