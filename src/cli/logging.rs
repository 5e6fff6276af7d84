//! The log: one line for each event, on standard error, with times in UTC.

use std::error::Error;
use std::fmt::{self, Debug, Write};
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{self, Writer};

use crate::domain::text::OneLine;

/// Default log filter: of the libraries, only warnings and errors.
const LOGGED: &str = "info,actix_server=warn,rusqlite_migration=warn";

type Change = dyn Fn(EnvFilter) -> Result<(), Box<dyn Error>> + Send + Sync;

/// Changes what is logged.
static CHANGE: OnceLock<Box<Change>> = OnceLock::new();

/// Begins to log what `BANGUI_LOG` says, or else the configuration file.
///
/// # Errors
/// When that cannot be read.
pub(crate) fn start(in_file: Option<&str>) -> Result<(), Box<dyn Error>> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(in_file)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .fmt_fields(format::debug_fn(field).delimited(" "))
        .with_filter_reloading();
    let handle = builder.reload_handle();
    builder.try_init().map_err(|error| -> Box<dyn Error> { error })?;
    // There is one log, which has just begun.
    let _ = CHANGE.set(Box::new(move |filter| handle.reload(filter).map_err(Into::into)));
    Ok(())
}

/// Logs from now on what `filter` says.
///
/// # Errors
/// When there is no log any more.
pub(crate) fn change(filter: EnvFilter) -> Result<(), Box<dyn Error>> {
    CHANGE.get().map_or(Ok(()), |change| change(filter))
}

/// What `BANGUI_LOG` says, or else the configuration file.
///
/// # Errors
/// When that cannot be read.
pub(crate) fn filter(in_file: Option<&str>) -> Result<EnvFilter, Box<dyn Error>> {
    let wanted = std::env::var("BANGUI_LOG").ok().filter(|wanted| !wanted.is_empty());
    let (name, filter) = match (&wanted, in_file) {
        (None, Some(in_file)) => ("log", in_file),
        (wanted, _) => ("BANGUI_LOG", wanted.as_deref().unwrap_or(LOGGED)),
    };
    EnvFilter::try_new(filter).map_err(|error| format!("{name}: {error}").into())
}

/// Writes one field. Whatever text stands in it, as in the words of an error, it ends no line and
/// controls no terminal.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{field}=")?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// Puts what is written to it on one line.
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write!(self.0, "{}", OneLine(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_or_controls_a_terminal_is_escaped() -> fmt::Result {
        for (text, logged) in [
            ("a \"b\" \\ é 日本 👍", "a \"b\" \\ é 日本 👍"),
            ("a\r\nb\tc\0", "a\\r\\nb\\tc\\u{0}"),
            ("\u{1b}[31m\u{7f}\u{9b}2J", "\\u{1b}[31m\\u{7f}\\u{9b}2J"),
            ("\u{202e}txet\u{2028}\u{2066}", "\\u{202e}txet\\u{2028}\\u{2066}"),
            ("a\u{200b}\u{ad}\u{e0041}b", "a\\u{200b}\\u{ad}\\u{e0041}b"),
        ] {
            let mut written = String::new();
            write!(Escaping(&mut written), "{text}")?;
            assert_eq!(written, logged);
        }
        Ok(())
    }
}
