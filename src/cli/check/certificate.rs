//! The certificate of a BanGUI that speaks TLS itself.

use std::sync::Arc;

use crate::config::Config;
use crate::web::Certificate;

/// Whether browsers take the certificate today; `None` where there is none, or an earlier line says that it cannot be
/// used at all.
pub(super) fn finding(config: &Config) -> Option<Result<String, String>> {
    let certificate = read(config)?;
    let refused: Vec<String> = certificate
        .troubles(&config.http.hosts)
        .iter()
        .filter(|trouble| trouble.is_refused())
        .map(ToString::to_string)
        .collect();
    if !refused.is_empty() {
        return Some(Err(refused.join("; ")));
    }
    certificate.valid_until().map(|until| Ok(format!("valid until {until}")))
}

/// What is worth a warning about it.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let Some(certificate) = read(config) else { return Vec::new() };
    let troubles = certificate.troubles(&config.http.hosts);
    troubles.iter().filter(|trouble| !trouble.is_refused()).map(ToString::to_string).collect()
}

fn read(config: &Config) -> Option<Arc<Certificate>> {
    let files = config.http.tls_files(&config.listen).ok().flatten()?;
    Certificate::read(files).ok()
}
