//! Python's way of writing a value, to compare with what Python itself made of a recorded reply.

use bangui::fail2ban::pickle::Value;

/// As Python's `repr`, but with `[…]` for tuples and arguments too: a [`Value`] does not tell them
/// from lists.
pub fn repr(value: &Value) -> String {
    with_brackets_only(&value.to_string())
}

/// Rewrites Python's own `repr` with `[…]` for every parenthesis outside a string.
pub fn with_brackets_only(python: &str) -> String {
    let (mut written, mut inside, mut escaped) = (String::new(), None, false);
    for character in python.chars() {
        match (inside, character) {
            (None, '(') => written.push('['),
            (None, ')') => {
                // The comma of a tuple of one.
                if written.ends_with(',') {
                    written.pop();
                }
                written.push(']');
            }
            _ => written.push(character),
        }
        inside = match (inside, character) {
            (None, '\'' | '"') => Some(character),
            (Some(quote), _) if quote == character && !escaped => None,
            _ => inside,
        };
        escaped = character == '\\' && !escaped;
    }
    written
}
