//! The files that a web server behind a broker opens. All others are closed to it by Landlock.

use std::env;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus,
};

use crate::config::geo::Provider;
use crate::config::{Config, Listen};

use super::state::{ConfineError, State};

/// The rights that we know. An older kernel restricts fewer.
const KNOWN: ABI = ABI::V6;

/// Directories that the system's libraries read: names, time zones, the resolver. What is missing is left out.
const READ: [&str; 10] = [
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/dev",
    "/proc/self",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/sys/fs/cgroup",
];
/// Directory for what SQLite cannot hold in memory.
const TEMPORARY: [&str; 2] = ["/var/tmp", "/tmp"];

/// The files of one web server.
#[derive(Debug)]
pub(crate) struct Files {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
}

impl Files {
    /// Those of a web server with these settings.
    pub(crate) fn of(config: &Config) -> Self {
        let mut read: Vec<PathBuf> = READ.iter().map(PathBuf::from).collect();
        // Their directories: a file that is renewed is another file. The broker may make its socket anew.
        let databases = config.geo.providers.iter().filter_map(|provider| match provider {
            Provider::Mmdb(path) => Some(directory(path)),
            Provider::IpApi | Provider::ReverseDns => None,
        });
        read.extend(databases);
        // So is a certificate.
        read.extend(
            [&config.http.tls_certificate, &config.http.tls_key]
                .into_iter()
                .flatten()
                .map(|path| directory(path)),
        );
        let mut write: Vec<PathBuf> = TEMPORARY.iter().map(PathBuf::from).collect();
        write.extend([env::temp_dir(), directory(&config.database)]);
        write.extend(config.listen.iter().filter_map(|listen| match listen {
            Listen::Socket(path) => Some(directory(path)),
            Listen::Address(_) | Listen::Https(_) => None,
        }));
        Self { read, write }
    }

    /// Closes all other files to this thread and those that it starts.
    pub(crate) fn confine(&self) -> Result<State, ConfineError> {
        let may = |paths: &[PathBuf], rights| {
            let opened = paths.iter().filter_map(|path| PathFd::new(path).ok()).collect::<Vec<_>>();
            opened
                .into_iter()
                .map(move |path| Ok::<_, landlock::RulesetError>(PathBeneath::new(path, rights)))
        };
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let write =
            AccessFs::from_all(KNOWN) & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock);
        let restricted = Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))
            .and_then(Ruleset::create)
            .and_then(|rules| rules.add_rules(may(&self.read, read)))
            .and_then(|rules| rules.add_rules(may(&self.write, write)))
            .and_then(landlock::RulesetCreated::restrict_self);
        Ok(match restricted.map_err(|error| ConfineError::new(&error))?.ruleset {
            RulesetStatus::FullyEnforced => State::Full,
            RulesetStatus::PartiallyEnforced => State::Part,
            RulesetStatus::NotEnforced => State::Unknown,
        })
    }
}

/// Tells whether this kernel has Landlock.
pub(crate) fn probe() -> State {
    let knows = |abi| {
        let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        rules.handle_access(AccessFs::from_all(abi)).and_then(Ruleset::create).is_ok()
    };
    match (knows(KNOWN), knows(ABI::V1)) {
        (true, _) => State::Full,
        (false, true) => State::Part,
        (false, false) => State::Unknown,
    }
}

fn directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => ".".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn what_is_not_its_own_is_closed_to_a_thread_that_is_confined() -> Result<(), Box<dyn Error>> {
        if probe() == State::Unknown {
            eprintln!("this kernel has no Landlock: nothing to see");
            return Ok(());
        }
        let (own, other) = (tempfile::tempdir_in(".")?, tempfile::tempdir_in(".")?);
        let secret = other.path().join("secret");
        fs::write(&secret, "x")?;
        let files = Files { read: vec!["/etc".into()], write: vec![own.path().to_owned()] };
        let mine = own.path().join("mine");
        // Only the thread is confined.
        let seen = std::thread::spawn(move || {
            files.confine().map_err(|error| error.to_string())?;
            let kind = |result: std::io::Result<()>| result.err().map(|error| error.kind());
            let seen = [
                kind(fs::write(&mine, "y")),
                kind(fs::read("/etc/passwd").map(drop)),
                kind(fs::read(&secret).map(drop)),
                kind(fs::write(&secret, "z")),
                kind(fs::write("/etc/bangui-was-here", "z")),
            ];
            Ok::<_, String>(seen)
        });
        let seen = seen.join().map_err(|_| "the thread ended early")??;
        let denied = Some(ErrorKind::PermissionDenied);
        assert_eq!(seen, [None, None, denied, denied, denied]);
        Ok(())
    }
}
