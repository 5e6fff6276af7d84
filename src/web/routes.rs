//! The only table of URLs: verb, path, handler, a line each.

use actix_web::dev::ServiceRequest;
use actix_web::web::{self, ServiceConfig};

use crate::domain::account::Role;

use super::handlers::{
    account, accounts, all_bans, audit, ban_again, bans, bulk, geo, geo_cache, health, ignore, jail,
    jail_state, jails, login, lookup, reload, second_factor, server, server_settings, setup, theme, unban,
    unban_all,
};

/// Who may ask for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is logged in.
    Viewer,
    /// Those who may ban and unban.
    Operator,
    /// Those who may do everything.
    Administrator,
}

impl Access {
    /// The least role that may ask; `None` where nobody needs to be logged in.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Public => None,
            Self::Viewer => Some(Role::Viewer),
            Self::Operator => Some(Role::Operator),
            Self::Administrator => Some(Role::Administrator),
        }
    }
}

/// The line of the table that a request is for.
pub(super) fn of(request: &ServiceRequest) -> Option<&'static Route> {
    let pattern = request.match_pattern()?;
    let method = request.method().as_str();
    ROUTES.iter().find(|route| route.method == method && route.path == pattern)
}

/// A line of the table, for those who walk over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The verb, in capitals.
    pub method: &'static str,
    /// The path, with `{jail}` where a jail's name stands.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What a POST does, as the audit names it. `None` for a GET, which does nothing.
    pub action: Option<&'static str>,
}

macro_rules! routes {
    ($($access:ident $method:ident $path:literal => $handler:path $(as $action:literal)?,)*) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(
            Route { method: stringify!($method), path: $path, access: Access::$access, action: routes!(@action $method $($action)?) },
        )*];

        /// Puts every route into the application.
        pub(super) fn configure(config: &mut ServiceConfig) {
            $(config.route($path, routes!(@verb $method).to($handler));)*
        }
    };
    (@verb GET) => { web::get() };
    (@verb POST) => { web::post() };
    (@action GET) => { None };
    (@action POST $action:literal) => { Some($action) };
    (@action POST) => { compile_error!("what a POST does needs a name in the audit: `=> handler as \"name\",`") };
}

routes! {
    Public        GET  "/healthz" => health::check,
    Public        GET  "/assets/{file}" => super::assets::serve,
    Public        GET  "/login" => login::form,
    Public        POST "/login" => login::log_in as "log in",
    Public        GET  "/login/code" => login::code_form,
    Public        POST "/login/code" => login::code as "second factor",
    Public        GET  "/setup" => setup::form,
    Public        POST "/setup" => setup::create as "create first account",
    Public        POST "/theme" => theme::choose as "choose colours",
    Viewer        POST "/logout" => login::log_out as "log out",
    Viewer        GET  "/" => jails::home,
    Viewer        GET  "/jails" => jails::page,
    Viewer        GET  "/jails/table" => jails::table,
    Viewer        GET  "/jails/{jail}" => jail::page,
    Viewer        GET  "/jails/{jail}/bans" => jail::bans,
    Operator      POST "/jails/{jail}/ban" => bans::ban as "ban",
    Operator      POST "/jails/{jail}/unban" => bans::unban as "unban",
    Administrator GET  "/jails/{jail}/reload" => reload::ask_jail,
    Administrator POST "/jails/{jail}/reload" => reload::jail as "reload jail",
    Administrator POST "/jails/{jail}/restart" => jail_state::restart as "restart jail",
    Administrator POST "/jails/{jail}/start" => jail_state::start as "start jail",
    Administrator GET  "/jails/{jail}/stop" => jail_state::ask_stop,
    Administrator POST "/jails/{jail}/stop" => jail_state::stop as "stop jail",
    Administrator POST "/jails/{jail}/idle" => jail_state::idle as "idle jail",
    Operator      POST "/jails/{jail}/ignore" => ignore::add as "ignore",
    Operator      POST "/jails/{jail}/ignore/remove" => ignore::remove as "ignore no more",
    Operator      POST "/jails/{jail}/ignore/unkeep" => ignore::unkeep as "keep ignored no more",
    Operator      POST "/jails/{jail}/ignore-self" => ignore::ignore_self as "ignore self",
    Viewer        GET  "/bans" => all_bans::page,
    Viewer        GET  "/bans/table" => all_bans::table,
    Viewer        GET  "/bans/work" => all_bans::work,
    Operator      POST "/bans/unban" => bulk::unban as "unban many",
    Operator      POST "/bans/again" => ban_again::again as "ban again",
    Operator      GET  "/unban-all" => unban_all::page,
    Operator      POST "/unban-all" => unban_all::unban as "unban all",
    Operator      GET  "/unban" => unban::page,
    Operator      POST "/unban" => unban::unban as "quick unban",
    Viewer        GET  "/lookup" => lookup::page,
    Viewer        GET  "/lookup/place" => lookup::place,
    Viewer        POST "/lookup/name" => lookup::ask_name as "ask for a name",
    Viewer        GET  "/geo" => geo::places,
    Viewer        GET  "/geo-cache" => geo_cache::page,
    Administrator POST "/geo-cache/empty" => geo_cache::empty as "empty geo cache",
    Administrator POST "/geo-cache/resolve-again" => geo_cache::resolve_again as "resolve geo failures again",
    Viewer        GET  "/server" => server::page,
    Viewer        GET  "/server/work" => server::work,
    Administrator GET  "/server/reload" => reload::ask_all,
    Administrator POST "/server/reload" => reload::all as "reload all jails",
    Administrator POST "/server/restart" => reload::restart as "restart fail2ban",
    Administrator POST "/server/settings" => server_settings::change as "change server settings",
    Administrator POST "/server/flush-logs" => server_settings::flush_logs as "flush logs",
    Viewer        GET  "/audit" => audit::page,
    Viewer        GET  "/account" => account::page,
    Viewer        POST "/account/password" => account::change_password as "change own password",
    Viewer        GET  "/account/second-factor" => second_factor::page,
    Viewer        POST "/account/second-factor" => second_factor::turn_on as "turn second factor on",
    Viewer        POST "/account/second-factor/off" => second_factor::turn_off as "turn second factor off",
    Viewer        POST "/account/recovery-codes" => second_factor::new_codes as "make recovery codes",
    Viewer        POST "/account/sessions/end" => account::end_session as "end own session",
    Viewer        POST "/account/sessions/end-others" => account::end_others as "end own other sessions",
    Administrator GET  "/accounts" => accounts::page,
    Administrator POST "/accounts" => accounts::add as "add account",
    Administrator GET  "/accounts/{account}" => accounts::one,
    Administrator POST "/accounts/{account}/role" => accounts::set_role as "change role",
    Administrator POST "/accounts/{account}/disable" => accounts::disable as "disable account",
    Administrator POST "/accounts/{account}/reset" => accounts::reset as "reset account",
}
