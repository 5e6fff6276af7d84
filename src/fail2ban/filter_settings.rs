//! The settings of a jail's filter, as the running daemon has them.

use serde::Serialize;

/// The settings of a jail's filter. In an option, `None` is "not set".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FilterSettings {
    #[serde(rename = "failregex")]
    pub(crate) fail_regex: Vec<String>,
    #[serde(rename = "ignoreregex")]
    pub(crate) ignore_regex: Vec<String>,
    #[serde(rename = "prefregex")]
    pub(crate) pref_regex: Option<String>,
    #[serde(rename = "maxlines")]
    pub(crate) max_lines: u64,
    /// Pattern and name. `None` for the journal, which knows the time of each entry.
    #[serde(rename = "datepattern")]
    pub(crate) date_pattern: Option<(Option<String>, String)>,
    #[serde(rename = "logtimezone")]
    pub(crate) time_zone: Option<String>,
    #[serde(rename = "usedns")]
    pub(crate) use_dns: Option<String>,
    #[serde(rename = "logencoding")]
    pub(crate) encoding: Option<String>,
}

/// The lines that a filter reads, as the daemon tells of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "lines", rename_all = "lowercase")]
pub(crate) enum FilterSource {
    /// Log files, by path.
    Files(Vec<String>),
    /// Entries of the journal: each match is a list of fields.
    Journal(Vec<Vec<String>>),
    /// Lines that somebody gave.
    Pasted(String),
}
