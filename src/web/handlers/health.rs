//! `GET /healthz`: whether this program answers. No login, no detail.

/// Says so.
pub(in crate::web) async fn check() -> &'static str {
    "ok\n"
}
