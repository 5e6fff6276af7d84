//! How long logins last, and which of that excludes one another.

use thiserror::Error;

/// How long a login that is remembered lasts without being used, in days.
pub(super) const DEFAULT_REMEMBERED_IDLE_DAYS: u32 = 14;
const MINUTES: u32 = 60;

/// BanGUI does not start, because a lifetime of logins has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Lifetimes {
    #[error("session_idle, {idle} minutes, must not be longer than session_absolute, which is {absolute} h")]
    Usual { idle: u32, absolute: u32 },
    #[error(
        "session_remembered_idle, {idle} days, must not be longer than session_remembered, which is {whole} days"
    )]
    Remembered { idle: u32, whole: u32 },
}

/// Checks that a login ends no sooner than it would without being used: in minutes and hours, and in days where it is
/// remembered. A default is no mistake of whoever shortens the other.
pub(super) fn check(usual: (u32, u32), remembered: (u32, u32)) -> Result<(), Lifetimes> {
    let ((idle, absolute), (remembered_idle, whole)) = (usual, remembered);
    if idle > absolute.saturating_mul(MINUTES) {
        return Err(Lifetimes::Usual { idle, absolute });
    }
    if remembered_idle > whole && remembered_idle != DEFAULT_REMEMBERED_IDLE_DAYS {
        return Err(Lifetimes::Remembered { idle: remembered_idle, whole });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_is_used_lasts_as_long_as_one_that_is_not() {
        assert_eq!(check((60, 1), (7, 7)), Ok(()));
        assert_eq!(check((61, 1), (7, 7)), Err(Lifetimes::Usual { idle: 61, absolute: 1 }));
        assert_eq!(check((30, 12), (8, 7)), Err(Lifetimes::Remembered { idle: 8, whole: 7 }));
        assert_eq!(check((30, 12), (DEFAULT_REMEMBERED_IDLE_DAYS, 7)), Ok(()));
    }
}
