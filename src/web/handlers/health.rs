//! `GET /healthz`: whether this program answers. No login, no detail.

/// The answer, by which `bangui healthcheck` tells it from any other program's.
pub(crate) const WELL: &str = "BanGUI ok\n";

/// Says so.
pub(crate) async fn check() -> &'static str {
    WELL
}
