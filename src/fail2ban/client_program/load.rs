//! Loading a configuration that was tried into the running daemon.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::jail::JailName;
use crate::fail2ban::client_error::ClientError;

use super::dump::Configuration;
use super::{ClientProgram, MOST_OUTPUT, WORK_DEADLINE, failed, output};

const SCRIPT: &str = concat!(include_str!("stream.py"), include_str!("load.py"));

/// One thing to do with the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", content = "jail", rename_all = "lowercase")]
pub(crate) enum Step {
    /// The daemon's own settings.
    Settings,
    /// A jail gets what the configuration says; it is started where it does not run.
    Reload(JailName),
    /// A jail is ended and started.
    Restart(JailName),
    /// A jail is ended and started without those of its log files that are not there any more.
    Salvage(JailName),
    /// A jail that is as it should be is only no longer idle, as after a reload.
    Wake(JailName),
    /// A jail is ended.
    Stop(JailName),
}

/// The progress of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loaded {
    /// It took everything.
    Whole,
    /// It refused something, and the steps after that were not tried.
    UpTo(GaveUp),
}

/// The daemon refused in the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GaveUp {
    /// The jail that it was at.
    pub(crate) jail: Option<JailName>,
    /// The daemon's words, with the jail that it was at.
    pub(crate) output: String,
}

#[derive(Serialize)]
struct Head<'a> {
    socket: &'a Path,
    steps: &'a [Step],
}

#[derive(Deserialize)]
struct Answer {
    failed: Option<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    jail: Option<String>,
    reason: String,
    reached: bool,
}

impl ClientProgram {
    /// Does `steps`, one after another, up to the first that the daemon refuses.
    ///
    /// # Errors
    /// The daemon was not reached, so nothing was changed; or it is not known what was done.
    pub(crate) async fn load(
        &self,
        configuration: &Configuration,
        steps: &[Step],
    ) -> Result<Loaded, ClientError> {
        let head = Head { socket: &self.socket, steps };
        let call = self.script(SCRIPT, &head, &configuration.dump, WORK_DEADLINE, MOST_OUTPUT)?;
        let finished = call.run().await?;
        if !finished.status.success() {
            return Err(failed(&finished));
        }
        let answer: Answer = serde_json::from_slice(&finished.stdout)
            .map_err(|error| ClientError::Unreadable(error.to_string()))?;
        let Some(failed) = answer.failed else { return Ok(Loaded::Whole) };
        let reason = self.secrets.mask(&failed.reason);
        if !failed.reached {
            return Err(ClientError::Unreachable(reason));
        }
        let jail: Option<JailName> = failed.jail.and_then(|jail| jail.parse().ok());
        let at = jail.as_ref().map(|jail| format!("Jail '{jail}': ")).unwrap_or_default();
        Ok(Loaded::UpTo(GaveUp { output: output::bounded(&format!("{at}{reason}")), jail }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_written_as_the_script_reads_it() -> Result<(), Box<dyn std::error::Error>> {
        let steps = [Step::Settings, Step::Reload("a\"b".parse()?), Step::Stop("c".parse()?)];
        let written = serde_json::to_string(&steps)?;
        let read = r#"[{"do":"settings"},{"do":"reload","jail":"a\"b"},{"do":"stop","jail":"c"}]"#;
        assert_eq!(written, read);
        Ok(())
    }
}
