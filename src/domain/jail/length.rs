//! Lengths of time, in all the spellings that fail2ban has for them.

use serde::{Deserialize, Serialize};

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Length {
    /// Number of seconds, less than a thousand years.
    Seconds(u64),
    /// A thousand years or longer: ban times that grow by a formula do so without a limit.
    PracticallyForever,
    /// For ever: fail2ban's -1. With any other negative ban time a ban is over before it begins
    /// (`fail2ban/server/ticket.py`, `getEndOfBanTime`).
    Permanent,
}

/// A thousand years, in seconds.
const THOUSAND_YEARS: u64 = 31_557_600_000;

impl Length {
    /// Makes a length of so many seconds.
    #[must_use]
    pub(crate) fn from_seconds(seconds: u64) -> Self {
        if seconds < THOUSAND_YEARS { Self::Seconds(seconds) } else { Self::PracticallyForever }
    }

    /// Reads fail2ban's number of seconds.
    #[must_use]
    pub fn from_daemon(seconds: i64) -> Self {
        if seconds == -1 { Self::Permanent } else { Self::from_seconds(seconds.try_into().unwrap_or(0)) }
    }

    /// Reads a whole number of seconds of any size. `None` where it is none.
    #[must_use]
    pub(crate) fn from_digits(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Only its size can be wrong now.
        let seconds = digits.parse().unwrap_or(u64::MAX);
        Some(match (text.len() > digits.len(), seconds) {
            (false, seconds) => Self::from_seconds(seconds),
            (true, 1) => Self::Permanent,
            (true, _) => Self::Seconds(0),
        })
    }

    /// Reads a fraction of seconds, whose part behind the point is left out, as fail2ban does where it lists
    /// a ban. `None` where it is not a number.
    #[must_use]
    pub(crate) fn from_fraction(seconds: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates, and that is far above the limit"
        )]
        let whole = seconds.max(0.0) as u64;
        match seconds {
            seconds if seconds.is_nan() => None,
            -1.0 => Some(Self::Permanent),
            _ => Some(Self::from_seconds(whole)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_any_size_and_spelling_is_read() {
        for (text, length) in [
            ("0", Some(Length::Seconds(0))),
            ("-0", Some(Length::Seconds(0))),
            ("31557599999", Some(Length::Seconds(THOUSAND_YEARS - 1))),
            ("31557600000", Some(Length::PracticallyForever)),
            ("69868542114970189824", Some(Length::PracticallyForever)),
            ("-1", Some(Length::Permanent)),
            ("-5", Some(Length::Seconds(0))),
            ("-69868542114970189824", Some(Length::Seconds(0))),
            ("", None),
            ("-", None),
            ("+5", None),
            ("1.5", None),
            ("1e5", None),
            ("inf", None),
        ] {
            assert_eq!(Length::from_digits(text), length, "{text}");
        }
        for (seconds, length) in [
            (298.9, Some(Length::Seconds(298))),
            (-0.5, Some(Length::Seconds(0))),
            (-1.0, Some(Length::Permanent)),
            (6.98e19, Some(Length::PracticallyForever)),
            (f64::INFINITY, Some(Length::PracticallyForever)),
            (-2.0, Some(Length::Seconds(0))),
            (f64::NEG_INFINITY, Some(Length::Seconds(0))),
            (f64::NAN, None),
        ] {
            assert_eq!(Length::from_fraction(seconds), length, "{seconds}");
        }
        let read = [3600, 0, -1, -2].map(Length::from_daemon);
        assert_eq!(read, [Length::Seconds(3600), Length::Seconds(0), Length::Permanent, Length::Seconds(0)]);
        assert!(Length::Seconds(THOUSAND_YEARS - 1) < Length::PracticallyForever);
        assert!(Length::PracticallyForever < Length::Permanent);
    }
}
