//! The jails that run. fail2ban sends their names in one text, separated by commas
//! (`fail2ban/server/server.py`, `status`), and a name may hold a comma itself.

use std::collections::BTreeSet;

use crate::domain::jail::{JailList, JailName, UnusableJail, UnusableReason};
use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::value::Value;
use crate::fail2ban::protocol::command;
use crate::fail2ban::protocol::command::{Command, ListedJails};

use super::Daemon;

const SEPARATOR: &str = ", ";
/// The most names that are tried. fail2ban logs an error for each that is no jail's.
const MOST_CANDIDATES: usize = 400;

impl Daemon {
    /// The jails that run.
    pub(crate) async fn jail_list(&self) -> Result<JailList, Error> {
        let listed = command::listed_jails(self.ask(Command::Status).await?)?;
        let parts = parts(&listed);
        if parts.len() == listed.number {
            let mut jails = JailList::default();
            for name in parts {
                jails.add(name);
            }
            return Ok(jails);
        }
        let generation = self.generation();
        let last = self.jails.lock().clone();
        if let Some((of, known, jails)) = last
            && of == generation
            && known == listed
        {
            return Ok(jails);
        }
        let jails = self.told_apart(&parts, listed.number).await?;
        let mut last = self.jails.lock();
        *last = Some((generation, listed, jails.clone()));
        Ok(jails)
    }

    /// The names of the jails that run and can be asked about.
    pub(crate) async fn jail_names(&self) -> Result<Vec<JailName>, Error> {
        Ok(self.jail_list().await?.names)
    }

    /// Finds the `number` jails whose list falls into more `parts` than that: by the names in
    /// `stats`, or else by trying joined parts.
    async fn told_apart(&self, parts: &[&str], number: usize) -> Result<JailList, Error> {
        let mut jails = JailList::default();
        if let Some(names) = self.names_in_stats().await?.filter(|names| names.len() == number) {
            for name in &names {
                jails.add(name);
            }
            return Ok(jails);
        }
        let candidates = candidates(parts, number);
        let commands: Vec<Command<'_>> = candidates.iter().map(Command::JailStatus).collect();
        let answers = self.ask_all(&commands).await?;
        let tried = candidates.iter().zip(answers);
        jails.names = tried
            .filter(|(_, answer)| !matches!(answer, Err(Error::UnknownJail(_))))
            .map(|(name, _)| name.clone())
            .collect();
        for name in left_over(parts, &jails.names) {
            let reason =
                name.parse::<JailName>().map_or_else(UnusableReason::Name, |_| UnusableReason::Ambiguous);
            jails.unusable.push(UnusableJail { name, reason });
        }
        Ok(jails)
    }

    /// Returns every name, where the daemon knows `stats`: it does since 1.1.
    async fn names_in_stats(&self) -> Result<Option<Vec<String>>, Error> {
        if !self.tells_stats().await? {
            return Ok(None);
        }
        match self.ask(Command::Stats).await {
            Ok(Value::Map(stats)) => {
                Ok(stats.into_iter().map(|(name, _)| command::text(name)).collect::<Result<_, _>>().ok())
            }
            Err(error) if error.is_of_the_connection() => Err(error),
            Ok(_) | Err(_) => Ok(None),
        }
    }
}

fn parts(listed: &ListedJails) -> Vec<&str> {
    if listed.number == 0 && listed.list.is_empty() {
        return Vec::new();
    }
    listed.list.split(SEPARATOR).collect()
}

/// Returns the names that adjacent `parts` make together, where `number` names are among them.
/// Every jail that can be asked about is one of these, and whichever of these answers is a jail.
fn candidates(parts: &[&str], number: usize) -> BTreeSet<JailName> {
    let longest = parts.len().saturating_sub(number) + 1;
    let runs = (1..=longest).flat_map(|length| parts.windows(length));
    runs.filter_map(|run| run.join(SEPARATOR).parse().ok()).take(MOST_CANDIDATES).collect()
}

/// Returns the parts of the list that belong to none of `names`; the longest names are found first,
/// since one name may be a part of another.
fn left_over(parts: &[&str], names: &[JailName]) -> Vec<String> {
    let mut rest: Vec<Option<&str>> = parts.iter().copied().map(Some).collect();
    let mut runs: Vec<Vec<Option<&str>>> =
        names.iter().map(|name| name.as_str().split(SEPARATOR).map(Some).collect()).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    for run in runs {
        if let Some(at) = rest.windows(run.len()).position(|window| window == run) {
            rest.iter_mut().skip(at).take(run.len()).for_each(|part| *part = None);
        }
    }
    let runs = rest.split(Option::is_none).filter(|run| !run.is_empty());
    runs.map(|run| run.iter().copied().flatten().collect::<Vec<_>>().join(SEPARATOR)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: usize, list: &str) -> ListedJails {
        ListedJails { number, list: list.to_owned() }
    }

    fn names(texts: &[&str]) -> Vec<JailName> {
        texts.iter().map(|text| text.parse().unwrap_or_else(|e| unreachable!("{text}: {e}"))).collect()
    }

    #[test]
    fn a_list_without_a_comma_in_a_name_is_read_without_a_question() {
        for (number, list, expected) in [
            (0, "", &[][..]),
            (1, "sshd", &["sshd"]),
            (3, "a, c,, with space", &["a", "c,", "with space"]),
            (1, "", &[""]),
        ] {
            assert_eq!(parts(&listed(number, list)), expected);
        }
    }

    #[test]
    fn every_jail_is_among_the_names_that_are_tried() {
        let list = listed(3, "a, b, b, c, d");
        let tried = candidates(&parts(&list), list.number);
        let expected = ["a", "a, b", "a, b, b", "b", "b, b", "b, b, c", "b, c", "b, c, d", "c", "c, d", "d"];
        assert_eq!(tried.into_iter().collect::<Vec<_>>(), names(&expected));
        let many = vec!["x"; 5000];
        assert!(candidates(&many, 1).len() <= MOST_CANDIDATES);
    }

    #[test]
    fn what_belongs_to_no_jail_that_answers_is_told() {
        let parts = ["a", "a", "b", "tab\tin", "x", "y"];
        assert_eq!(left_over(&parts, &names(&["a", "a, b", "x"])), ["tab\tin", "y"]);
        assert_eq!(left_over(&parts, &names(&["a", "a, b"])), ["tab\tin, x, y"]);
        assert_eq!(left_over(&["a", "b"], &names(&["a, b"])), [""; 0]);
    }
}
