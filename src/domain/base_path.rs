//! The path below which BanGUI is reached.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The path below which BanGUI is reached, as `/bangui/`. It begins and ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

/// Error for a text that is no such path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write it like /bangui/, with letters, digits and -._~ between the slashes")]
pub struct BasePathError;

impl BasePath {
    /// Returns true if BanGUI has a host name of its own, as it usually has.
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The path, with a slash at both ends.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows this in `path`, beginning with a slash; `None` if it is not below this.
    pub(crate) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.0[..self.0.len() - 1]).filter(|rest| rest.starts_with('/'))
    }

    /// `path`, which begins with a slash, below this.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{}", &self.0[..self.0.len() - 1], path)
    }
}

impl Default for BasePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl FromStr for BasePath {
    type Err = BasePathError;

    fn from_str(text: &str) -> Result<Self, BasePathError> {
        let inner = text.strip_prefix('/').ok_or(BasePathError)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let is_plain = |part: &str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !part.is_empty() && part.chars().all(is_allowed) && part.chars().any(|c| c != '.')
        };
        match inner {
            "" if text == "/" => Ok(Self::default()),
            _ if inner.split('/').all(is_plain) => Ok(Self(format!("/{inner}/"))),
            _ => Err(BasePathError),
        }
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_plain_and_between_slashes() {
        for (text, path) in [("/", "/"), ("/bangui", "/bangui/"), ("/a/b-c_2/", "/a/b-c_2/")] {
            assert_eq!(text.parse().map(|base: BasePath| base.to_string()).as_deref(), Ok(path));
        }
        for bad in
            ["", "bangui", "//", "/a//b", "/..", "/a/../b", "/a b", "/a\"", "/a%20b", "/ä", "https://x/"]
        {
            assert_eq!(bad.parse::<BasePath>(), Err(BasePathError), "{bad}");
        }
    }

    #[test]
    fn it_goes_on_and_off() -> Result<(), BasePathError> {
        let base: BasePath = "/bangui".parse()?;
        assert_eq!((base.strip("/bangui/jails"), base.strip("/bangui/")), (Some("/jails"), Some("/")));
        assert_eq!(
            (base.strip("/bangui"), base.strip("/banguinea/x"), base.strip("/jails")),
            (None, None, None)
        );
        assert_eq!(
            (base.join("/"), base.join("/jails?a=b")),
            ("/bangui/".to_owned(), "/bangui/jails?a=b".to_owned())
        );
        Ok(())
    }
}
