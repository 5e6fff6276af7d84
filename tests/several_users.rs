//! The web server and the broker as processes of two users. Has to be run as root.

#[expect(dead_code, reason = "it serves other tests too")]
mod support;

mod broker;
