//! The jails that the configuration would start and that do not run.

use crate::domain::jail::JailName;
use crate::jail_service::configured::ConfigurationUnread;
pub(crate) use crate::jail_service::service::JailService;

impl JailService {
    /// The jails that the configuration would start and that are not among `running`.
    pub(crate) async fn stopped_jails(
        &self,
        running: &[JailName],
    ) -> Result<Vec<JailName>, ConfigurationUnread> {
        let mut jails = self.configured.jails(&self.daemon, Some(running)).await?;
        jails.retain(|jail| !running.contains(jail));
        Ok(jails)
    }

    /// Whether the configuration, as it is this moment, would start `jail`.
    pub(crate) async fn is_configured(&self, jail: &JailName) -> Result<bool, ConfigurationUnread> {
        self.configured.forget().await;
        Ok(self.configured.jails(&self.daemon, None).await?.contains(jail))
    }
}
