//! What was typed, as the type that it stands for.

use std::str::FromStr;

use crate::web::view::messages::Explain;

/// Reads `text`, or says what is wrong with it.
pub(crate) fn parse<T: FromStr<Err: Explain>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.explain())
}
