//! Words that read like an option of the command that takes them.

/// Option that `unbanip` takes where it comes first (`transmitter.py`, `__commandSet`).
pub(crate) const REPORT_ABSENT: &str = "--report-absent";

/// Returns the words of an `unbanip` in which no banned entry is taken for an option: another entry
/// comes first. Where there is no other the option itself does, and fail2ban then refuses what is
/// not banned ([`crate::fail2ban::protocol::unban::unbanned`]).
pub(crate) fn with_no_option_in_front(mut words: Vec<String>) -> Vec<String> {
    if words.get(3).is_some_and(|first| first == REPORT_ABSENT) {
        match words.iter().skip(4).position(|word| word != REPORT_ABSENT) {
            Some(other) => words.swap(3, 4 + other),
            None => words.insert(3, REPORT_ABSENT.to_owned()),
        }
    }
    words
}
