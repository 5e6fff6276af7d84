//! The place of a page in the navigation.

use super::page::Page;

/// Rooms that the bar of a phone has behind *More*.
const MORE: [&str; 8] =
    ["/account", "/accounts", "/audit", "/geo-cache", "/history", "/ignores", "/keys", "/server"];

impl Page {
    /// Returns true if this page is in `room`, such as `/jails`.
    pub(crate) fn is_in(&self, room: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns true if this page is behind *More* on a phone.
    pub(crate) fn is_in_more(&self) -> bool {
        MORE.iter().any(|room| self.is_in(room)) || self.operates() && self.is_in("/lookup")
    }
}
