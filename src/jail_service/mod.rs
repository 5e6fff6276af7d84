//! Operations of users on jails. The web handlers call this and nothing below it.

pub(crate) mod all_bans;
pub(crate) mod ban_context;
pub(crate) mod ban_lists;
pub(crate) mod bans;
pub(crate) mod coming_up;
mod configured;
pub(crate) mod entries;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod idle;
pub(crate) mod ignores;
pub(crate) mod jobs;
pub(crate) mod listing;
pub(crate) mod looking;
pub(crate) mod looks;
pub(crate) mod lookup;
pub(crate) mod not_taken;
pub(crate) mod own_bans;
pub(crate) mod progress;
pub(crate) mod protection;
pub(crate) mod recent;
pub(crate) mod recording;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod set_idle;
pub(crate) mod shortfalls;
pub(crate) mod standing;
pub(crate) mod stopped;
pub(crate) mod stops;
pub(crate) mod timed;
pub(crate) mod timing;

pub(crate) use service::JailService;

pub(crate) use crate::events::bulk::{MOST_UNDONE, NotLiftedReason, Report};
pub(crate) use crate::events::job::{BanCounts, Job, JobFailure, JobOutcome};

pub(crate) use all_bans::{Gap, Missing};
pub(crate) use ban_context::{BanContext, Restart};
pub use bans::ban::Held;
pub(crate) use bans::ban::{ActiveBan, LatestBan};
pub(crate) use bans::ban_again::BannedAgain;
pub(crate) use bans::count::MOST_COUNTED;
pub(crate) use bans::lifted::Lifted;
pub(crate) use bans::unban::Unbanned;
pub(crate) use configured::ConfigurationUnread;
pub(crate) use entries::Entries;
pub(crate) use health::{Health, Trouble};
pub(crate) use ignores::everywhere::{InJails, Left};
pub(crate) use ignores::list::{IgnoreList, Ignored, KeepRequest, Unignored};
pub(crate) use ignores::overview::{EverywhereRow, KeptOverview, KeptState, NotIgnored};
pub(crate) use ignores::rows::IgnoreRow;
pub(crate) use jobs::reload::Preview;
pub(crate) use jobs::start_stop::{Presence, RestartEffect, StopEffect, Stopped};
pub(crate) use lookup::LookUp;
pub use progress::bulk::Filter;
pub(crate) use progress::bulk::{BansToLift, BulkFinished, BulkState, Selection};
pub(crate) use progress::job::{JobResult, JobRunning, JobState, Step};
pub(crate) use recent::MaxAge;
pub(crate) use stops::{Stop, Unstartable};

pub use error::Error;
