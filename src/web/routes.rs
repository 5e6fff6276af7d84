//! The only table of URLs: verb, path, handler, a line each.

use actix_web::web::{self, ServiceConfig};

use super::handlers::{
    all_bans, audit, bans, bulk, health, ignore, jail, jail_state, jails, login, lookup, reload, server,
    server_settings, setup, theme, unban, unban_all,
};

/// Who may ask for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is logged in.
    Account,
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
    Public  GET  "/healthz" => health::check,
    Public  GET  "/assets/{file}" => super::assets::serve,
    Public  GET  "/login" => login::form,
    Public  POST "/login" => login::log_in as "log in",
    Public  GET  "/setup" => setup::form,
    Public  POST "/setup" => setup::create as "create first account",
    Public  POST "/theme" => theme::choose as "choose colours",
    Account POST "/logout" => login::log_out as "log out",
    Account GET  "/" => jails::home,
    Account GET  "/jails" => jails::page,
    Account GET  "/jails/table" => jails::table,
    Account GET  "/jails/{jail}" => jail::page,
    Account GET  "/jails/{jail}/bans" => jail::bans,
    Account POST "/jails/{jail}/ban" => bans::ban as "ban",
    Account POST "/jails/{jail}/unban" => bans::unban as "unban",
    Account POST "/jails/{jail}/reload" => reload::jail as "reload jail",
    Account POST "/jails/{jail}/restart" => jail_state::restart as "restart jail",
    Account POST "/jails/{jail}/start" => jail_state::start as "start jail",
    Account GET  "/jails/{jail}/stop" => jail_state::ask_stop,
    Account POST "/jails/{jail}/stop" => jail_state::stop as "stop jail",
    Account POST "/jails/{jail}/idle" => jail_state::idle as "idle jail",
    Account POST "/jails/{jail}/ignore" => ignore::add as "ignore",
    Account POST "/jails/{jail}/ignore/remove" => ignore::remove as "ignore no more",
    Account POST "/jails/{jail}/ignore/unkeep" => ignore::unkeep as "keep ignored no more",
    Account POST "/jails/{jail}/ignore-self" => ignore::ignore_self as "ignore self",
    Account GET  "/bans" => all_bans::page,
    Account GET  "/bans/table" => all_bans::table,
    Account GET  "/bans/work" => all_bans::work,
    Account POST "/bans/unban" => bulk::unban as "unban many",
    Account POST "/bans/again" => bulk::again as "ban again",
    Account GET  "/unban-all" => unban_all::page,
    Account POST "/unban-all" => unban_all::unban as "unban all",
    Account GET  "/unban" => unban::page,
    Account POST "/unban" => unban::unban as "quick unban",
    Account GET  "/lookup" => lookup::page,
    Account GET  "/server" => server::page,
    Account GET  "/server/work" => server::work,
    Account POST "/server/reload" => reload::all as "reload all jails",
    Account POST "/server/restart" => reload::restart as "restart fail2ban",
    Account POST "/server/settings" => server_settings::change as "change server settings",
    Account POST "/server/flush-logs" => server_settings::flush_logs as "flush logs",
    Account GET  "/audit" => audit::page,
}
