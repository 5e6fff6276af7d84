//! The settings that are read and written by name (`fail2ban/server/transmitter.py`).

/// A setting of the daemon itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ServerSetting {
    Database,
    PurgeAge,
    MaxMatches,
    LogLevel,
    LogTarget,
    SyslogSocket,
}

impl ServerSetting {
    /// Its word in a command.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Database => "dbfile",
            Self::PurgeAge => "dbpurgeage",
            Self::MaxMatches => "dbmaxmatches",
            Self::LogLevel => "loglevel",
            Self::LogTarget => "logtarget",
            Self::SyslogSocket => "syslogsocket",
        }
    }
}

/// A setting of a jail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setting {
    BanTime,
    FindTime,
    MaxRetry,
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
    BanTimeFactor,
    BanTimeFormula,
    BanTimeMultipliers,
    BanTimeMaximum,
    BanTimeRandom,
    BanTimeOverAllJails,
}

impl Setting {
    /// Its word in a command.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::BanTime => "bantime",
            Self::FindTime => "findtime",
            Self::MaxRetry => "maxretry",
            Self::BanTimeIncrement => "bantime.increment",
            Self::FailRegex => "failregex",
            Self::Actions => "actions",
            Self::LogEncoding => "logencoding",
            Self::DatePattern => "datepattern",
            Self::PrefRegex => "prefregex",
            Self::IgnoreRegex => "ignoreregex",
            Self::MaxLines => "maxlines",
            Self::UseDns => "usedns",
            Self::MaxMatches => "maxmatches",
            Self::IgnoreIp => "ignoreip",
            Self::IgnoreSelf => "ignoreself",
            Self::IgnoreCommand => "ignorecommand",
            Self::BanTimeFactor => "bantime.factor",
            Self::BanTimeFormula => "bantime.formula",
            Self::BanTimeMultipliers => "bantime.multipliers",
            Self::BanTimeMaximum => "bantime.maxtime",
            Self::BanTimeRandom => "bantime.rndtime",
            Self::BanTimeOverAllJails => "bantime.overalljails",
        }
    }
}

/// The settings of a jail that are compared with what its files say: all that show, and every one in which
/// a reload can go wrong. Older versions do not know all of them.
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

/// The daemon's own settings that are compared.
pub(crate) const COMPARED_OF_SERVER: [ServerSetting; 6] = [
    ServerSetting::Database,
    ServerSetting::PurgeAge,
    ServerSetting::MaxMatches,
    ServerSetting::LogLevel,
    ServerSetting::LogTarget,
    ServerSetting::SyslogSocket,
];
