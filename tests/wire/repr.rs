//! Python's way of writing a value, to compare with what Python itself made of a recorded reply.

use bangui::fail2ban::pickle::Value;

/// As Python's `repr`, but with `[…]` for tuples and arguments too: a [`Value`] does not tell them
/// from lists.
pub fn repr(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => text_repr(text),
        Value::List(items) => list_repr(items),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| repr(key) + ": " + &repr(value));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Object { class, arguments, .. } => class.clone() + &list_repr(arguments),
    }
}

fn list_repr(items: &[Value]) -> String {
    format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", "))
}

fn text_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut written = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            '\\' => written.push_str("\\\\"),
            _ if character == quote => written.extend(['\\', quote]),
            _ => written.push(character),
        }
    }
    written.push(quote);
    written
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
