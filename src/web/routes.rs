//! The only table of URLs: verb, path, handler, a line each.

use actix_web::web;
use actix_web::web::ServiceConfig;

use crate::web::access::{Access, Mark, Route};

use super::handlers::{
    about, account, accounts, audit, bans, broker_record, dashboard, dismiss, geo, geo_cache, health,
    history, ignore, ignores, jails, keys, lookup, protection, required_factor, robots_txt, search,
    security_txt, server,
};

macro_rules! routes {
    ($($access:ident $method:ident $path:literal => $handler:path $(as $action:tt)? $([$($mark:ident),+])?,)*) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(
            Route {
                method: stringify!($method),
                path: $path,
                access: Access::$access,
                action: routes!(@action $method $($action)?),
                marks: &[$($(Mark::$mark),+)?],
            },
        )*];

        /// Puts every route into the application.
        pub(crate) fn configure(config: &mut ServiceConfig) {
            $(config.route($path, routes!(@verb $method).to($handler));)*
        }
    };
    (@verb GET) => { web::get() };
    (@verb POST) => { web::post() };
    (@action GET) => { None };
    (@action POST unrecorded) => { None };
    (@action POST $action:literal) => { Some($action) };
    (@action POST) => { compile_error!("what a POST does needs a name in the audit: `=> handler as \"name\",`") };
}

