//! The only table of the operations that can be asked of fail2ban: a request, its arguments and its
//! answer, a line each. Nothing here carries a command.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::action_failure::{ActionFailure, BanChange, JailFailures};
use crate::domain::address::{Banned, Target};
use crate::domain::ban::Holder;
use crate::domain::broker_change::ChangeRecord;
use crate::domain::daemon_clock::{BanListing, DaemonClock};
use crate::domain::filter_trial::{FilterQuestion, FilterTrial, Untried};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::{JailList, JailName, JailStatus, JailSummaries, JailSummary, Reading};
use crate::domain::jail_detail::{ActionName, JailDetail, RawAction};
use crate::domain::lack::LackingJail;
use crate::domain::lookup::History;
use crate::domain::protection::{JailFilter, JailFirewall, JailLogs, Listener, NotLooked};
use crate::domain::reload::{KeptIgnores, PostCondition, Scope};
use crate::domain::server::{LogFlush, ServerChange, ServerSettings};
use crate::domain::traces::LogTraces;
use crate::fail2ban::client_program::restart::RestartWay;
use crate::fail2ban::database::new_bans::{NewBan, RowId};
use crate::fail2ban::database::recorded::{ReadFrom, Recorded};
use crate::fail2ban::database::written::WrittenBans;
use crate::fail2ban::server_log::old::{LogPart, LogPlace};

use super::limits::{few, sendable, sendable_entry};
use super::planned::Planned;
use super::tested_configs::Token;

