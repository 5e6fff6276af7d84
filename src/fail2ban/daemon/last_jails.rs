//! The list of jails as it was last read.

use std::sync::Arc;

use crate::domain::jail::JailList;
use crate::fail2ban::protocol::command::ListedJails;
use crate::mutex::Mutex;

/// A list that took questions to read, and over which connection. Those are not asked again while fail2ban
/// tells the same list.
pub(crate) type LastJails = Arc<Mutex<Option<(u64, ListedJails, JailList)>>>;