routes! {
    Public        GET  "/healthz" => health::check,
    Public        GET  "/.well-known/security.txt" => security_txt::show,
    Public        GET  "/robots.txt" => robots_txt::show,
    Public        GET  "/assets/{file}" => super::view::assets::serve,
    Public        GET  "/login" => account::login::form,
    Public        POST "/login" => account::login::log_in as "log in",
    Public        GET  "/login/code" => account::login::code_form,
    Public        POST "/login/code" => account::login::code as "second factor",
    Public        GET  "/login/code/passkey" => account::passkey_questions::of_half_way,
    Public        GET  "/login/passkey" => account::passkey_questions::of_anybody,
    Public        POST "/login/passkey" => account::passkey_login::log_in as "log in with passkey",
    Public        GET  "/setup" => account::setup::form,
    Public        POST "/setup" => account::setup::create as "create first account",
    Public        POST "/theme" => account::theme::choose as unrecorded,
    Viewer        POST "/preferences" => account::preferences::choose as unrecorded,
    Viewer        GET  "/keys" => keys::page,
    Viewer        GET  "/about" => about::show,
    Viewer        POST "/logout" => account::login::log_out as "log out" [Always],
    Viewer        GET  "/" => dashboard::page [Polled],
    Viewer        GET  "/dashboard" => dashboard::fragment [Polled],
    Viewer        GET  "/jails" => jails::list::page [Polled],
    Viewer        GET  "/jails/table" => jails::list::table [Polled],
    Viewer        GET  "/jails/{jail}" => jails::show::page [Polled],
    Viewer        GET  "/jails/{jail}/bans" => jails::show::bans [Polled],
    Operator      POST "/jails/{jail}/ban" => bans::one_jail::ban as "ban",
    Operator      POST "/jails/{jail}/unban" => bans::one_jail::unban as "unban" [ProvedForMany],
    Administrator GET  "/jails/{jail}/reload" => jails::reload::ask_jail,
    Administrator POST "/jails/{jail}/reload" => jails::reload::jail as "reload jail",
    Administrator GET  "/jails/{jail}/restart" => jails::restart::ask_jail,
    Administrator POST "/jails/{jail}/restart" => jails::restart::jail as "restart jail",
    Administrator POST "/jails/{jail}/start" => jails::state::start as "start jail",
    Administrator GET  "/jails/{jail}/stop" => jails::state::ask_stop,
    Administrator POST "/jails/{jail}/stop" => jails::state::stop as "stop jail",
    Administrator POST "/jails/{jail}/idle" => jails::state::idle as "idle jail",
    Administrator POST "/jails/{jail}/actions/reveal" => jails::reveal::action as "reveal secrets" [Proved],
    Administrator GET  "/jails/{jail}/filter" => jails::filter::page,
    Administrator POST "/jails/{jail}/filter" => jails::filter::try_it as unrecorded,
    Operator      POST "/jails/{jail}/ignore" => ignore::add as "ignore",
    Operator      POST "/jails/{jail}/ignore/remove" => ignore::remove as "remove ignore entry",
    Operator      POST "/jails/{jail}/ignore/unkeep" => ignore::unkeep as "stop keeping ignore entry",
    Operator      POST "/jails/{jail}/ignore-self" => ignore::ignore_self as "ignore self",
    Viewer        GET  "/ignores" => ignores::page,
    Operator      POST "/ignores" => ignores::add as "ignore everywhere",
    Operator      POST "/ignores/remove" => ignores::remove as "remove ignore entry everywhere",
    Viewer        GET  "/bans" => bans::all::page [Polled],
    Viewer        GET  "/bans/table" => bans::all::table [Polled],
    Viewer        GET  "/bans/work" => bans::all::work [Polled],
    Viewer        POST "/bans/work/dismiss" => dismiss::bulk as unrecorded,
    Operator      POST "/bans/unban" => bans::bulk::unban as "unban many" [ProvedForMany],
    Operator      POST "/bans/networks" => bans::networks::ask as unrecorded,
    Operator      POST "/bans/again" => bans::ban_again::again as "ban again",
    Operator      POST "/timed-bans/end" => bans::timed::end as "end timed ban",
    Operator      GET  "/unban-all" => bans::unban_all::page,
    Operator      POST "/unban-all" => bans::unban_all::unban as "unban all" [Proved],
    Operator      GET  "/unban" => bans::quick_unban::page [Always],
    Operator      POST "/unban" => bans::quick_unban::unban as "quick unban" [Always, ProvedForMany],
    Viewer        GET  "/lookup" => lookup::show::page,
    Viewer        GET  "/lookup/place" => lookup::show::place_fragment [Polled],
    Viewer        POST "/lookup/name" => lookup::show::ask_name as "ask for a name",
    Operator      POST "/lookup/ban" => lookup::in_jails::ban as "ban",
    Operator      POST "/lookup/ignore" => lookup::in_jails::ignore as "ignore",
    Viewer        GET  "/search" => search::find,
    Viewer        GET  "/geo" => geo::places [Polled],
    Viewer        GET  "/geo-cache" => geo_cache::page,
    Administrator POST "/geo-cache/empty" => geo_cache::empty as "empty geo cache",
    Administrator POST "/geo-cache/resolve-again" => geo_cache::resolve_again as "resolve geo failures again",
    Viewer        GET  "/protection" => protection::page [Polled],
    Operator      POST "/protection" => protection::look as unrecorded,
    Viewer        GET  "/server" => server::show::page [Polled],
    Viewer        GET  "/server/work" => server::show::work [Polled],
    Viewer        POST "/server/work/dismiss" => dismiss::work as unrecorded,
    Viewer        GET  "/server/state" => server::show::state [Polled],
    Administrator POST "/server/start" => jails::restart::start as "start fail2ban",
    Administrator GET  "/server/restart" => jails::restart::ask_daemon,
    Administrator GET  "/server/reload" => jails::reload::ask_all,
    Administrator POST "/server/reload" => jails::reload::all as "reload all jails",
    Administrator POST "/server/restart" => jails::restart::daemon as "restart fail2ban" [Proved],
    Administrator POST "/server/settings" => server::settings::change as "change server settings" [Proved],
    Administrator POST "/server/flush-logs" => server::settings::flush_logs as "flush logs",
    Viewer        GET  "/history" => history::page::page,
    Viewer        GET  "/history/table" => history::page::table,
    Viewer        GET  "/history/csv" => history::files::csv,
    Viewer        GET  "/history/json" => history::files::json,
    Viewer        GET  "/audit" => audit::page::page,
    Viewer        GET  "/audit/csv" => audit::csv::download,
    Administrator GET  "/audit/broker" => broker_record::page,
    Viewer        GET  "/account" => account::profile::page,
    Viewer        GET  "/confirm" => account::confirm::page [Always],
    Viewer        GET  "/account/password" => account::password::page [OwnLogin],
    Viewer        POST "/account/password" => account::password::change as "change own password" [Proves, OwnLogin],
    Viewer        GET  "/account/second-factor" => account::second_factor::page [OwnLogin],
    Viewer        POST "/account/second-factor" => account::second_factor::turn_on as "turn second factor on" [Proves, OwnLogin],
    Viewer        POST "/account/second-factor/off" => account::second_factor::turn_off as "turn second factor off" [Proves, OwnLogin],
    Viewer        POST "/account/recovery-codes" => account::second_factor::new_codes as "make recovery codes" [Proves, OwnLogin],
    Viewer        POST "/account/passkeys" => account::passkeys::add as "add passkey" [Proved, SetsFactorUp, OwnLogin],
    Viewer        GET  "/account/passkeys/own" => account::passkey_questions::of_own [OwnLogin],
    Viewer        GET  "/account/passkeys/made" => account::passkey_questions::to_make [SetsFactorUp, OwnLogin],
    Viewer        GET  "/account/passkeys/new" => account::passkeys::add_page [SetsFactorUp, OwnLogin],
    Viewer        POST "/account/passkeys/new" => account::passkeys::begin as "begin to add passkey" [Proves, SetsFactorUp, OwnLogin],
    Viewer        GET  "/account/passkeys/remove" => account::passkeys::remove_page [OwnLogin],
    Viewer        POST "/account/passkeys/remove" => account::passkeys::remove as "remove passkey" [Proves, OwnLogin],
    Viewer        POST "/account/sessions/end" => account::profile::end_session as "end own session" [Proved],
    Viewer        POST "/account/sessions/end-others" => account::profile::end_others as "end own other sessions" [Proved],
    Viewer        POST "/account/notices/dismiss" => account::notices::dismiss as "dismiss notices" [Always],
    Viewer        POST "/account/notices/not-me" => account::notices::not_me as "report a stranger" [Proved, Always],
    Administrator GET  "/accounts" => accounts::page,
    Administrator POST "/accounts" => accounts::add as "add account" [Proved],
    Administrator GET  "/accounts/{account}" => accounts::one,
    Administrator POST "/accounts/{account}/role" => accounts::set_role as "change role" [Proved],
    Administrator POST "/accounts/{account}/disable" => accounts::disable as "disable account" [Proved],
    Administrator POST "/accounts/{account}/reset" => accounts::reset as "reset account" [Proved],
    Administrator POST "/accounts/{account}/sessions/end" => accounts::end_sessions as "end sessions of account" [Proved],
    Administrator GET  "/accounts/{account}/delete" => accounts::ask_delete,
    Administrator POST "/accounts/{account}/delete" => accounts::delete as "delete account" [Proved],
    Administrator POST "/accounts/require/second-factor" => required_factor::demand as "require second factor" [Proved],
}
