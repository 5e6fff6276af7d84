//! Shares as pictures have them.

/// A share in percent with two digits: `12.34%`.
pub(crate) fn of(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}
