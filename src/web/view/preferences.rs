//! What a browser prefers beside its colours, each in a cookie.

use std::str::FromStr;

use actix_web::HttpRequest;
use strum::{AsRefStr, EnumString};

pub(crate) const TIMES: &str = "bangui_times";
pub(crate) const KEYS: &str = "bangui_keys";

/// How times are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsRefStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Times {
    /// `2 min ago`, with the exact time for the mouse.
    #[default]
    Relative,
    /// `2026-11-22 14:31:06 UTC`.
    Exact,
}

/// Whether single keys do anything (WCAG 2.1.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsRefStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Keys {
    #[default]
    On,
    Off,
}

/// What a browser prefers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preferences {
    pub(crate) times: Times,
    pub(crate) keys: Keys,
}

impl Preferences {
    /// Those that the cookies of `request` name.
    pub(crate) fn of_request(request: &HttpRequest) -> Self {
        Self { times: named(request, TIMES), keys: named(request, KEYS) }
    }
}

fn named<T: FromStr + Default>(request: &HttpRequest, cookie: &str) -> T {
    request.cookie(cookie).and_then(|cookie| cookie.value().parse().ok()).unwrap_or_default()
}
