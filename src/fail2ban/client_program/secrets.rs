//! The secrets in a dump of the configuration.

use crate::domain::secret::Secrets;

/// The secrets of the actions in a dump. Their lines are `['set', 'sshd', 'addaction', 'smtp', PATH, JSON]`
/// and `['multi-set', 'sshd', 'action', 'x', [['cftoken', 'SECRET'], …]]`.
pub(crate) fn secrets(dump: &[u8]) -> Secrets {
    let dump = String::from_utf8_lossy(dump);
    let mut secrets = Secrets::default();
    for line in dump.lines().filter(|line| line.contains("'action', ") || line.contains("'addaction', ")) {
        secrets.extend(Secrets::of_text(line));
    }
    secrets
}

/// A text in Python's notation. A name in it has no other escapes than these: the rest stand for
/// control characters.
pub(crate) fn unquoted(word: &str) -> Option<String> {
    let quote = word.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let inner = word.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next().filter(|next| matches!(next, '\\' | '\'' | '"'))?),
            other => text.push(other),
        }
    }
    Some(text)
}
