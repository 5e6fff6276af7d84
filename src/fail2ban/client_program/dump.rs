//! Which jails a configuration starts, read out of what `fail2ban-client -d` prints.

use super::{ClientError, ClientProgram, MOST_DUMP, TEST_DEADLINE, failed};
use crate::domain::jail::JailName;

impl ClientProgram {
    /// The jails that the configuration enables, in its order.
    ///
    /// # Errors
    /// The program is not installed, refuses the configuration or failed.
    pub async fn configured_jails(&self) -> Result<Vec<JailName>, ClientError> {
        let dumped = self.call(&["-d"], TEST_DEADLINE, MOST_DUMP).run().await?;
        if !dumped.status.success() || dumped.stdout.len() >= MOST_DUMP {
            return Err(failed(&dumped));
        }
        Ok(started(&String::from_utf8_lossy(&dumped.stdout)))
    }
}

/// The jails of the lines `['start', 'sshd']`. One whose name we could never send is left out: it
/// can not be started from here either.
fn started(dump: &str) -> Vec<JailName> {
    let words = dump.lines().filter_map(|line| line.trim().strip_prefix("['start', ")?.strip_suffix(']'));
    words.filter_map(|word| unquoted(word)?.parse().ok()).collect()
}

/// A text in Python's notation. A name in it has no other escapes than these: the rest stand for
/// control characters.
fn unquoted(word: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jails_that_a_dump_starts_are_read_in_its_order() {
        let dump = r#"['set', 'syslogsocket', 'auto']
['add', 'other', 'polling']
['set', 'other', 'addfailregex', "['start', 'fake']"]
['start', 'sshd']
['start', "o'hara"]
['start', 'back\\slash']
['start', 'café-日本']
['start', 'a\nb']
['start', '--all']
"#;
        let names: Vec<String> = started(dump).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["sshd", "o'hara", r"back\slash", "café-日本"]);
    }
}
