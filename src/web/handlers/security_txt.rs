//! `GET /.well-known/security.txt` (RFC 9116): whom to tell about a weakness of this installation.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::Data;
use jiff::{SignedDuration, Timestamp};

use crate::config::LiveConfig;
use crate::web::problem::error::Error;

/// Validity of the file, in days. It is made anew for each request.
const DAYS: i64 = 90;

/// Shows the contacts of the settings. Without any there is no such file.
pub(crate) async fn show(config: Data<LiveConfig>) -> Result<HttpResponse, Error> {
    let config = config.now();
    let contacts = &config.http.security_contacts;
    if contacts.is_empty() {
        return Err(Error::NoPage);
    }
    let mut lines: Vec<String> = contacts.iter().map(|contact| format!("Contact: {contact}")).collect();
    // In the far future there is no later moment to name.
    let expires =
        Timestamp::now().checked_add(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MAX);
    lines.push(format!("Expires: {}", expires.strftime("%Y-%m-%dT%H:%M:%SZ")));
    lines.push("Preferred-Languages: en\n".to_owned());
    let mut response = HttpResponse::Ok();
    response.insert_header(ContentType::plaintext()).insert_header((CACHE_CONTROL, "no-cache"));
    Ok(response.body(lines.join("\n")))
}
