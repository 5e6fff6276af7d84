//! What `bangui serve` asks of its settings before they are put into force, at the start and at each SIGHUP.

use std::error::Error;

use crate::config::Config;
use crate::web;

/// Checks that the settings can be used together.
///
/// # Errors
/// The first reason why they cannot.
pub(crate) fn admit(config: &Config) -> Result<(), Box<dyn Error>> {
    config.check_lifetimes()?;
    config.http.check(&config.listen)?;
    Ok(web::refuse_own_path(&config.http.base_path)?)
}
