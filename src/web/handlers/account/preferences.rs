//! `POST /preferences`: how times are told, and whether keys do anything.

use actix_web::HttpResponse;

use crate::web::extract::client::Client;
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::view::preferences::{KEYS, Keys, TIMES, Times};

use super::theme::keep;

/// Keeps what is chosen, in cookies of the browser.
pub(crate) async fn choose(client: Client, form: Form) -> Result<HttpResponse, Error> {
    let times = form.optional::<Times>("times")?;
    let keys = form.optional::<Keys>("keys")?;
    let times = times.iter().map(|times| (TIMES, times.as_ref()));
    let choices: Vec<_> = times.chain(keys.iter().map(|keys| (KEYS, keys.as_ref()))).collect();
    Ok(keep(client, &form, &choices))
}
