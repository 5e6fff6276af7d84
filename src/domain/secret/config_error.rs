//! Lines of configuration files that fail2ban quotes where it could not read them (Python's `configparser`).
//! What should have been a setting and is none may be a secret as well as anything else.

use std::ops::Range;

use super::word;

/// What stands just before the quoted line, or before the rest of one.
const BEFORE: [(&str, &str); 3] = [
    // `[line  2]: 'password hunter2\n'`
    ("[line ", "]: "),
    // `file: 'jail.local', line: 1⏎'hunter2\n'`
    (", line: ", "\n"),
    // `'%' must be followed by '%' or '(', found: '%ter2'`
    ("must be followed by '%' or '(', ", "found: "),
];

/// Adds where in `text` lines of configuration files are quoted.
pub(crate) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (begins, ends) in BEFORE {
        for (place, written) in text.match_indices(begins) {
            let from = place + written.len();
            let rest = text.get(from..).unwrap_or_default();
            let number = rest.len()
                - rest.trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).len();
            let quoted = from + number + ends.len();
            let is_it = rest.get(number..).is_some_and(|rest| rest.starts_with(ends));
            if is_it && word::quote(text, quoted).is_some() {
                found.push(word::value(text, quoted).0);
            }
        }
    }
}
