//! The list of jails as it was last read.

use std::sync::Arc;

use crate::domain::jail::JailList;
use crate::fail2ban::protocol::command::ListedJails;
use crate::mutex::Mutex;

/// A list that took questions to read, and the generation of the connection that it came over. The
/// questions are not asked again while fail2ban sends the same list.
pub(crate) type LastJails = Arc<Mutex<Option<(u64, ListedJails, JailList)>>>;
