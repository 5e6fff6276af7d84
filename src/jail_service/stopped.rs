//! The jails that do not run: which of them the configuration would start, and which were stopped from here.

use std::collections::BTreeMap;

use crate::domain::jail::JailName;
use crate::jail_service::configured::ConfigurationUnread;
pub(crate) use crate::jail_service::service::JailService;
use crate::jail_service::stops::{Stop, Unstartable};

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

    /// The jails that were stopped from here and are not among `running`.
    #[must_use]
    pub(crate) fn stops(&self, running: &[JailName]) -> BTreeMap<JailName, Stop> {
        self.stops.besides(running)
    }

    /// Returns why `jail` could not be started from here; `None` where no obstacle is known.
    pub(crate) async fn unstartable(&self, jail: &JailName) -> Option<Unstartable> {
        let (program, daemon) = tokio::join!(self.daemon.client_version(), self.daemon.version());
        if let (Ok(program), Ok(daemon)) = (program, daemon)
            && program != daemon
        {
            return Some(Unstartable::OtherVersion { program, daemon });
        }
        match self.is_configured(jail).await {
            Ok(true) => None,
            Ok(false) => Some(Unstartable::NotConfigured),
            Err(why) => Some(Unstartable::Unreadable(why)),
        }
    }

    /// Returns true if the configuration would start `jail` right now.
    pub(crate) async fn is_configured(&self, jail: &JailName) -> Result<bool, ConfigurationUnread> {
        self.configured.forget().await;
        Ok(self.configured.jails(&self.daemon, None).await?.contains(jail))
    }
}
