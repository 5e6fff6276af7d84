//! The log files of the jails, as the system has them.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::domain::jail::Source;
use crate::domain::protection::{JailLogs, LogFile, LogState};
use crate::fail2ban::Error;
use crate::fail2ban::daemon::Daemon;

/// A service that was told to reopen its log writes nothing more to the rotated one, but for what it was at.
const AT_ROTATION: Duration = Duration::from_mins(10);

/// Looks at each log file of each jail that runs.
///
/// # Errors
/// fail2ban does not answer.
pub(crate) async fn look_at_logs(daemon: &Daemon) -> Result<Vec<JailLogs>, Error> {
    let mut logs = Vec::new();
    for jail in daemon.jail_list().await?.names {
        let files = match daemon.status(&jail).await {
            Ok(status) => match status.source {
                Ok(Source::Files(files)) => files,
                Ok(Source::Journal(_)) | Err(_) => Vec::new(),
            },
            Err(Error::UnknownJail(_)) => continue,
            Err(error) => return Err(error),
        };
        let look =
            move || files.into_iter().map(|path| LogFile { state: state(Path::new(&path)), path }).collect();
        let files = tokio::task::spawn_blocking(look).await;
        let files = files.map_err(|error| Error::Unreadable(error.to_string()))?;
        logs.push(JailLogs { jail, files });
    }
    Ok(logs)
}

fn state(path: &Path) -> LogState {
    // Not opened: a named pipe would wait.
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return LogState::Gone,
        Err(error) => return LogState::Unreadable(error.to_string()),
    };
    if !about.is_file() {
        return LogState::NoFile;
    }
    match about.modified().map_err(io::Error::other).and_then(|last| Ok((last, timestamp(last)?))) {
        Ok((modified, last)) => {
            LogState::Written { size: about.len(), last, instead: written_instead(path, modified) }
        }
        Err(error) => LogState::Unreadable(error.to_string()),
    }
}

fn timestamp(time: SystemTime) -> io::Result<Timestamp> {
    Timestamp::try_from(time).map_err(io::Error::other)
}

/// The rotated file beside `path` that was written long after `path` was: its service did not reopen its log.
fn written_instead(path: &Path, modified: SystemTime) -> Option<String> {
    let rotated = format!("{}.1", path.display());
    let written = fs::metadata(&rotated).ok()?.modified().ok()?;
    (written.duration_since(modified).ok()? > AT_ROTATION).then_some(rotated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_written_gone_no_file_or_written_elsewhere() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        let log = place.path().join("auth.log");
        assert_eq!((state(&log), state(place.path())), (LogState::Gone, LogState::NoFile));
        fs::write(&log, "line\n")?;
        assert!(matches!(state(&log), LogState::Written { size: 5, instead: None, .. }));
        fs::write(place.path().join("auth.log.1"), "older\n")?;
        assert!(matches!(state(&log), LogState::Written { instead: None, .. }));
        let hour = SystemTime::now() - Duration::from_hours(1);
        fs::File::options().write(true).open(&log)?.set_modified(hour)?;
        assert!(matches!(state(&log), LogState::Written { instead: Some(file), .. } if file.ends_with(".1")));
        Ok(())
    }
}
