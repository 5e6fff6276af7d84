//! Cells of files for spreadsheets.

use crate::domain::text::escaped;

/// A cell with `text`. Spreadsheets take a cell that begins with one of these characters for a formula, which may run
/// programs and send what other cells hold: a quotation mark in front makes it text.
pub(crate) fn cell(text: &str) -> String {
    let text = escaped(text);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '|', '%']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_ends_early() {
        for (text, written) in [
            ("203.0.113.5", "\"203.0.113.5\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =1", "\"'  =1\""),
            ("\t=1", "\"\\t=1\""),
            ("＝1", "\"'＝1\""),
            ("a\r\n=1", "\"a\\r\\n=1\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
