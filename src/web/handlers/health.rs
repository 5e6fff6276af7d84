//! `GET /healthz`: whether this program answers. No login, no detail.

/// Says so.
pub(crate) async fn check() -> &'static str {
    "ok\n"
}
