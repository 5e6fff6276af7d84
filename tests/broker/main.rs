//! The web server without access to fail2ban, and the broker that has it: real processes of two users,
//! on a real fail2ban. Has to be run as root, which alone can be other users.

#[path = "../support/as_user.rs"]
mod as_user;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "it serves other tests too")]
mod program;
#[path = "../support/site.rs"]
#[expect(dead_code, reason = "here the server runs in a process of its own")]
mod site;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "it serves other tests too")]
mod support;
#[path = "../web/visitor.rs"]
#[expect(dead_code, reason = "it serves other tests too")]
mod visitor;

mod pair;
mod people;

mod apart;
mod namespace;
mod outage;
mod refusals;
mod socket;
mod time_zone;
