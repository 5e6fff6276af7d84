//! The effects of a reload: the state that a configuration asks for, the state that runs, the
//! differences between them, and the plan that follows.
//!
//! Both states are read from fail2ban itself, in answers to the same questions, so nothing here
//! interprets a configuration.

pub(crate) mod compare;
pub(crate) mod digest;
pub(crate) mod kept;
pub(crate) mod lost;
pub(crate) mod plan;
pub(crate) mod shortfall;
pub(crate) mod state;
#[cfg(test)]
mod tests;

pub use compare::{Change, differences};
pub(crate) use compare::{Difference, comparable, server_differences};
pub(crate) use digest::PlanDigest;
pub use kept::KeptIgnores;
pub(crate) use plan::{BansLost, Broken, Effect, JailPlan, Need};
pub use plan::{Plan, Scope};
pub(crate) use shortfall::{PostCondition, Shortfall};
pub use state::Refusal;
pub(crate) use state::{
    Expected, ExpectedAction, ExpectedJail, LiveAction, LiveJail, LiveState, Settings, Texts,
};
