//! Rights that the web server gives up when it starts, so that whoever takes it over through a bug finds less: no core
//! dumps in any case, and behind a broker only its own files (Landlock) and no system call that it never makes
//! (seccomp), as far as the kernel has these.
//!
//! Without a broker this process runs fail2ban's programs, which inherit its restrictions and may restart a daemon:
//! only core dumps are turned off then.

pub(crate) mod calls;
pub(crate) mod files;
pub(crate) mod state;

use std::fmt;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::config::Config;

use files::Files;
use state::{ConfineError, State};

/// Restrictions that hold now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Confined {
    files: State,
    calls: State,
}

impl fmt::Display for Confined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, calls } = self;
        if *files == State::NotMeant {
            return f.write_str(
                "core dumps are off. Nothing else is restricted, because this process also runs fail2ban's programs; \
                 `bangui broker` with `serve --broker` separates the two",
            );
        }
        write!(f, "access to files (Landlock) {files}; system calls (seccomp) {calls}; core dumps are off")
    }
}

/// Turns core dumps off: they would hold passwords and keys. Other processes of this user cannot look into this one
/// then either.
pub(crate) fn no_core_dumps() -> Result<(), ConfineError> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
        .map_err(|error| ConfineError::new(&error))
}

/// Gives up what a web server with these settings does not need. To be called before other threads are there: a
/// restriction holds for one thread and those that it starts.
pub(crate) fn confine(config: &Config) -> Result<Confined, ConfineError> {
    no_core_dumps()?;
    if config.broker.is_none() {
        return Ok(Confined { files: State::NotMeant, calls: State::NotMeant });
    }
    let files = Files::of(config).confine()?;
    Ok(Confined { files, calls: calls::confine()? })
}

/// Restrictions that [`confine`] would set here, without setting them.
pub(crate) fn probe(config: &Config) -> Confined {
    if config.broker.is_none() {
        return Confined { files: State::NotMeant, calls: State::NotMeant };
    }
    Confined { files: files::probe(), calls: calls::probe() }
}
