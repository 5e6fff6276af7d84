//! `GET /geo`: what has become known of the addresses on a page.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::geo::{GeoQuery, Places};

/// `GET /geo`, with `ip` as often as there are addresses and `try` counting the questions of a page.
pub(crate) async fn places(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Error> {
    let asked = GeoQuery::parse(request.query_string())?;
    Ok(Places::for_query(&state, asked).await.fragment()?.into_response(StatusCode::OK))
}
