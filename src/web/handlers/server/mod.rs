//! The fail2ban server and its settings.

pub(crate) mod settings;
pub(crate) mod show;
