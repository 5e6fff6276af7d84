//! A reload that was planned and can be carried out once.

use serde::{Deserialize, Serialize};

use crate::broker::tested_configs::Token;
use crate::domain::reload::Plan;

/// A plan, with the token that carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The token that carries it out.
    pub token: Token,
    /// The plan.
    pub plan: Plan,
    /// A digest of the configuration that it was made from.
    pub configuration: [u8; 32],
}
