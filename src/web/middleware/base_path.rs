//! The path below which BanGUI is reached (`--base-path`). It is taken off every request and put on every link of an
//! answer here, so that nothing in between knows of it.

mod links;

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, REFRESH, SET_COOKIE,
};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpResponse};

use crate::config::LiveConfig;
use crate::domain::base_path::BasePath;

use links::Links;

/// The page that htmx asks from.
const CURRENT_URL: HeaderName = HeaderName::from_static("hx-current-url");
/// Headers of an answer that hold a path, and what stands in front of it.
const PATHS: [(HeaderName, &str); 4] = [
    (LOCATION, ""),
    (HeaderName::from_static("hx-redirect"), ""),
    (HeaderName::from_static("hx-push-url"), ""),
    (REFRESH, "0; url="),
];
/// The prefix of cookies that a browser takes for the whole host alone.
const WHOLE_HOST: &str = "__Host-";
/// The prefix that it takes with a path of their own as well.
const ENCRYPTED: &str = "__Secure-";

/// Mark on a request whose answer has its links below the base path.
struct Done;

/// Takes the base path off the request. A web server in front may have done so already.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn take_off(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(base) = base_path(&request) else { return next.call(request).await };
    if base.strip(&format!("{}/", request.path())) == Some("/") && request.method() == Method::GET {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let there = format!("{base}{query}");
        let there = HttpResponse::PermanentRedirect().insert_header((LOCATION, there)).finish();
        return Ok(request.into_response(there));
    }
    if let Some(inner) = base.strip(request.uri().path_and_query().map_or("/", |path| path.as_str()))
        && let Ok(inner) = inner.parse::<Uri>()
    {
        request.head_mut().uri = inner.clone();
        request.match_info_mut().get_mut().update(&inner);
    }
    let headers = request.headers_mut();
    take_off_current_url(headers, &base);
    rename_cookies(headers, &COOKIE, ENCRYPTED, WHOLE_HOST);
    // What is answered in front of [`put_on`] is not compressed.
    let answer = next.call(request).await?;
    Ok(on_answer(answer, &base))
}

/// Puts the base path on every link of the answer.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn put_on(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let base = base_path(&request);
    let answer = next.call(request).await?;
    Ok(match base {
        Some(base) => on_answer(answer, &base),
        None => answer,
    })
}

/// The base path, where it is another than `/`.
fn base_path(request: &ServiceRequest) -> Option<BasePath> {
    let config = request.app_data::<Data<LiveConfig>>()?.now();
    (!config.http.base_path.is_root()).then(|| config.http.base_path.clone())
}

fn take_off_current_url(headers: &mut HeaderMap, base: &BasePath) {
    let inner = headers.get(CURRENT_URL).and_then(|url| {
        let url: Uri = url.to_str().ok()?.parse().ok()?;
        HeaderValue::from_str(base.strip(url.path_and_query()?.as_str())?).ok()
    });
    if let Some(inner) = inner {
        headers.insert(CURRENT_URL, inner);
    }
}

fn on_answer(mut answer: ServiceResponse<BoxBody>, base: &BasePath) -> ServiceResponse<BoxBody> {
    if answer.request().extensions_mut().insert(Done).is_some() {
        return answer;
    }
    let headers = answer.headers_mut();
    for (name, before) in PATHS {
        let path = headers.get(&name).and_then(|path| path.to_str().ok()?.strip_prefix(before));
        let path = path.filter(|path| path.starts_with('/'));
        let path = path.map(|path| format!("{before}{}", base.join(path)));
        if let Some(path) = path.and_then(|path| HeaderValue::from_str(&path).ok()) {
            headers.insert(name, path);
        }
    }
    rename_cookies(headers, &SET_COOKIE, WHOLE_HOST, ENCRYPTED);
    move_cookies(headers, base);
    let is_html = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_html || headers.contains_key(CONTENT_ENCODING) {
        return answer;
    }
    answer.map_body(|_, body| match body.try_into_bytes() {
        Ok(whole) => BoxBody::new(links::below(base, &whole)),
        Err(parts) => BoxBody::new(Links::new(base.clone(), parts)),
    })
}

/// Changes how the names of our cookies begin: a browser takes `__Host-` for the whole host alone.
fn rename_cookies(headers: &mut HeaderMap, header: &HeaderName, from: &str, to: &str) {
    let (from, to) = (format!("{from}bangui_"), format!("{to}bangui_"));
    change_all(headers, header, |value| value.replace(&from, &to));
}

/// Has the browser send our cookies below the base path alone.
fn move_cookies(headers: &mut HeaderMap, base: &BasePath) {
    change_all(headers, &SET_COOKIE, |value| {
        let parts = value
            .split("; ")
            .map(|part| if part == "Path=/" { format!("Path={base}") } else { part.to_owned() });
        parts.collect::<Vec<_>>().join("; ")
    });
}

fn change_all(headers: &mut HeaderMap, header: &HeaderName, change: impl Fn(&str) -> String) {
    let values: Vec<HeaderValue> = headers.remove(header).collect();
    for value in values {
        let changed = value.to_str().ok().and_then(|text| HeaderValue::from_str(&change(text)).ok());
        headers.append(header.clone(), changed.unwrap_or(value));
    }
}
