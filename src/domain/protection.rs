//! Whether a jail protects: what was found in the firewall, in its log, of its filter and in its settings.

mod filter;
mod firewall;
mod known;
mod log;
mod reason;
mod services;
mod settings;
mod verdict;

pub use filter::{FilterLook, JailFilter};
pub use firewall::{Family, Finding, JailFirewall, NotLooked, Place, PlaceLook, Sample};
pub(crate) use known::{KnownLevels, Worse};
pub use log::{JailLogs, Listener, LogFile, LogState};
pub(crate) use reason::{Level, Reason};
pub(crate) use services::{Uncovered, uncovered};
pub(crate) use settings::{Facts, SettingFinding, check_settings};
pub(crate) use verdict::{JailProtection, Protection};
