//! The CSRF token: one for each session. Pages hold it masked, each time differently, as they are sent compressed: see [`crate::web::middleware::compress`].

use actix_session::Session;
use memchr::memmem;

use crate::web::problem::error::Error;

pub(crate) const KEY: &str = "csrf";

/// HTML in front of a token in every form.
pub(crate) const FIELD: &str = "name=\"csrf_token\" value=\"";

/// Half the length of a masked token: of the mask, and of what it masks.
pub(crate) const HALF: usize = 32;

/// The session's token, made when it has none yet, as it may stand in a page.
///
/// # Errors
/// When the session cannot be read or written.
pub(crate) fn masked_token(session: &Session) -> Result<String, Error> {
    match stored_token(session)? {
        Some(token) => Ok(mask(token)),
        None => renew_token(session).map(mask),
    }
}

pub(crate) fn stored_token(session: &Session) -> Result<Option<u128>, Error> {
    Ok(session.get(KEY)?)
}

/// Gives the session another token, and returns it.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn renew_token(session: &Session) -> Result<u128, Error> {
    let token: u128 = rand::random();
    session.insert(KEY, token)?;
    Ok(token)
}

/// Returns a value that differs between the tokens of two sessions, and never between two pages of
/// a session.
///
/// # Errors
/// When the session cannot be read.
pub(crate) fn fingerprint(session: &Session) -> Result<[u8; 16], Error> {
    Ok(stored_token(session)?.unwrap_or_default().to_be_bytes())
}

/// The parts of `html` between the tokens in it.
pub(crate) fn around_tokens(html: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Nothing that anybody writes gets there: its quotes are escaped.
    let tokens = memmem::find_iter(html, FIELD).map(|at| at + FIELD.len());
    let ends = tokens.clone().chain([html.len()]);
    let begins = [0].into_iter().chain(tokens.map(|at| at + 2 * HALF));
    begins.zip(ends).map(|(begin, end)| html.get(begin..end).unwrap_or_default())
}

pub(crate) fn mask(token: u128) -> String {
    let mask: u128 = rand::random();
    format!("{mask:032x}{:032x}", token ^ mask)
}

/// The token under the mask. `None` where it was not made by [`mask`].
pub(crate) fn unmask(sent: &str) -> Option<u128> {
    let (mask, masked) = sent.split_at_checked(HALF).filter(|(_, masked)| masked.len() == HALF)?;
    let number = |digits| u128::from_str_radix(digits, 16).ok();
    Some(number(mask)? ^ number(masked)?)
}

#[cfg(test)]
mod tests {
    use super::{FIELD, around_tokens, mask, unmask};

    #[test]
    fn a_token_reads_differently_each_time_and_is_the_same() {
        for token in [0, 1, u128::MAX, rand::random()] {
            let (first, second) = (mask(token), mask(token));
            assert_ne!(first, second);
            // Not even one half of it stays: neither tells anything alone.
            assert_ne!(first.split_at(32).1, second.split_at(32).1);
            assert_eq!((unmask(&first), unmask(&second)), (Some(token), Some(token)));
        }
    }

    #[test]
    fn what_no_page_holds_is_no_token() {
        let good = mask(7);
        let cut = good.get(1..).unwrap_or_default();
        for bad in ["", "0", cut, &format!("{good}0"), &"ä".repeat(32), &good.replacen(&good[..1], "g", 1)] {
            assert_eq!(unmask(bad), None, "{bad}");
        }
    }

    #[test]
    fn pages_that_differ_in_their_tokens_alone_are_the_same() {
        let page = |token: &str| format!("<a><input {FIELD}{token}\"><b><input {FIELD}{token}\"></a>");
        let around =
            |html: &str| around_tokens(html.as_bytes()).map(<[u8]>::to_vec).collect::<Vec<_>>().concat();
        assert_eq!(around(&page(&mask(1))), around(&page(&mask(2))));
        assert_eq!(around(&page(&mask(1))).len(), page(&mask(1)).len() - 128);
        assert_eq!(around("no token"), b"no token");
        assert_eq!(around(&format!("cut off {FIELD}")), format!("cut off {FIELD}").into_bytes());
    }
}
