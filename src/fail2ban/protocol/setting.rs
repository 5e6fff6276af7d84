//! The settings that are read and written by name (`fail2ban/server/transmitter.py`).

use strum::{IntoStaticStr, VariantArray};

/// A setting of the daemon itself. All are compared with the configuration files.
#[derive(Debug, Clone, Copy, IntoStaticStr, VariantArray)]
pub(crate) enum ServerSetting {
    #[strum(serialize = "dbfile")]
    Database,
    #[strum(serialize = "dbpurgeage")]
    PurgeAge,
    #[strum(serialize = "dbmaxmatches")]
    DatabaseMaxMatches,
    #[strum(serialize = "loglevel")]
    LogLevel,
    #[strum(serialize = "logtarget")]
    LogTarget,
    #[strum(serialize = "syslogsocket")]
    SyslogSocket,
}

impl ServerSetting {
    /// Its word in a command.
    pub(crate) fn keyword(self) -> &'static str {
        self.into()
    }
}

/// A setting of a jail.
#[derive(Debug, Clone, Copy, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Setting {
    BanTime,
    FindTime,
    MaxRetry,
    #[strum(serialize = "bantime.increment")]
    BanTimeIncrement,
    FailRegex,
    Actions,
    LogEncoding,
    DatePattern,
    PrefRegex,
    IgnoreRegex,
    MaxLines,
    UseDns,
    MaxMatches,
    IgnoreIp,
    IgnoreSelf,
    IgnoreCommand,
    #[strum(serialize = "bantime.factor")]
    BanTimeFactor,
    #[strum(serialize = "bantime.formula")]
    BanTimeFormula,
    #[strum(serialize = "bantime.multipliers")]
    BanTimeMultipliers,
    #[strum(serialize = "bantime.maxtime")]
    BanTimeMaximum,
    #[strum(serialize = "bantime.rndtime")]
    BanTimeRandom,
    #[strum(serialize = "bantime.overalljails")]
    BanTimeOverAllJails,
}

impl Setting {
    /// Its word in a command.
    pub(crate) fn keyword(self) -> &'static str {
        self.into()
    }
}

/// The settings of a jail that are compared with the configuration files: all that show, and every
/// one in which a reload can go wrong. Older versions do not know all of them.
pub(crate) const COMPARED: [&str; 25] = [
    "failregex",
    "ignoreregex",
    "prefregex",
    "datepattern",
    "logtimezone",
    "logencoding",
    "logpath",
    "journalmatch",
    "maxlines",
    "ignoreip",
    "ignoreself",
    "ignorecommand",
    "ignorecache",
    "maxretry",
    "maxmatches",
    "findtime",
    "bantime",
    "usedns",
    "bantime.increment",
    "bantime.factor",
    "bantime.formula",
    "bantime.multipliers",
    "bantime.maxtime",
    "bantime.rndtime",
    "bantime.overalljails",
];
