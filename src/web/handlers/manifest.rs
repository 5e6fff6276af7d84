//! `GET /manifest.webmanifest`: how BanGUI looks and begins on the home screen of a phone.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::web::view::assets;

/// Shows it. Its addresses are relative to its own, wherever that is.
pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/manifest+json"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(manifest().to_string())
}

fn manifest() -> Value {
    json!({
        "id": "unban",
        "name": "BanGUI: unban",
        "short_name": "Unban",
        "description": "See who is banned by fail2ban and why, and undo it.",
        "lang": "en",
        "start_url": "unban",
        "scope": ".",
        "display": "standalone",
        // As the light page: the manifest has one of each. Pages name theirs for dark.
        "theme_color": "#ffffff",
        "background_color": "#f6f7f9",
        "icons": [
            icon("icon.svg", "any", "image/svg+xml", "any"),
            icon("icon-192.png", "192x192", "image/png", "any"),
            icon("icon-512.png", "512x512", "image/png", "any"),
            icon("icon-full-512.png", "512x512", "image/png", "maskable"),
        ],
        "shortcuts": [shortcut("Jails", "jails"), shortcut("Bans", "bans")],
    })
}

fn icon(name: &str, sizes: &str, kind: &str, purpose: &str) -> Value {
    json!({ "src": relative(name), "sizes": sizes, "type": kind, "purpose": purpose })
}

fn shortcut(name: &str, path: &str) -> Value {
    json!({
        "name": name,
        "url": path,
        "icons": [{ "src": relative("icon-192.png"), "sizes": "192x192", "type": "image/png" }],
    })
}

fn relative(name: &str) -> &'static str {
    assets::url(name).trim_start_matches('/')
}
