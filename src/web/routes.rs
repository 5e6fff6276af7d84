//! The only table of URLs: verb, path, handler, a line each.

use actix_web::web::{self, ServiceConfig};

use super::handlers::{
    bans, health, ignore, jail, jail_state, jails, login, lookup, reload, server, setup, theme, unban,
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
}

macro_rules! routes {
    ($($access:ident $method:ident $path:literal => $handler:path,)*) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(
            Route { method: stringify!($method), path: $path, access: Access::$access },
        )*];

        /// Puts every route into the application.
        pub(super) fn configure(config: &mut ServiceConfig) {
            $(config.route($path, routes!(@verb $method).to($handler));)*
        }
    };
    (@verb GET) => { web::get() };
    (@verb POST) => { web::post() };
}

routes! {
    Public  GET  "/healthz" => health::check,
    Public  GET  "/assets/{file}" => super::assets::serve,
    Public  GET  "/login" => login::form,
    Public  POST "/login" => login::log_in,
    Public  GET  "/setup" => setup::form,
    Public  POST "/setup" => setup::create,
    Public  POST "/theme" => theme::choose,
    Account POST "/logout" => login::log_out,
    Account GET  "/" => jails::home,
    Account GET  "/jails" => jails::page,
    Account GET  "/jails/table" => jails::table,
    Account GET  "/jails/{jail}" => jail::page,
    Account GET  "/jails/{jail}/bans" => jail::bans,
    Account POST "/jails/{jail}/ban" => bans::ban,
    Account POST "/jails/{jail}/unban" => bans::unban,
    Account POST "/jails/{jail}/reload" => reload::jail,
    Account POST "/jails/{jail}/restart" => jail_state::restart,
    Account POST "/jails/{jail}/start" => jail_state::start,
    Account GET  "/jails/{jail}/stop" => jail_state::ask_stop,
    Account POST "/jails/{jail}/stop" => jail_state::stop,
    Account POST "/jails/{jail}/idle" => jail_state::idle,
    Account POST "/jails/{jail}/ignore" => ignore::add,
    Account POST "/jails/{jail}/ignore/remove" => ignore::remove,
    Account POST "/jails/{jail}/ignore/unkeep" => ignore::unkeep,
    Account POST "/jails/{jail}/ignore-self" => ignore::ignore_self,
    Account GET  "/unban" => unban::page,
    Account POST "/unban" => unban::unban,
    Account GET  "/lookup" => lookup::page,
    Account GET  "/server" => server::page,
    Account GET  "/server/work" => server::work,
    Account POST "/server/reload" => reload::all,
    Account POST "/server/restart" => reload::restart,
}
