//! The fail2ban that a private daemon is started from.

use std::env;
use std::path::{Path, PathBuf};

/// The configuration's directory in the packages of Linux distributions.
const CONFIGURATION: &str = "/etc/fail2ban";

/// An installed fail2ban: its programs, and the configuration that came with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The directory of its programs; `None` if they are not in `PATH`.
    programs: Option<PathBuf>,
    config_dir: PathBuf,
}

impl Installation {
    /// Finds the fail2ban in `PATH`. One that is installed below a directory of its own has its configuration
    /// there too, in `etc/fail2ban` beside `bin`.
    #[must_use]
    pub(crate) fn in_path() -> Self {
        Self::among(env::split_paths(&env::var_os("PATH").unwrap_or_default()))
    }

    /// Finds the first one among the directories of programs.
    fn among(directories: impl IntoIterator<Item = PathBuf>) -> Self {
        let programs = directories.into_iter().find(|directory| directory.join("fail2ban-server").is_file());
        let beside = programs.as_deref().and_then(Path::parent).map(|parent| parent.join("etc/fail2ban"));
        let config_dir = beside.filter(|beside| beside.is_dir()).unwrap_or_else(|| CONFIGURATION.into());
        Self { programs, config_dir }
    }

    /// The configuration that came with it.
    #[must_use]
    pub fn config_dir(&self) -> &Path {
        &self.config_dir
    }

    /// Its `fail2ban-client`.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.program("fail2ban-client")
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.program("fail2ban-server")
    }

    fn program(&self, name: &str) -> PathBuf {
        self.programs.as_ref().map_or_else(|| name.into(), |programs| programs.join(name))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;

    use super::*;

    #[test]
    fn the_first_program_in_path_comes_with_the_configuration_beside_it() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let [without, bare, whole] = ["without", "bare", "whole"].map(|name| root.path().join(name));
        for directory in [&bare, &whole] {
            fs::create_dir_all(directory.join("bin"))?;
            fs::write(directory.join("bin/fail2ban-server"), "")?;
        }
        fs::create_dir_all(whole.join("etc/fail2ban"))?;
        let in_path = |places: &[&Path]| Installation::among(places.iter().map(|place| place.join("bin")));
        assert_eq!(
            in_path(&[&without, &whole, &bare]),
            Installation { programs: Some(whole.join("bin")), config_dir: whole.join("etc/fail2ban") }
        );
        let found = in_path(&[&without, &bare, &whole]);
        assert_eq!(
            (found.server(), found.config_dir()),
            (bare.join("bin/fail2ban-server"), Path::new(CONFIGURATION))
        );
        let none = in_path(&[&without]);
        assert_eq!((none.client(), none.config_dir()), ("fail2ban-client".into(), Path::new(CONFIGURATION)));
        Ok(())
    }
}
