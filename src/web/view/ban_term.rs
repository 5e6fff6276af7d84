//! The fields of a form that say how long a ban lasts, and why.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

use crate::domain::ignore::NoteError;
use crate::domain::timed_ban::BanTerm;
use crate::web::extract::field::date;
use crate::web::extract::form::Fields;

use super::messages::Explain as _;

/// The value of the choice of a day.
const DAY: &str = "day";
/// The value of the choice of no end.
const FOREVER: &str = "forever";
const HOUR: i64 = 60 * 60;
/// The other choices, with their seconds.
const LENGTHS: [(&str, &str, i64); 5] = [
    ("1h", "For 1 hour", HOUR),
    ("1d", "For 1 day", 24 * HOUR),
    ("7d", "For 7 days", 7 * 24 * HOUR),
    ("30d", "For 30 days", 30 * 24 * HOUR),
    ("1y", "For 1 year", 365 * 24 * HOUR),
];

/// The fields as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TermForm {
    pub(crate) length: String,
    pub(crate) until: String,
    pub(crate) reason: String,
    /// Field that is wrong, and why.
    mistake: Option<(TermField, String)>,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TermField {
    Length,
    Until,
    Reason,
}

impl TermForm {
    /// Reads the fields of `form`.
    pub(crate) fn parse(form: &Fields) -> Self {
        let text = |name| form.first(name).unwrap_or_default().trim().to_owned();
        Self { length: text("length"), until: text("until"), reason: text("reason"), mistake: None }
    }

    /// The choices with their values. The first is what the jail does by itself.
    pub(crate) fn choices() -> Vec<(&'static str, &'static str)> {
        let lengths = LENGTHS.iter().map(|(value, words, _)| (*value, *words));
        let last = [(FOREVER, "Forever"), (DAY, "Until a date …")];
        std::iter::once(("", "Ban time of the jail")).chain(lengths).chain(last).collect()
    }

    /// The day on which a ban can end at the earliest.
    pub(crate) fn today() -> Date {
        Zoned::now().date()
    }

    /// Returns the form, and the term that is meant, `None` for the jail's own, or else what is wrong with it, which the
    /// form then tells as well.
    pub(crate) fn read(self) -> (Self, Result<Option<BanTerm>, String>) {
        match self.understood() {
            Ok(term) => (self, Ok(term)),
            Err((field, why)) => (Self { mistake: Some((field, why.clone())), ..self }, Err(why)),
        }
    }

    fn understood(&self) -> Result<Option<BanTerm>, (TermField, String)> {
        let reason = self.reason.parse().map_err(|error: NoteError| (TermField::Reason, error.explain()))?;
        let until = match self.length.as_str() {
            "" if self.reason.is_empty() => return Ok(None),
            "" => {
                let why = "BanGUI keeps a reason only with a ban time of its own: choose one.";
                return Err((TermField::Length, why.to_owned()));
            }
            FOREVER => None,
            DAY => Some(end_of(&self.until).map_err(|why| (TermField::Until, why))?),
            length => {
                let known = LENGTHS.iter().find(|(value, ..)| *value == length);
                let seconds = known.map(|(.., seconds)| SignedDuration::from_secs(*seconds));
                let end = seconds.and_then(|seconds| Timestamp::now().checked_add(seconds).ok());
                Some(end.ok_or_else(|| (TermField::Length, "There is no such ban time.".to_owned()))?)
            }
        };
        Ok(Some(BanTerm { until, reason }))
    }

    /// What is wrong with `field`.
    pub(crate) fn mistake_in(&self, field: TermField) -> Option<&str> {
        self.mistake.as_ref().filter(|(wrong, _)| *wrong == field).map(|(_, why)| why.as_str())
    }

    /// The fields that say something, with their values.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [("length", &self.length), ("until", &self.until), ("reason", &self.reason)];
        pairs
            .into_iter()
            .map(|(name, value)| (name, value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

/// The end of a day that a form names, in the server's time zone.
fn end_of(text: &str) -> Result<Timestamp, String> {
    let day = date(text).ok_or_else(|| "Write the day like 2026-12-31.".to_owned())?;
    if day < TermForm::today() {
        return Err("That day has passed.".to_owned());
    }
    let next = day.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::system()));
    next.map(|next| next.timestamp()).map_err(|_| "That day is too far away.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(form: &str) -> Result<Option<BanTerm>, String> {
        let form = TermForm::parse(&Fields::parse(form.as_bytes()));
        form.read().1
    }

    #[test]
    fn a_form_says_how_long_a_ban_lasts_and_why() {
        assert_eq!(term("length=&until=2020-01-01"), Ok(None));
        let month = term("length=30d&reason=+scraper+").ok().flatten();
        let until = month.as_ref().and_then(|term| term.until).map_or(0, Timestamp::as_second);
        assert!((until - Timestamp::now().as_second() - 30 * 24 * HOUR).abs() < 60);
        assert_eq!(month.map(|term| term.reason.to_string()).as_deref(), Some("scraper"));
        assert!(term("length=forever").is_ok_and(|term| term.is_some_and(|term| term.until.is_none())));
        let day = term("length=day&until=9998-12-30").ok().flatten().and_then(|term| term.until);
        let last = Date::constant(9998, 12, 31).to_zoned(TimeZone::system()).ok().map(|day| day.timestamp());
        assert_eq!(day, last);
    }

    #[test]
    fn what_no_ban_can_last_is_refused() {
        let long = format!("length=1h&reason={}", "x".repeat(201));
        for form in [
            "length=5",
            "length=day",
            "length=day&until=2020-01-01",
            "length=day&until=soon",
            "length=day&until=9998-12-30T10:00",
            "length=day&until=9999-12-31",
            "reason=scraper",
            "length=1h&reason=a%0Ab",
            &long,
        ] {
            assert!(term(form).is_err(), "{form}");
        }
    }
}
