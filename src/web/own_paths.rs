//! The base path beside our own paths.

use thiserror::Error;

use crate::domain::base_path::BasePath;

use super::routes::ROUTES;

/// BanGUI does not start, because a web server in front that takes the base path off would leave what begins like it.
#[derive(Debug, Error)]
#[error("the base path {0} is one of BanGUI's own pages: name another, as /bangui{0}")]
pub struct OwnPath(BasePath);

/// Checks that `base` does not begin like a path of ours, so that it can be told whether it was taken off.
///
/// # Errors
/// It does.
pub(crate) fn refuse_own_path(base: &BasePath) -> Result<(), OwnPath> {
    let first = |path: &'static str| path.split('/').nth(1).unwrap_or_default();
    let begin = base.as_str().split('/').nth(1).unwrap_or_default();
    if !base.is_root() && ROUTES.iter().any(|route| first(route.path) == begin) {
        return Err(OwnPath(base.clone()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_does_not_begin_like_one_of_ours() -> Result<(), Box<dyn std::error::Error>> {
        for own in ["/bans/", "/bans/x/", "/assets", "/login", "/.well-known", "/jails/sshd"] {
            assert!(refuse_own_path(&own.parse()?).is_err(), "{own}");
        }
        for other in ["/", "/bangui/", "/bangui/bans/", "/bansx/", "/fail2ban/jails"] {
            refuse_own_path(&other.parse()?)?;
        }
        Ok(())
    }
}
