//! A digest of a plan, so that the plan that is confirmed is the one that was shown.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Stands for one plan, made from one configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanDigest([u8; 32]);

/// Error for a text that is no digest of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the digest of a plan")]
pub(crate) struct PlanDigestError;

impl PlanDigest {
    /// The digest of these bytes.
    #[must_use]
    pub(crate) fn of_plan(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PlanDigest {
    type Err = PlanDigestError;

    fn from_str(text: &str) -> Result<Self, PlanDigestError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PlanDigestError);
        }
        let mut bytes = [0; 32];
        for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[place..place + 2], 16).map_err(|_| PlanDigestError)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_as_it_is_written_and_nothing_else_does() {
        let digest = PlanDigest::of_plan(b"a plan");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for text in ["", "ab", &"é".repeat(32), &"+1".repeat(32), &"g".repeat(64)] {
            assert_eq!(text.parse::<PlanDigest>(), Err(PlanDigestError), "{text}");
        }
    }
}
