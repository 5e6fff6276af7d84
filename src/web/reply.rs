//! What a handler answers beside a page: where to go, and what the audit notes.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

/// 303 to `path`.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// A path to go to after the login: one of ours, never another host's. A browser drops tabs and line
/// ends from an address before it reads it, and no header holds what is not ASCII.
pub(crate) fn safe_redirect(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && path.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            path.to_owned()
        }
        _ => "/".to_owned(),
    }
}

/// What a handler tells beyond its status and its message.
pub(crate) enum AuditNote {
    /// The work goes on; its end gets a row of its own.
    Begun,
    /// Nothing was done. Holds the reason.
    Refused(String),
    /// What there is to say beyond the status.
    Noted(String),
}

/// `response`, which only begins what was asked for.
pub(crate) fn note_started(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(AuditNote::Begun);
    response
}

/// `response`, which says that nothing was done, and why.
pub(crate) fn note_refused(mut response: HttpResponse, why: &str) -> HttpResponse {
    response.extensions_mut().insert(AuditNote::Refused(why.to_owned()));
    response
}

/// `response`, of which there is something to say in the audit alone.
pub(crate) fn with_note(mut response: HttpResponse, words: &str) -> HttpResponse {
    response.extensions_mut().insert(AuditNote::Noted(words.to_owned()));
    response
}

#[cfg(test)]
mod tests {
    use super::safe_redirect;

    #[test]
    fn a_login_never_leads_to_another_host() {
        assert_eq!(safe_redirect(Some("/jails/sshd?page=2")), "/jails/sshd?page=2");
        for next in [
            None,
            Some(""),
            Some("//evil.example"),
            Some("https://evil.example"),
            Some("/\\evil.example"),
            Some("/\t/evil.example"),
            Some("/jails/日本"),
            Some("jails"),
        ] {
            assert_eq!(safe_redirect(next), "/", "{next:?}");
        }
    }
}
