//! The result of a trial of a filter: its lines in groups, and the form.

use jiff::Timestamp;

use crate::domain::filter_trial::{FilterTrial, Finding, LineOutcome, TriedLine};

use super::format;

/// The form that a trial is asked for with.
#[derive(Debug, Default)]
pub(crate) struct FilterForm {
    /// True if lines are pasted.
    pub(crate) is_pasted: bool,
    /// The pasted lines.
    pub(crate) text: String,
    /// The expressions, one on each line.
    pub(crate) failregex: String,
    pub(crate) ignoreregex: String,
    /// Reasons why they are refused.
    pub(crate) text_mistake: Option<String>,
    pub(crate) fail_mistake: Option<String>,
    pub(crate) ignore_mistake: Option<String>,
}

impl FilterForm {
    /// Returns the first mistake.
    pub(crate) fn mistake(&self) -> Option<&str> {
        let all = [&self.text_mistake, &self.fail_mistake, &self.ignore_mistake];
        all.into_iter().flatten().next().map(String::as_str)
    }
}

/// Lines of which the same became.
#[derive(Debug)]
pub(crate) struct LineGroup<'a> {
    /// Its anchor.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What it means, where that is not plain.
    pub(crate) hint: &'static str,
    /// Number of its lines, of which the newest are shown.
    pub(crate) count: u64,
    pub(crate) lines: Vec<&'a TriedLine>,
}

impl LineGroup<'_> {
    /// The number of its lines, and how many are shown where that is not all.
    pub(crate) fn counted(&self) -> String {
        let shown = self.lines.len();
        if u64::try_from(shown).is_ok_and(|shown| shown < self.count) {
            format!("the newest {shown} of {}", format::number(self.count))
        } else {
            format::number(self.count)
        }
    }

    /// Lines that nobody looks for first are folded.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.id, "suspicious" | "matched")
    }
}

/// The groups that have lines.
pub(crate) fn groups(trial: &FilterTrial) -> Vec<LineGroup<'_>> {
    let group = |id, title, hint, count, holds: &dyn Fn(&TriedLine) -> bool| LineGroup {
        id,
        title,
        hint,
        count,
        lines: trial.shown.iter().filter(|line| holds(line)).collect(),
    };
    let of = |outcome| move |line: &TriedLine| line.outcome == outcome && !line.suspicious;
    let others = trial.unmatched.saturating_sub(trial.suspicious_count);
    let all = [
        group(
            "suspicious",
            "Looks like a failed login",
            "A guess: words such as “failed” or “invalid user”, and an address. No expression matches these lines.",
            trial.suspicious_count,
            &|line| line.suspicious,
        ),
        group("matched", "Matched", "", trial.matched, &of(LineOutcome::Matched)),
        group(
            "ignored",
            "Ignored",
            "A failregex matches, and an ignoreregex keeps the line from counting.",
            trial.ignored,
            &of(LineOutcome::Ignored),
        ),
        group(
            "noticed",
            "Part of a match",
            "An expression knows these lines, and they count as no failure by themselves.",
            trial.noticed,
            &of(LineOutcome::Noticed),
        ),
        group("unmatched", "Not matched", "", others, &of(LineOutcome::Unmatched)),
    ];
    all.into_iter().filter(|group| group.count > 0).collect()
}

/// The text of a line before, in and after what was found in it.
pub(crate) fn parts(line: &TriedLine) -> (&str, &str, &str) {
    let host = line.found.as_ref().and_then(|found| found.host.as_deref()).filter(|host| !host.is_empty());
    // A name that a visitor chose comes before the address in most logs.
    let place = host.and_then(|host| Some((line.text.rfind(host)?, host.len())));
    let (at, length) = place.unwrap_or((line.text.len(), 0));
    let (before, rest) = line.text.split_at(at);
    let (found, after) = rest.split_at(length);
    (before, found, after)
}

/// The groups that say more than what was found.
pub(crate) fn named(found: &Finding) -> impl Iterator<Item = &(String, String)> {
    found.groups.iter().filter(|(_, value)| Some(value) != found.host.as_ref())
}

/// The time that fail2ban reads in a line.
pub(crate) fn time(found: &Finding) -> Option<Timestamp> {
    Timestamp::from_second(found.time?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_of_what_was_found_is_marked() {
        let found = Finding {
            expression: 0,
            id: "203.0.113.5".to_owned(),
            host: Some("203.0.113.5".to_owned()),
            time: None,
            groups: Vec::new(),
        };
        let line = |text: &str, found| TriedLine {
            text: text.to_owned(),
            outcome: LineOutcome::Matched,
            suspicious: false,
            has_date: true,
            found,
        };
        let marked = line("user 203.0.113.5 from 203.0.113.5 ü", Some(found));
        assert_eq!(parts(&marked), ("user 203.0.113.5 from ", "203.0.113.5", " ü"));
        assert_eq!(parts(&line("nothing", None)), ("nothing", "", ""));
    }
}
