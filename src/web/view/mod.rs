//! Building blocks of pages.

pub(crate) mod assets;
pub(crate) mod ban_countries;
pub(crate) mod ban_links;
pub(crate) mod ban_term;
pub(crate) mod ban_time;
pub(crate) mod csv;
pub(crate) mod format;
pub(crate) mod fragment;
pub(crate) mod geo;
pub(crate) mod html;
pub(crate) mod ignore_card;
pub(crate) mod jail_part;
pub(crate) mod jail_settings;
pub(crate) mod job_progress;
pub(crate) mod lockout_risk;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod preferences;
pub(crate) mod reload_plan;
pub(crate) mod row_end;
pub(crate) mod setting_change;
pub(crate) mod shown_value;
pub(crate) mod theme;
pub(crate) mod timed_bans;
pub(crate) mod unanswered;
pub(crate) mod user_agent;
