//! The jails of one fail2ban.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::broker::Handle;
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailList, JailName, JailSummaries, JailSummary};
use crate::domain::jail_detail::JailDetail;
use crate::domain::lack::LackingJail;
use crate::events::bulk::Report;
use crate::events::job::JobOutcome;
use crate::events::{Event, Events};
use crate::history::History;
use crate::jail_service::not_taken::{NotTaken, Tried};
use crate::jail_service::progress::bulk::BulkRunning;
use crate::jail_service::progress::job::JobRunning;
use crate::jail_service::progress::single_flight::SingleFlight;
use crate::jail_service::recent::Recent;
use crate::jail_service::{
    ban_context, ban_lists, coming_up, configured, idle, looking, looks, standing, stops, timing,
};
use crate::mutex::Mutex;
use crate::storage::Storage;

/// What the jails lacked when they were asked, with the connection and the jails of that moment.
type Lacking = (u64, Vec<JailName>, Arc<Vec<LackingJail>>);

/// Recent answers of the daemon.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) version: Recent<(), String>,
    /// The version, and the connection in which it was asked.
    pub(crate) version_of: Mutex<Option<(u64, String)>>,
    pub(crate) lacking: Recent<(), Lacking>,
    pub(crate) jail_list: Recent<(), JailList>,
    pub(crate) summaries: Recent<(), Arc<JailSummaries>>,
    pub(crate) summary: Recent<JailName, JailSummary>,
    pub(crate) detail: Recent<JailName, Arc<JailDetail>>,
    pub(crate) ignore_list: Recent<JailName, Vec<Listed>>,
    pub(crate) ignores_self: Recent<JailName, bool>,
    pub(crate) may_ignore_everybody: Recent<(), Arc<BTreeSet<JailName>>>,
    pub(crate) last_bans: Recent<(), Arc<HashMap<JailName, Timestamp>>>,
    pub(crate) readers_of_the_log: Recent<(), Vec<JailName>>,
}

/// The jails of one fail2ban.
#[derive(Debug)]
pub(crate) struct JailService {
    pub(crate) daemon: Handle,
    pub(crate) storage: Storage,
    pub(crate) events: Events,
    pub(crate) history: History,
    pub(crate) ban_lists: ban_lists::cache::BanLists,
    pub(crate) recent: Answers,
    pub(crate) work: SingleFlight<JobRunning, JobOutcome>,
    pub(crate) configured: configured::Configured,
    pub(crate) idle: idle::Idle,
    pub(crate) restarts: ban_context::Restarts,
    /// Held by whoever changes an ignore list, so that nothing is put back that is just being removed.
    pub(crate) ignoring: tokio::sync::Mutex<()>,
    pub(crate) not_taken: NotTaken,
    /// Entries that ended and that a jail did not give up.
    pub(crate) tried: Mutex<HashMap<IgnoreEntry, Tried>>,
    /// Held by whoever looks at what a reload would do: to find out runs Python programs.
    pub(crate) previewing: tokio::sync::Mutex<()>,
    pub(crate) standing: standing::Standing,
    pub(crate) coming_up: coming_up::ComingUp,
    pub(crate) stops: stops::Stops,
    pub(crate) bulk: SingleFlight<BulkRunning, Report>,
    pub(crate) looking: looking::Looking,
    pub(crate) timed: timing::Timed,
    pub(crate) looks: looks::Looks,
}

impl JailService {
    /// The service over one daemon.
    #[must_use]
    pub fn new(daemon: Handle, storage: Storage, events: Events, history: History) -> Arc<Self> {
        Arc::new(Self {
            daemon,
            storage,
            events,
            history,
            ban_lists: ban_lists::cache::BanLists::default(),
            recent: Answers::default(),
            work: SingleFlight::default(),
            configured: configured::Configured::default(),
            idle: idle::Idle::default(),
            restarts: ban_context::Restarts::default(),
            ignoring: tokio::sync::Mutex::default(),
            not_taken: NotTaken::default(),
            tried: Mutex::default(),
            previewing: tokio::sync::Mutex::default(),
            standing: standing::Standing::default(),
            coming_up: coming_up::ComingUp::default(),
            stops: stops::Stops::default(),
            bulk: SingleFlight::default(),
            looking: looking::Looking::default(),
            timed: timing::Timed::default(),
            looks: looks::Looks::default(),
        })
    }
}

impl JailService {
    /// Publishes when the daemon stops answering and when it answers again, as noticed by whoever asks it something.
    /// Never returns.
    pub(crate) async fn publish_outages(self: Arc<Self>) {
        let (mut outage, mut is_lost) = (self.daemon.outage(), false);
        while outage.changed().await.is_ok() {
            let now = outage.borrow_and_update().clone();
            // One that was over before this looked is not published.
            if now.is_some() != is_lost {
                is_lost = now.is_some();
                self.events.publish(now.map_or(Event::DaemonBack, Event::DaemonLost)).await;
            }
        }
    }

    /// Forgets the settings that were read, which are shown again for some seconds: something was changed.
    pub(crate) fn forget_settings(&self) {
        self.recent.summaries.forget();
        self.recent.lacking.forget();
        self.recent.summary.forget();
        self.recent.detail.forget();
        self.recent.readers_of_the_log.forget();
        self.recent.may_ignore_everybody.forget();
    }
}
