//! Reloads, restarts and starts: one at a time, each after its request.

pub(crate) mod refusals;
pub(crate) mod reload;
pub(crate) mod restarting;
pub(crate) mod restoring;
pub(crate) mod start_stop;
