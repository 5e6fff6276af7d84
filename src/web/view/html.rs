//! Escaping of text in templates (`askama.toml`).

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

use crate::domain::text;

/// Text that is no markup and hides nothing: characters that would not show, or would turn the text around
/// them, are replaced. Values of fields say `|e("exact")`, which leaves them as they are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visible;

impl Escaper for Visible {
    fn write_escaped_str<W: Write>(&self, mut to: W, text: &str) -> fmt::Result {
        if text.contains(hides) {
            text.chars().try_for_each(|c| self.write_escaped_char(&mut to, c))
        } else {
            Html.write_escaped_str(to, text)
        }
    }

    fn write_escaped_char<W: Write>(&self, to: W, c: char) -> fmt::Result {
        Html.write_escaped_char(to, if hides(c) { text::picture(c) } else { c })
    }
}

/// Line feeds and tabs are white space in HTML.
fn hides(c: char) -> bool {
    text::is_hidden(c) && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(
        source = r#"<p title="{{ text }}">{{ text }} {{ 'x' }}<input value="{{ text|e("exact") }}">"#,
        ext = "html"
    )]
    struct Shown {
        text: &'static str,
    }

    #[test]
    fn what_is_hidden_is_replaced_but_in_a_value() -> askama::Result<()> {
        let shown = Shown { text: "<\u{202e}\u{1b}\r\n\ta&é" }.render()?;
        let (text, exact) = ("&#60;\u{fffd}␛␍\n\ta&#38;é", "&#60;\u{202e}\u{1b}\r\n\ta&#38;é");
        assert_eq!(shown, format!("<p title=\"{text}\">{text} x<input value=\"{exact}\">"));
        Ok(())
    }
}
