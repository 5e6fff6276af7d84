//! Which jails a configuration starts, read out of what `fail2ban-client -d` prints.

use super::{ClientError, ClientProgram, MOST_DUMP, TEST_DEADLINE, failed};
use crate::domain::jail::JailName;
use crate::domain::secret::Secrets;

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
        self.secrets.set_configured(secrets(&dumped.stdout));
        Ok(started(&String::from_utf8_lossy(&dumped.stdout)))
    }
}

/// The secrets of the actions in a dump. Their lines are `['set', 'sshd', 'addaction', 'smtp', PATH, JSON]`
/// and `['multi-set', 'sshd', 'action', 'x', [['cftoken', 'SECRET'], …]]`.
pub(super) fn secrets(dump: &[u8]) -> Secrets {
    let dump = String::from_utf8_lossy(dump);
    let mut secrets = Secrets::default();
    for line in dump.lines().filter(|line| line.contains("'action', ") || line.contains("'addaction', ")) {
        secrets.extend(Secrets::of_text(line));
    }
    secrets
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
    use crate::domain::secret::mask_text;

    #[test]
    fn the_secrets_of_a_dump_are_those_of_its_actions() {
        let dump = r#"['set', 'sshd', 'addfailregex', '^token: abcdefgh from <HOST>']
['set', 'sshd', 'addaction', 'smtp', 'smtp.py', '{"user": "me", "password": "smtp-p4ss"}']
['multi-set', 'sshd', 'action', 'x', [['actionban', 'curl -u me:sh0rtpw <ip>'], ['cftoken', 'it\'s s3cret']]]
"#;
        let secrets = secrets(dump.as_bytes());
        let words = "smtp-p4ss, sh0rtpw, it's s3cret, abcdefgh";
        assert_eq!(mask_text(words, &secrets), "••••••, ••••••, ••••••, abcdefgh");
    }

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
