//! The name of a jail in a path.

use crate::domain::jail::JailName;
use crate::web::extract::ban_query;
use crate::web::problem::error::Error;

/// Reads the name of a jail out of the path.
pub(crate) fn parse_jail_name(path: &str) -> Result<JailName, Error> {
    ban_query::jail_in_path(path).parse().map_err(|_| Error::NoPage)
}
