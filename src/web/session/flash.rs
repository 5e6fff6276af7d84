//! A message that waits for the next page.

use serde::{Deserialize, Serialize};

use crate::domain::address::{Banned, Target};
use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::jail_service::MOST_UNDONE;
use crate::web::extract::ban_key;

/// Most bans of which a message offers the way back, and that are lifted without a question.
pub(crate) const MOST_AT_ONCE: usize = 25;

/// A message that waits for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// True if it reports a failure.
    pub bad: bool,
    /// True if the action was done, but perhaps not with its full effect.
    #[serde(default)]
    pub(crate) warns: bool,
    /// The message.
    pub text: String,
    /// The path of the page that it is for; `None` for whichever comes next.
    #[serde(default)]
    pub(crate) page: Option<String>,
    /// Entries that were unbanned and can be banned again, each as [`ban_key`] writes it.
    #[serde(default)]
    pub(crate) undo: Vec<String>,
    /// Entries that were banned and can be unbanned again, each as [`ban_key`] writes it.
    #[serde(default)]
    pub(crate) lifts: Vec<String>,
    /// Number of other jails in which the unbanned entry is still banned, and the entry.
    #[serde(default)]
    pub(crate) elsewhere: Option<(usize, String)>,
    /// Entry that is ignored now and still banned.
    #[serde(default)]
    pub(crate) banned: Option<String>,
    /// Number of unbanned entries that are plain text, which nobody can name to be banned again.
    #[serde(default)]
    pub(crate) not_undone: usize,
    /// The jails for which banning again would be a further ban to count, as [`Self::counted_by`] names them.
    #[serde(default)]
    pub(crate) counted_by: Vec<String>,
}

impl Flash {
    /// Something was done.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self {
            bad: false,
            warns: false,
            text: text.into(),
            page: None,
            undo: Vec::new(),
            lifts: Vec::new(),
            elsewhere: None,
            banned: None,
            not_undone: 0,
            counted_by: Vec::new(),
        }
    }

    /// Something was not done.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { bad: true, ..Self::good(text) }
    }

    /// Something was done, but perhaps not with its full effect.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Self { warns: true, ..Self::good(text) }
    }

    /// The same, warning that these jails count each ban.
    pub(crate) fn counted_by(self, jails: &[JailName]) -> Self {
        Self { counted_by: jails.iter().map(ToString::to_string).collect(), ..self }
    }

    /// The same, offering to unban `banned` in `jail` where it is not too much for one go.
    pub(crate) fn with_way_back<'a>(
        self,
        banned: impl IntoIterator<Item = (&'a JailName, &'a Target)>,
    ) -> Self {
        let lifts: Vec<String> =
            banned.into_iter().map(|(jail, target)| ban_key::format_ban_key(jail, target)).collect();
        if lifts.len() > MOST_AT_ONCE { self } else { Self { lifts, ..self } }
    }

    /// The same, offering to unban `entry` in the `jails` that still ban it as well.
    pub(crate) fn banned_elsewhere(self, entry: &Banned, jails: usize) -> Self {
        if jails == 0 {
            return self;
        }
        let other = if jails == 1 { "jail" } else { "jails" };
        let text = format!("{} Still banned in {jails} other {other}.", self.text);
        Self { text, elsewhere: Some((jails, entry.to_string())), ..self }
    }

    /// The same, leading to the unban of `entry`, if it is still banned.
    pub(crate) fn offering_unban(self, entry: Option<&IgnoreEntry>) -> Self {
        Self { banned: entry.and_then(IgnoreEntry::target).map(|target| target.to_string()), ..self }
    }

    /// The same, offering to ban `lifted` again where it is not too much for one go.
    pub(crate) fn with_undo<'a>(self, lifted: impl IntoIterator<Item = (&'a JailName, &'a Banned)>) -> Self {
        let lifted: Vec<_> = lifted.into_iter().collect();
        if lifted.len() > MOST_UNDONE {
            return self;
        }
        let addresses = lifted.iter().filter(|(_, banned)| banned.target().is_some());
        let undo: Vec<String> =
            addresses.map(|(jail, banned)| ban_key::format_ban_key(jail, banned)).collect();
        Self { not_undone: lifted.len() - undo.len(), undo, ..self }
    }
}
