//! The colours of the pages.

use actix_web::HttpRequest;
use strum::{AsRefStr, Display, EnumString};

pub(crate) const COOKIE: &str = "bangui_theme";

/// The colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Theme {
    /// The theme of the operating system.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme that the browser's cookie names.
    pub(crate) fn of_request(request: &HttpRequest) -> Self {
        request.cookie(COOKIE).and_then(|cookie| cookie.value().parse().ok()).unwrap_or(Self::System)
    }
}
