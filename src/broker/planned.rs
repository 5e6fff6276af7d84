//! A reload that was planned and can be carried out once.

use serde::{Deserialize, Serialize};

use crate::broker::tested_configs::Token;
use crate::domain::reload::Plan;

/// What was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// To carry it out.
    pub token: Token,
    /// What is going to happen.
    pub plan: Plan,
    /// A digest of the configuration that it was made from.
    pub configuration: [u8; 32],
}
