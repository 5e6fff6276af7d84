//! Login, and one's own account.

pub(crate) mod account_form;
pub(crate) mod ask_factor;
pub(crate) mod confirm;
pub(crate) mod login;
mod note_welcome;
pub(crate) mod notices;
pub(crate) mod passkey_login;
pub(crate) mod passkey_questions;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod preferences;
pub(crate) mod profile;
pub(crate) mod proxy_login;
pub(crate) mod second_factor;
pub(crate) mod self_service;
pub(crate) mod setup;
pub(crate) mod theme;
