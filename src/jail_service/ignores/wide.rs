//! Share of the internet that an ignore list would cover with another entry.

use crate::domain::address::Target;
use crate::domain::coverage::{self, Width, width};
use crate::domain::ignore::{IgnoreEntry, Listed};
use crate::domain::jail::JailName;
use crate::jail_service::error::Error;
use crate::jail_service::service::JailService;

impl JailService {
    /// Returns how much the ignore list of `jail` would cover with `entry`. A host name, or an entry that is on it
    /// already, adds nothing.
    pub(crate) async fn width_with(&self, jail: &JailName, entry: &IgnoreEntry) -> Result<Width, Error> {
        let Some(added) = entry.target().filter(|target| coverage::matters(*target)) else {
            return Ok(Width::Usual);
        };
        let list = self.daemon.ignore_list(jail).await?;
        let present: Vec<Target> = list.iter().filter_map(Listed::target).collect();
        Ok(width(&[added], &present))
    }
}
