//! The second factor itself: a secret shared with a phone, and the codes of 6 figures that both
//! compute from it and the time (RFC 6238).

use std::fmt::{self, Write};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::{Color, QrCode as Symbol};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;
use totp_rs::{Algorithm, TOTP};

use crate::domain::account::AccountName;

/// The name under which authenticator apps show a code.
const ISSUER: &str = "BanGUI";
/// Seconds for which a code is valid.
const STEP: i64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// Bytes of a secret: 160 bits, which RFC 4226 recommends.
const LENGTH: usize = 20;
/// The white frame around a QR code, in modules (ISO/IEC 18004 asks for 4).
const QUIET: usize = 4;

/// The secret that BanGUI shares with an authenticator app. Never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TotpSecret([u8; LENGTH]);

/// The stored value is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is no secret of 160 bits")]
pub struct TotpSecretError;

/// A QR code to draw as `<svg viewBox="0 0 {size} {size}"><path d="{path}"/></svg>`, dark on light. Its
/// white frame is part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QrCode {
    /// Width and height in modules.
    pub size: usize,
    /// The dark modules, as digits and the letters M, h, v and z.
    pub path: String,
}

/// The reason that there is no QR code.
#[derive(Debug, Error)]
pub(crate) enum QrError {
    /// The text is longer than some 2,000 characters.
    #[error("no QR code could be made: {0}")]
    Symbol(#[from] qrcode::types::QrError),
    /// The path could not be written.
    #[error(transparent)]
    Path(#[from] fmt::Error),
}

impl TotpSecret {
    /// A new secret.
    #[must_use]
    pub fn generate() -> Self {
        Self(rand::random())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, TotpSecretError> {
        bytes.try_into().map(Self).map_err(|_| TotpSecretError)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret in base32.
    fn base32(&self) -> String {
        base32::encode(base32::Alphabet::Rfc4648 { padding: false }, &self.0)
    }

    /// The address that an authenticator app reads from a QR code. `host` distinguishes the codes of several
    /// machines.
    #[must_use]
    pub(crate) fn uri(&self, account: &AccountName, host: &str) -> String {
        let label = format!("{account}@{host}");
        let label = utf8_percent_encode(&label, NON_ALPHANUMERIC);
        let secret = self.base32();
        format!(
            "otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        )
    }

    /// The address as a QR code.
    pub(crate) fn qr_code(&self, account: &AccountName, host: &str) -> Result<QrCode, QrError> {
        let symbol = Symbol::new(self.uri(account, host))?;
        let (width, modules) = (symbol.width(), symbol.to_colors());
        let mut path = String::new();
        for (y, row) in modules.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    let length = run.len();
                    write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET)?;
                }
                x += run.len();
            }
        }
        Ok(QrCode { size: width + 2 * QUIET, path })
    }

    /// Returns the step whose code is `typed`: that of `now` (seconds since 1970), or the one before, for
    /// who was still typing (RFC 6238, 5.2: at most one). Not the one after: a code would hold for 90 s, and
    /// the clocks of phones are set by the network. Computes both, whatever matches.
    pub(crate) fn step_of(&self, typed: &str, now: i64) -> Option<i64> {
        let current = now.div_euclid(STEP);
        let mut found = None;
        for step in [current - 1, current] {
            let Some(code) = self.code(step) else { continue };
            if code.as_bytes().ct_eq(typed.as_bytes()).into() {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step; `None` before 1970.
    fn code(&self, step: i64) -> Option<String> {
        let time = u64::try_from(step.checked_mul(STEP)?).ok()?;
        let step = u64::try_from(STEP).ok()?;
        let totp = TOTP::new(Algorithm::SHA1, DIGITS, 0, step, self.0.to_vec()).ok()?;
        Some(totp.generate(time))
    }
}

/// Writes it in base32 and groups of four, to be typed into a phone.
impl fmt::Display for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.base32().chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// Returns what somebody typed without spaces, if it is 6 digits.
pub(crate) fn figures(typed: &str) -> Option<String> {
    let figures: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (figures.len() == DIGITS && figures.bytes().all(|byte| byte.is_ascii_digit())).then_some(figures)
}

#[cfg(test)]
pub(crate) mod tests;
