//! The jails of a private daemon and how they are written in `jail.local`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The lines that a jail counts as failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// One of fail2ban's own filters, as `sshd` or `postfix[mode=auth]`.
    Shipped(String),
    /// A failregex of our own; it contains `<HOST>`.
    Own(String),
}

/// A jail of a private daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoJail {
    /// Its name.
    pub name: String,
    /// The lines that count as failures.
    pub filter: Filter,
    /// Number of failures after which it bans.
    pub max_retry: u32,
    /// Seconds in which the failures must fall.
    pub find_time: u32,
    /// Seconds for which a ban lasts; negative for ever.
    pub ban_time: i64,
    /// True if it reads the private daemon's own log instead of a log file of its own.
    pub reads_own_log: bool,
    /// Further settings, such as `("bantime.increment", "true")`.
    pub settings: Vec<(String, String)>,
}

impl DemoJail {
    /// A jail that bans for ten minutes after three failures in ten minutes.
    #[must_use]
    pub fn new(name: &str, filter: &str) -> Self {
        Self {
            name: name.to_owned(),
            filter: Filter::Shipped(filter.to_owned()),
            max_retry: 3,
            find_time: 600,
            ban_time: 600,
            reads_own_log: false,
            settings: Vec::new(),
        }
    }

    /// The same jail with one more setting.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.push((setting.to_owned(), value.to_owned()));
        self
    }

    /// Its section of `jail.local`.
    pub(crate) fn section(&self, log_file: &Path) -> String {
        let filter = match &self.filter {
            Filter::Shipped(name) => name.clone(),
            Filter::Own(_) => own_filter_name(&self.name),
        };
        let has_action = self.settings.iter().any(|(setting, _)| setting == "action");
        let action = if has_action { "" } else { "action = record\n" };
        let mut section = format!(
            "[{}]\nenabled = true\nfilter = {filter}\nbackend = polling\n{action}logpath = {}\n\
             maxretry = {}\nfindtime = {}\nbantime = {}\n",
            self.name,
            log_file.display(),
            self.max_retry,
            self.find_time,
            self.ban_time,
        );
        for (setting, value) in &self.settings {
            // Writing to a String cannot fail.
            let _ = writeln!(section, "{setting} = {value}");
        }
        section.push('\n');
        section
    }

    /// Path and text of its own filter, if it has one.
    pub(crate) fn own_filter(&self, config_dir: &Path) -> Option<(PathBuf, String)> {
        let Filter::Own(failregex) = &self.filter else {
            return None;
        };
        let path = config_dir.join("filter.d").join(format!("{}.conf", own_filter_name(&self.name)));
        let text = format!("[Definition]\nfailregex = {failregex}\nignoreregex =\n");
        Some((path, text))
    }
}

/// `name` with everything but letters, digits, `-` and `_` turned into `-`.
pub(crate) fn file_name(name: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }
    };
    name.chars().map(kept).collect()
}

fn own_filter_name(jail: &str) -> String {
    format!("own-{}", file_name(jail))
}

/// The jails of `bangui demo`. [`super::writer::Writer`] knows how to attack them.
#[must_use]
pub fn demo_jails() -> Vec<DemoJail> {
    const HOUR: i64 = 3600;
    let growing = DemoJail { ban_time: HOUR, ..DemoJail::new("sshd", "sshd") }
        .with("bantime.increment", "true")
        .with("bantime.maxtime", "4w");
    let web = DemoJail { ban_time: 12 * HOUR, ..DemoJail::new("nginx-http-auth", "nginx-http-auth") };
    let mail =
        DemoJail { max_retry: 4, ban_time: 24 * HOUR, ..DemoJail::new("postfix-sasl", "postfix[mode=auth]") };
    let flood = DemoJail {
        filter: Filter::Own(r#"^<HOST> \S+ \S+ .*"POST /(?:wp-login|xmlrpc)\.php[^"]*" 200"#.to_owned()),
        max_retry: 5,
        find_time: 60,
        ..DemoJail::new("apache-wordpress-login-flood", "")
    };
    let again = DemoJail {
        max_retry: 2,
        find_time: 86_400,
        ban_time: 7 * 24 * HOUR,
        reads_own_log: true,
        ..DemoJail::new("recidive", "recidive")
    };
    let for_ever = DemoJail {
        filter: Filter::Own("^blocked <HOST>$".to_owned()),
        ban_time: -1,
        ..DemoJail::new("blocklist", "")
    };
    vec![growing, web, mail, flood, again, for_ever]
}
