//! `GET /robots.txt`: nothing here is for a search engine.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::plaintext()).body("User-agent: *\nDisallow: /\n")
}
