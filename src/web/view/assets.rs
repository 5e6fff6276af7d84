//! The style sheet, the scripts and the pictures: inside the program, compressed when it was built, each
//! under a URL that changes with its content, so that a browser may keep it for a year.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETag, EntityTag,
};
use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use crate::web::extract::accept_encoding;
use crate::web::problem::error::Error;

/// Files in `static/`, each with the variant that `build.rs` compressed.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/static"]
struct Static;

/// A file of `static/`, with what is worked out once from its content.
struct Asset {
    file: EmbeddedFile,
    version: String,
    url: String,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let files = Static::iter().filter_map(|name| Some((name.to_string(), Static::get(&name)?)));
    files
        .map(|(name, file)| {
            let head = file.metadata.sha256_hash();
            // Short: a page has ten of them, which no compression makes smaller.
            let head = head.iter().take(4).fold(0_u32, |head, byte| (head << 8) | u32::from(*byte));
            let version = format!("{head:08x}");
            (name.clone(), Asset { file, url: format!("/assets/{name}?v={version}"), version })
        })
        .collect()
});

/// The URL of the file `name`, with the first digits of its hash; templates call this. A name that is
/// wrong leads nowhere.
pub(crate) fn url(name: &str) -> &'static str {
    ASSETS.get(name).map_or("/assets/", |asset| &asset.url)
}

/// The text of the file `name`, empty where there is none.
pub(crate) fn text(name: &str) -> Cow<'static, str> {
    let content = ASSETS.get(name).map(|asset| asset.file.data.clone()).unwrap_or_default();
    match content {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Version {
    v: Option<String>,
}

/// `GET /assets/{file}`.
pub(crate) async fn serve(
    request: HttpRequest,
    name: Path<String>,
    version: Query<Version>,
) -> Result<HttpResponse, Error> {
    let asset = ASSETS.get(&*name).ok_or(Error::NoPage)?;
    let is_current = version.v.as_ref() == Some(&asset.version);
    let cache = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, asset.file.metadata.mimetype()))
        .insert_header((CACHE_CONTROL, cache))
        // Weak, because it is the same for each encoding.
        .insert_header(ETag(EntityTag::new_weak(asset.version.clone())));
    for (coding, extension) in [(ContentEncoding::Brotli, "br"), (ContentEncoding::Gzip, "gz")] {
        if accept_encoding::is_taken(&request, coding)
            && let Some(packed) = Static::get(&format!("{name}.{extension}"))
        {
            response.insert_header((CONTENT_ENCODING, coding.as_str()));
            return Ok(response.body(packed.data));
        }
    }
    Ok(response.body(asset.file.data.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a browser would ask for it with every page, or show old flags for a year.
    #[test]
    fn the_style_sheet_names_the_flags_as_they_are() {
        let flags = format!("url(\"{}\")", url("flags.webp").trim_start_matches("/assets/"));
        let sheet = Static::get("app.css").map(|sheet| String::from_utf8_lossy(&sheet.data).into_owned());
        assert!(sheet.is_some_and(|sheet| sheet.contains(&flags)), "{flags} is not in the style sheet");
    }
}
