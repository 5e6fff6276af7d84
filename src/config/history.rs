//! The settings of the record of bans.

use clap::{Args, value_parser};

use crate::domain::history::HistoryLimits;

const DEFAULT_DAYS: u32 = 365;
const DEFAULT_MEGABYTES: u32 = 500;

/// Limits of the record of bans.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct HistoryConfig {
    /// How long BanGUI's own record of bans is kept, in days. 0 switches it off.
    #[arg(
        long,
        value_name = "DAYS",
        env = "BANGUI_HISTORY_DAYS",
        default_value_t = DEFAULT_DAYS,
        value_parser = value_parser!(u32).range(0..=100 * 366)
    )]
    pub history_days: u32,
    /// How large that record may become, in MiB. Beyond that the oldest bans are removed. 1,000,000 bans take about 110.
    #[arg(
        long,
        value_name = "MIB",
        env = "BANGUI_HISTORY_MEGABYTES",
        default_value_t = DEFAULT_MEGABYTES,
        value_parser = value_parser!(u32).range(1..=100_000)
    )]
    pub history_megabytes: u32,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { history_days: DEFAULT_DAYS, history_megabytes: DEFAULT_MEGABYTES }
    }
}

impl HistoryConfig {
    /// Limits in the form the record takes.
    #[must_use]
    pub(crate) fn limits(&self) -> HistoryLimits {
        HistoryLimits { days: self.history_days, megabytes: self.history_megabytes }
    }
}
