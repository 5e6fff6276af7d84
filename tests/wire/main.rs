//! fail2ban's pickles, as two versions of it wrote them and as an attacker would.

mod attacks;
mod encoding;
mod recorded;
mod repr;
mod shapes;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;