macro_rules! requests_and_replies {
    ($(
        $(#[doc = $doc:literal])+
        $Name:ident = $method:ident($($(#[$check:meta])* $argument:ident: $given:ty as $owned:ty),*) -> $answer:ty;
    )*) => {
        /// A request to fail2ban. Reading one from bytes validates every argument again.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Request {
            $($(#[doc = $doc])+ $Name {
                $(#[doc = "See the operation."] $(#[$check])* $argument: $owned,)*
            },)*
        }

        /// An answer, by its request.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub enum Reply {
            $(#[doc = "See the request."] $Name($answer),)*
        }
    };
}

/// The table, handed to `$make`: here for the messages, in [`super::handle`] for the methods.
macro_rules! operations {
    ($make:ident) => {
        $make! {
            /// fail2ban's version, as `1.0.2`.
            Version = version() -> String;
            /// The daemon's process id, where the system tells it.
            ProcessId = process_id() -> Option<i32>;
            /// The jails that run.
            JailList = jail_list() -> JailList;
            /// The figures of one jail.
            Status = status(jail: &JailName as JailName) -> JailStatus;
            /// The jails that run without a filter, a log or an action.
            LackingJails = lacking_jails() -> Vec<LackingJail>;
            /// Figures and times of every jail that runs. A part of a single jail that cannot be
            /// read is reported in its place.
            Summaries = summaries() -> JailSummaries;
            /// Figures and times of one jail.
            Summary = summary(jail: &JailName as JailName) -> JailSummary;
            /// Every other setting of one jail, with secrets masked. A setting that cannot be read
            /// is reported in its place.
            Detail = detail(jail: &JailName as JailName) -> Box<JailDetail>;

            /// Every ban of a jail that holds now, the entries of its list that cannot be read, and
            /// the clock by which the list was read.
            Bans = bans(jail: &JailName as JailName) -> BanListing;
            /// The state of each address in a jail, in their order: true if it is banned there.
            /// Takes far less time than the whole list.
            Banned = banned(
                jail: &JailName as JailName,
                #[serde(deserialize_with = "few")] addresses: &[IpAddr] as Vec<IpAddr>
            ) -> Vec<bool>;
            /// The last row of fail2ban's database of bans.
            NewestBan = newest_ban() -> RowId;
            /// The bans of a jail that were added to the database after a row, the oldest first;
            /// `since` is the time when the last of them was already known.
            BansAfter = bans_after(
                jail: &JailName as JailName,
                mark: RowId as RowId,
                since: Timestamp as Timestamp
            ) -> Vec<NewBan>;
            /// Bans targets in a jail. Returns the number of those that were not banned there
            /// before.
            Ban = ban(
                jail: &JailName as JailName,
                #[serde(deserialize_with = "few")] targets: &[Target] as Vec<Target>
            ) -> BanChange;
            /// Lifts bans in a jail. Returns the number of those that there were. A network that is
            /// not itself banned lifts every ban inside it.
            Unban = unban(
                jail: &JailName as JailName,
                #[serde(deserialize_with = "sendable")] banned: &[Banned] as Vec<Banned>
            ) -> BanChange;

            /// The ignore list of a jail, in no order.
            IgnoreList = ignore_list(jail: &JailName as JailName) -> Vec<Listed>;
            /// The ignore list of every jail that runs.
            IgnoreLists = ignore_lists() -> Vec<(JailName, Reading<Vec<Listed>>)>;
            /// Adds entries to the ignore list of a jail. Returns the new list.
            Ignore = ignore(
                jail: &JailName as JailName,
                #[serde(deserialize_with = "few")] entries: &[IgnoreEntry] as Vec<IgnoreEntry>
            ) -> Vec<Listed>;
            /// Removes an entry from the ignore list of a jail. Returns the new list. fail2ban
            /// refuses an entry that is not on it.
            Unignore = unignore(
                jail: &JailName as JailName,
                #[serde(deserialize_with = "sendable_entry")] entry: &Listed as Listed
            ) -> Vec<Listed>;
            /// True if a jail ignores the addresses of the machine that it runs on.
            IgnoresSelf = ignores_self(jail: &JailName as JailName) -> bool;
            /// Makes a jail ignore the machine's own addresses, or not. Returns the setting that
            /// holds now.
            SetIgnoreSelf = set_ignore_self(jail: &JailName as JailName, on: bool as bool) -> bool;

            /// Makes a jail idle, or wakes it. Returns true if it is idle now.
            SetIdle = set_idle(jail: &JailName as JailName, on: bool as bool) -> bool;
            /// Ends a jail and lifts its bans. Returns the actions that failed.
            Stop = stop(jail: &JailName as JailName) -> Vec<ActionFailure>;
            /// True if fail2ban keeps bans in a database, so that they outlive their jail.
            KeepsBans = keeps_bans() -> bool;

            /// The bans of an address, a network or an entry that fail2ban's database remembers.
            History = history(
                #[serde(deserialize_with = "super::limits::short")] asked: &Banned as Banned
            ) -> History;

            /// The daemon's own settings. A setting that cannot be read is reported in its place.
            ServerSettings = server_settings() -> ServerSettings;
            /// Changes one of them.
            ChangeServer = change_server(change: ServerChange as ServerChange) -> ();
            /// Makes the daemon reopen its log file or write out what it holds.
            FlushLogs = flush_logs() -> LogFlush;

            /// The version of fail2ban-client.
            ClientVersion = client_version() -> String;
            /// The jails that the configuration enables, in its order.
            ConfiguredJails = configured_jails() -> Vec<JailName>;
            /// Tries the configuration, without comparing it with what runs.
            Test = test() -> ();
            /// Reads the configuration that the daemon may just have been started with, and holds it.
            HoldConfiguration = hold_configuration() -> ();
            /// Tries the configuration, compares it with what runs and makes a plan, which can be
            /// carried out once.
            Plan = plan(scope: &Scope as Scope, kept: &KeptIgnores as KeptIgnores) -> Planned;
            /// Carries out a plan, except a restart of the daemon. Returns what is missing after
            /// it.
            Load = load(planned: Token as Token) -> PostCondition;
            /// The settings and jails that are missing now, by the configuration that was loaded
            /// last.
            PostCondition = post_condition() -> PostCondition;
            /// The actions that failed since the last work began, once those that it started have
            /// done their part, as far as fail2ban's log can be read.
            ActionFailures = action_failures() -> Vec<JailFailures>;
            /// The way in which the daemon can be restarted, if there is one.
            RestartWay = restart_way() -> RestartWay;
            /// Restarts the daemon in that way. The caller checks that it answers again.
            RestartDaemon = restart_daemon(planned: Token as Token) -> ();

            /// Tests the configuration, then starts a daemon that does not run by the restart command that is
            /// configured. The caller checks that it answers.
            StartDaemon = start_daemon() -> ();

            /// One action of a jail with its secrets, for administrators alone. `None` where the jail has no such
            /// action.
            RevealAction = reveal_action(
                jail: &JailName as JailName,
                action: &ActionName as ActionName
            ) -> Option<RawAction>;
            /// The facts that are known of the daemon's clock.
            Clock = clock() -> DaemonClock;
            /// The jails that read the daemon's own log, as `recidive` does.
            LogReaders = jails_that_read_its_log() -> Vec<JailName>;
            /// The changes that a broker in another process was asked for, as it recorded them itself. `None` in
            /// this process, whose audit has them.
            Changes = changes() -> Option<ChangeRecord>;
            /// The time of the last ban of each jail in fail2ban's database.
            LastBans = last_bans() -> Vec<(JailName, Timestamp)>;
            /// A batch of the rows of fail2ban's database.
            Recorded = recorded(
                #[serde(deserialize_with = "super::limits::few_marks")] from: &ReadFrom as ReadFrom
            ) -> Recorded;
            /// The bans and unbans in a part of fail2ban's log and its rotated files.
            LoggedBans = logged_bans(place: LogPlace as LogPlace) -> LogPart;
            /// The failures of an address, a network or an entry that fail2ban's log tells of, and fail2ban's starts.
            LogTraces = log_traces(
                #[serde(deserialize_with = "super::limits::short")] asked: &Banned as Banned
            ) -> LogTraces;
            /// The bans of a jail as fail2ban's database has them. `None` where they cannot be those of its list.
            WrittenBans = written_bans(jail: &JailName as JailName) -> Option<WrittenBans>;
            /// The jails that hold an address, by itself or by a network around it, without their lists. `None`
            /// where it takes those to tell.
            Holders = holders(address: IpAddr as IpAddr) -> Option<Vec<Holder>>;
            /// The ignore lists that the configuration gives its jails. A jail that it does not start, or for which
            /// it is broken, is left out.
            ConfiguredIgnores = configured_ignores() -> Vec<(JailName, Vec<Listed>)>;
            /// What the firewall holds of the bans of each jail.
            Firewall = firewall() -> Vec<JailFirewall>;
            /// The state of the log files of each jail.
            Logs = logs() -> Vec<JailLogs>;
            /// The programs that listen in fail2ban's network.
            Listeners = listeners() -> Result<Vec<Listener>, NotLooked>;
            /// Has the filter of a jail read lines as the daemon would, which changes nothing. The reason where it
            /// cannot.
            TryFilter = try_filter(
                jail: &JailName as JailName,
                trial: &FilterQuestion as FilterQuestion
            ) -> Result<FilterTrial, Untried>;
            /// Has the filter of every jail that runs read the last lines of its own log, which changes nothing.
            TryFilters = try_filters() -> Vec<JailFilter>;
        }
    };
}
pub(crate) use operations;

operations!(requests_and_replies);
