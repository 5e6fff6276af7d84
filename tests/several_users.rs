//! What has to be run as root: the web server and the broker as processes of two users, and firewalls in networks of
//! the tests' own.

#[expect(dead_code, reason = "it serves other tests too")]
mod support;

mod broker;
mod firewall;
