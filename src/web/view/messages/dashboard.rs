//! What a dashboard says.

use crate::domain::jail::JailSummaries;
use crate::domain::overview::{JailRate, Today};
use crate::domain::text;
use crate::web::view::format;

/// Figures of now.
pub(crate) struct Now {
    pub(crate) bans: u64,
    pub(crate) failing: u64,
    pub(crate) failed: u64,
}

/// The figures of all jails; `None` where one of them is not known.
pub(crate) fn now(jails: &JailSummaries) -> Option<Now> {
    if !jails.unusable.is_empty() {
        return None;
    }
    let mut sum = Now { bans: 0, failing: 0, failed: 0 };
    for jail in &jails.jails {
        let status = jail.status.as_ref().ok()?;
        sum.bans += status.banned_now.as_ref().ok()?;
        sum.failing += status.failing_now.as_ref().ok()?;
        sum.failed += status.failed_total.as_ref().ok()?;
    }
    Some(sum)
}

/// Jails that run and have banned nobody for a day, though they usually do.
pub(crate) fn quiet(rates: &[JailRate], jails: Option<&JailSummaries>) -> Vec<String> {
    let runs =
        |name: &str| jails.is_some_and(|jails| jails.jails.iter().any(|jail| jail.name.as_str() == name));
    let is_quiet = |rate: &&JailRate| rate.is_quiet() && runs(&rate.jail);
    let sentence = |rate: &JailRate| {
        format!(
            "{} has banned nobody for 24 hours, and usually bans {} a day: does its log still fill?",
            text::escaped(&rate.jail),
            usual(rate)
        )
    };
    rates.iter().filter(is_quiet).map(sentence).collect()
}

/// Jails that ban many times their usual.
pub(crate) fn busy(rates: &[JailRate]) -> Vec<String> {
    let sentence = |rate: &JailRate| {
        let jail = text::escaped(&rate.jail);
        let bans = format::bans(rate.last_day, None);
        match rate.usual_tenths {
            0 => format!("{jail}: {bans} in 24 hours, and none in the four weeks before."),
            tenths => format!(
                "{jail}: {} times its usual, {bans} in 24 hours instead of {}.",
                format::number((rate.last_day * 10 + tenths / 2) / tenths),
                usual(rate)
            ),
        }
    };
    rates.iter().filter(|rate| rate.is_busy()).map(sentence).collect()
}

fn usual(rate: &JailRate) -> String {
    match rate.usual_tenths {
        tenths if tenths < 100 => format!("{}.{}", tenths / 10, tenths % 10),
        tenths => format::number((tenths + 5) / 10),
    }
}

/// Today beside the days before, in a sentence.
pub(crate) fn compared(today: &Today) -> String {
    let yesterday = today.yesterday.map(|bans| format!("{} by this time yesterday", format::number(bans)));
    let weekday = today.weekday.map(|bans| format!("usually {} on this weekday", format::number(bans)));
    match (yesterday, weekday) {
        (Some(yesterday), Some(weekday)) => format!("{yesterday}, {weekday}"),
        (Some(known), None) | (None, Some(known)) => known,
        (None, None) => "The record is too young to compare".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(last_day: u64, usual_tenths: u64) -> JailRate {
        JailRate { jail: "sshd".to_owned(), last_day, usual_tenths }
    }

    #[test]
    fn a_jail_stands_out_from_three_times_its_usual() {
        assert_eq!(busy(&[rate(160, 200)]), ["sshd: 8 times its usual, 160 bans in 24 hours instead of 20."]);
        assert!(busy(&[rate(59, 200)]).is_empty());
        assert!(busy(&[rate(19, 0)]).is_empty());
        assert_eq!(busy(&[rate(20, 0)]), ["sshd: 20 bans in 24 hours, and none in the four weeks before."]);
    }

    #[test]
    fn nothing_is_compared_with_a_time_that_is_not_known() {
        let today = |yesterday, weekday| Today { bans: Some(5), yesterday, weekday };
        assert_eq!(compared(&today(None, None)), "The record is too young to compare");
        assert_eq!(compared(&today(Some(0), None)), "0 by this time yesterday");
        assert_eq!(
            compared(&today(Some(1_204), Some(9))),
            "1,204 by this time yesterday, usually 9 on this weekday"
        );
    }
}
