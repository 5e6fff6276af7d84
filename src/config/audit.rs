//! The settings of the audit.

use clap::{Args, value_parser};

use crate::domain::audit::AuditLimits;

const DEFAULT_DAYS: u32 = 400;
const DEFAULT_MEGABYTES: u32 = 200;

/// Limits of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditConfig {
    /// How long rows of the audit are kept, in days.
    #[arg(
        long,
        value_name = "DAYS",
        env = "BANGUI_AUDIT_KEEP_DAYS",
        default_value_t = DEFAULT_DAYS,
        value_parser = value_parser!(u32).range(1..=100 * 366)
    )]
    pub audit_keep_days: u32,
    /// How large the audit may become, in MiB. Beyond that the oldest rows of whoever has the most are removed.
    #[arg(
        long,
        value_name = "MIB",
        env = "BANGUI_AUDIT_KEEP_MEGABYTES",
        default_value_t = DEFAULT_MEGABYTES,
        value_parser = value_parser!(u32).range(1..=100_000)
    )]
    pub audit_keep_megabytes: u32,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { audit_keep_days: DEFAULT_DAYS, audit_keep_megabytes: DEFAULT_MEGABYTES }
    }
}

impl AuditConfig {
    /// Limits in the form the audit takes.
    #[must_use]
    pub(crate) fn limits(&self) -> AuditLimits {
        AuditLimits { days: self.audit_keep_days, megabytes: self.audit_keep_megabytes }
    }
}
