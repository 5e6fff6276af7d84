//! Text that others wrote: the part of it that may travel to fail2ban, and the way it is shown.

use std::fmt;

/// The end of a request and of a reply on fail2ban's wire (`fail2ban/protocol.py`, `CSPROTO.END`).
/// The daemon cuts at its first occurrence, also inside a pickled string.
pub(crate) const END_OF_MESSAGE: &str = "<F2B_END_COMMAND>";

/// The longest text that [`printable`] shows, in characters.
const LONGEST_LINE: usize = 600;

/// Returns true if `text` may be sent as one argument at all: it ends no message.
pub(crate) fn ends_no_message(text: &str) -> bool {
    !text.contains(END_OF_MESSAGE)
}

/// Returns true if a text that somebody typed may be sent as one argument: it ends no message and controls
/// no terminal.
pub(crate) fn is_safe_argument(text: &str) -> bool {
    ends_no_message(text) && !text.chars().any(char::is_control)
}

/// Returns true if `c` shows nothing itself but may change, reorder or disguise what stands around it:
/// control characters, all that Unicode has renderers ignore (`Default_Ignorable_Code_Point`: direction
/// marks, joiners, fillers, variation selectors, tags), separators of lines and interlinear annotations.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(c, '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}')
        || matches!(c, '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the character that is shown in place of `c`: the picture of a control character, and a
/// replacement character for any other hidden one.
pub(crate) fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// `text` on one line of a page: of bounded length, and with a [`picture`] of all that is hidden.
#[must_use]
pub(crate) fn printable(text: &str) -> String {
    let shown = |c| if c == '\t' { ' ' } else { picture(c) };
    truncate(text.trim_end(), LONGEST_LINE).chars().map(shown).collect()
}

/// `text`, or its beginning and `…` where it has more than `most` characters.
#[must_use]
pub(crate) fn truncate(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A text on one line of a log: hidden characters, and white space but the plain space, are escaped
/// as Rust escapes them. A backslash stays one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let must_escape = |c: char| is_hidden(c) || c != ' ' && c.is_whitespace();
        let mut rest = self.0;
        while let Some(at) = rest.find(must_escape) {
            let (plain, escaped) = rest.split_at(at);
            let mut characters = escaped.chars();
            f.write_str(plain)?;
            characters.next().map_or(Ok(()), |c| write!(f, "{}", c.escape_default()))?;
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

/// `text` on one line, escaped so that the original can be told from it.
#[must_use]
pub(crate) fn escaped(text: &str) -> String {
    OneLine(&text.replace('\\', r"\\")).to_string()
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

    #[test]
    fn nothing_hidden_is_left_of_any_character() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            let (shown, escaped) = (printable(&text), escaped(&text));
            assert!(!shown.contains(is_hidden) && !escaped.contains(is_hidden), "{c:?}");
            assert_eq!(shown != text, is_hidden(c), "{c:?} as {shown:?}");
        }
    }

    #[test]
    fn what_can_be_seen_is_shown_as_it_is() {
        for text in ["203.0.113.5, it's \"café\" 日本 👍", "cafe\u{301} हिन्दी ภาษาไทย العربية עברית"]
        {
            assert_eq!((printable(text), escaped(text)), (text.to_owned(), text.to_owned()));
        }
    }

    #[test]
    fn a_hostile_line_is_cut_and_controls_nothing() {
        assert_eq!(printable("a\u{1b}[31mb\u{7}\u{202e}c\u{9b}d\u{7f}\r\n"), "a␛[31mb␇\u{fffd}c\u{fffd}d␡");
        assert_eq!(printable("<b>Müller\t日本</b>"), "<b>Müller 日本</b>");
        let long = printable(&"é".repeat(LONGEST_LINE + 1));
        assert_eq!(long.chars().count(), LONGEST_LINE);
        assert!(long.ends_with("é…"));
        assert!(!printable(&"x".repeat(LONGEST_LINE)).ends_with('…'));
        assert_eq!((truncate("ab", 1), truncate("a", 1)), ("…".to_owned(), "a".to_owned()));
    }

    #[test]
    fn what_cannot_be_seen_is_told_from_what_was_written_so() {
        assert_eq!(escaped("a\r\nb\u{1b}[2J\0"), r"a\r\nb\u{1b}[2J\u{0}");
        assert_eq!(escaped("\u{202e}txet\u{2028}\u{200b}\u{a0}"), r"\u{202e}txet\u{2028}\u{200b}\u{a0}");
        assert_eq!(escaped(r"a\nb"), r"a\\nb");
    }
}
