//! The parts that a jail's page has on a phone.

use strum::{AsRefStr, EnumString, VariantArray};

use crate::domain::jail::JailName;
use crate::web::extract::ban_query::jail_path;

/// A part of a jail's page, and its name in the URL. The page with the bans holds all of them: a wide window
/// shows it whole, a phone only the bans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsRefStr, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum JailPart {
    #[default]
    Bans,
    Ignores,
    Settings,
    Control,
}

impl JailPart {
    /// The name of its tab.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Bans => "Bans",
            Self::Ignores => "Ignore list",
            Self::Settings => "Settings",
            Self::Control => "Control",
        }
    }

    /// The page of `jail` with this part.
    pub(crate) fn path(self, jail: &JailName) -> String {
        let path = jail_path(jail);
        if self == Self::Bans { path } else { format!("{path}?part={}", self.as_ref()) }
    }

    /// Returns true if this part's page holds `part`.
    pub(crate) fn holds(self, part: Self) -> bool {
        self == Self::Bans || self == part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_reads_back_from_its_url() -> Result<(), Box<dyn std::error::Error>> {
        let jail = "sshd".parse()?;
        assert_eq!(JailPart::Bans.path(&jail), "/jails/sshd");
        for part in JailPart::VARIANTS.iter().skip(1) {
            let path = part.path(&jail);
            let name = path.strip_prefix("/jails/sshd?part=").ok_or("another page")?;
            assert_eq!(name.parse(), Ok(*part));
        }
        Ok(())
    }
}
