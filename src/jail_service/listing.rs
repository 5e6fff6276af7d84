//! Which jails there are, and their figures.

use crate::domain::jail::{JailName, JailSummary};
use crate::domain::jail_detail::JailDetail;
use crate::fail2ban;

use super::{Error, JailService};

impl JailService {
    /// fail2ban's version: the cheapest sign that it answers.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn version(&self) -> Result<String, fail2ban::Error> {
        self.daemon.version().await
    }

    /// The daemon's process id, where the system tells it.
    ///
    /// # Errors
    /// When the daemon cannot be reached.
    pub async fn process_id(&self) -> Result<Option<i32>, Error> {
        Ok(self.daemon.process_id().await?)
    }

    /// Every jail that runs, by name.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn jails(&self) -> Result<Vec<JailSummary>, Error> {
        Ok(self.daemon.summaries().await?)
    }

    /// One jail.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn jail(&self, jail: &JailName) -> Result<JailSummary, Error> {
        Ok(self.daemon.summary(jail).await?)
    }

    /// Every setting of one jail.
    ///
    /// # Errors
    /// When there is no such jail or the daemon does not answer.
    pub async fn detail(&self, jail: &JailName) -> Result<JailDetail, Error> {
        Ok(*self.daemon.detail(jail).await?)
    }
}
