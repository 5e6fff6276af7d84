//! Whether a jail protects: what was found in the firewall, in its log, of its filter and in its settings.

mod firewall;
mod log;
mod reason;
mod services;
mod settings;
mod verdict;

pub use firewall::{Family, Finding, JailFirewall, NotLooked, Place, PlaceLook, Sample};
pub use log::{JailLogs, Listener, LogFile, LogState};
pub(crate) use reason::{FilterLook, Level, Reason};
pub(crate) use services::{Uncovered, uncovered};
pub(crate) use settings::{Facts, SettingFinding, check_settings};
pub(crate) use verdict::{JailProtection, Protection};
