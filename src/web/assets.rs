//! The style sheet, the script and the icon: inside the program, each under a name that changes with
//! its content, so that a browser may keep it for a year.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Path, Query};
use rust_embed::RustEmbed;
use serde::Deserialize;

use super::error::Error;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

#[derive(Deserialize)]
pub(super) struct Version {
    v: Option<String>,
}

/// The URL of `file`, with the first digits of its hash; templates call this.
pub(super) fn url(file: &str) -> String {
    Static::get(file)
        .map_or_else(|| format!("/assets/{file}"), |found| format!("/assets/{file}?v={}", short_hash(&found)))
}

/// The first 8 bytes of the hash, in hexadecimal.
fn short_hash(file: &rust_embed::EmbeddedFile) -> String {
    let bytes = file.metadata.sha256_hash();
    format!("{:016x}", bytes.iter().take(8).fold(0_u64, |head, byte| (head << 8) | u64::from(*byte)))
}

/// `GET /assets/{file}`.
pub(super) async fn serve(name: Path<String>, version: Query<Version>) -> Result<HttpResponse, Error> {
    let file = Static::get(&name).ok_or(Error::NoPage)?;
    let current = version.v.as_deref() == Some(short_hash(&file).as_str());
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok()
        .insert_header((
            CONTENT_TYPE,
            mime_guess::from_path(name.as_str()).first_or_octet_stream().to_string(),
        ))
        .insert_header((CACHE_CONTROL, cache))
        .body(file.data.into_owned()))
}
