//! fail2ban's pickles, as two versions of it wrote them and as an attacker would.

#[path = "../support/fake_daemon.rs"]
#[expect(dead_code, reason = "it serves other tests too")]
mod fake_daemon;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "it serves other tests too")]
mod support;

mod bombs;
mod limited;

mod attacks;
mod cost;
mod encoding;
mod python;
mod recorded;
mod repr;
mod shapes;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;
