//! What a person does with jails. The web handlers call this and nothing below it.

pub(crate) mod all_bans;
pub(crate) mod ban_context;
pub(crate) mod ban_lists;
pub(crate) mod bans;
pub(crate) mod configured;
pub(crate) mod entries;
pub(crate) mod error;
pub(crate) mod idle;
pub(crate) mod ignores;
pub(crate) mod job_audit;
pub(crate) mod jobs;
pub(crate) mod listing;
pub(crate) mod lookup;
pub(crate) mod progress;
pub(crate) mod recent;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod set_idle;
pub(crate) mod shortfalls;
pub(crate) mod standing;
pub(crate) mod stopped;

pub use service::JailService;

pub use all_bans::{AllBans, Gap, Missing};
pub use ban_context::{BanContext, Restart};
pub use ban_lists::list::{BanList, JailBans};
pub use bans::ban::{ActiveBan, Held, LatestBan, Unbanned};
pub use bans::ban_again::BannedAgain;
pub use bans::lifted::Lifted;
pub use entries::Entries;
pub use ignores::list::{IgnoreList, IgnoreRow, Ignored, KeepRequest, Unignored};
pub use jobs::refusals::unfit;
pub use jobs::start_stop::{Presence, StopEffect};
pub use lookup::LookUp;
pub use progress::bulk::{
    ActionsFailed, BansToLift, BulkFinished, BulkRunning, BulkState, Filter, MOST_UNDONE, NotLifted, Report,
    Selection,
};
pub use progress::job::{Job, JobOutcome, JobResult, JobRunning, JobState, Step};
pub use recent::MaxAge;

pub use error::Error;
