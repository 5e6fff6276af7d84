//! What any text must be before it may travel to fail2ban.

/// The end of a request and of a reply on fail2ban's wire (`fail2ban/protocol.py`, `CSPROTO.END`).
/// The daemon cuts at its first occurrence, also inside a pickled string.
pub(crate) const END_OF_MESSAGE: &str = "<F2B_END_COMMAND>";

/// Whether `text` may be sent as one argument at all: it ends no message.
pub(crate) fn ends_no_message(text: &str) -> bool {
    !text.contains(END_OF_MESSAGE)
}

/// Whether `text` of somebody's may be sent as one argument: it ends no message and controls no terminal.
pub(crate) fn is_safe_argument(text: &str) -> bool {
    ends_no_message(text) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_marker_and_control_characters_are_never_safe() {
        for text in ["a<F2B_END_COMMAND>b", "1.2.3.4\n", "a\0b", "tab\there", "\u{7f}", "\u{85}"] {
            assert!(!is_safe_argument(text), "{text:?}");
        }
        for text in ["203.0.113.5", "café-日本", "", "a b"] {
            assert!(is_safe_argument(text), "{text:?}");
        }
    }
}
