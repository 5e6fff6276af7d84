//! `/`: what happened, and whether protection is on.

mod chart;
mod page;
mod params;
mod scale;
mod times;
mod verdict;
mod world;

pub(crate) use page::{fragment, page};
