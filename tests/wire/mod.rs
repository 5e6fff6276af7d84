//! fail2ban's pickles, as two versions of it wrote them and as an attacker would.

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
