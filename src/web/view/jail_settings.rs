//! The settings of a jail as the page shows them: groups of lines, each with a value, unset or unknown.

use crate::domain::jail::{JailStatus, JailSummary, Reading, Source};
use crate::domain::jail_detail::{Action, DatePattern, JailDetail, Property};
use crate::domain::secret::MASK;

use super::shown_value::ShownValue;

/// Settings that belong together.
#[derive(Debug)]
pub(crate) struct Group {
    /// Heading of the group.
    pub title: String,
    /// True if it is unfolded at first.
    pub(crate) is_open: bool,
    /// The settings.
    pub rows: Vec<Row>,
    /// Empty settings in it, where naming them is enough.
    pub(crate) unset: Vec<String>,
    /// The action whose secrets are hidden in it.
    pub(crate) hides: Option<String>,
}

impl Group {
    /// Returns true if its settings are those of the jail's filter.
    pub(crate) fn is_of_filter(&self) -> bool {
        self.rows.iter().any(|row| row.key == "failregex")
    }
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name in plain words; empty where there is none.
    pub label: &'static str,
    /// Its name in fail2ban's configuration.
    pub key: String,
    /// Its value.
    pub shown: ShownValue,
}

fn row(label: &'static str, key: &str, shown: ShownValue) -> Row {
    Row { label, key: key.to_owned(), shown }
}

fn group(title: &str, is_open: bool, rows: Vec<Row>) -> Group {
    Group { title: title.to_owned(), is_open, rows, unset: Vec::new(), hides: None }
}

/// The figures of a jail, by their labels.
pub(crate) fn figures(status: &Reading<JailStatus>) -> [(&'static str, Reading<u64>); 4] {
    let figure = |figure: fn(&JailStatus) -> &Reading<u64>| {
        status.as_ref().map_err(Clone::clone).and_then(|status| figure(status).clone())
    };
    [
        ("Banned now", figure(|status| &status.banned_now)),
        ("Total banned", figure(|status| &status.banned_total)),
        ("Currently failed", figure(|status| &status.failing_now)),
        ("Total failed", figure(|status| &status.failed_total)),
    ]
}

/// The groups, from what a jail reads to what its bans do.
pub(crate) fn groups(jail: &JailSummary, detail: &JailDetail) -> Vec<Group> {
    let grows = jail.times.growing == Ok(Some(true));
    let mut groups = vec![
        group("What it reads", true, reads(jail, detail)),
        group("What counts as a failure", true, failures(detail)),
        group("When it bans", true, bans(jail, detail)),
        group("Never banned", true, ignores(detail)),
        group("Ban time increase", grows, growth(jail, detail)),
    ];
    match &detail.actions {
        Ok(actions) if actions.is_empty() => {
            groups.push(group("Actions", true, vec![row("What a ban does", "actions", ShownValue::Unset)]));
        }
        Ok(actions) => groups.extend(actions.iter().map(action)),
        Err(unread) => {
            let rows = vec![row("What a ban does", "actions", ShownValue::Unknown(unread.clone()))];
            groups.push(group("Actions", true, rows));
        }
    }
    groups
}

fn reads(jail: &JailSummary, detail: &JailDetail) -> Vec<Row> {
    let source = match jail.status.as_ref().and_then(|status| status.source.as_ref()) {
        Ok(Source::Files(files)) => row("Log files", "logpath", ShownValue::code(files)),
        Ok(Source::Journal(matches)) if matches.is_empty() => {
            row("Journal matches", "journalmatch", ShownValue::plain("none: it reads the whole journal"))
        }
        Ok(Source::Journal(matches)) => row("Journal matches", "journalmatch", ShownValue::code(matches)),
        Err(unread) => row("Log files", "logpath", ShownValue::Unknown(unread.clone())),
    };
    let date = ShownValue::option(&detail.date_pattern, |DatePattern { pattern, name }| match pattern {
        Some(pattern) => ShownValue::text(pattern),
        None => ShownValue::plain(name),
    });
    let by = |backend: &Reading<String>| {
        row("Backend", "backend", ShownValue::from_reading(backend, |name: &String| ShownValue::plain(name)))
    };
    let backend = jail.backend.as_ref().map(by);
    let rows = [
        source,
        row(
            "Log encoding",
            "logencoding",
            ShownValue::option(&detail.log_encoding, |word| ShownValue::plain(word)),
        ),
        row("Date pattern", "datepattern", date),
    ];
    rows.into_iter().chain(backend).collect()
}

fn failures(detail: &JailDetail) -> Vec<Row> {
    vec![
        row("Failure", "failregex", ShownValue::list(&detail.fail_regex)),
        row("Never a failure", "ignoreregex", ShownValue::list(&detail.ignore_regex)),
        row(
            "Prefix filter",
            "prefregex",
            ShownValue::option(&detail.pref_regex, |text| ShownValue::text(text)),
        ),
        row(
            "Lines per match",
            "maxlines",
            ShownValue::from_reading(&detail.max_lines, |number| ShownValue::number(*number)),
        ),
        row(
            "Looks up host names",
            "usedns",
            ShownValue::option(&detail.use_dns, |word| ShownValue::plain(word)),
        ),
    ]
}

fn bans(jail: &JailSummary, detail: &JailDetail) -> Vec<Row> {
    vec![
        row(
            "Failures",
            "maxretry",
            ShownValue::from_reading(&jail.times.max_retry, |number| ShownValue::number(*number)),
        ),
        row("Within", "findtime", ShownValue::from_reading(&jail.times.find_time, ShownValue::length)),
        row("Ban time", "bantime", ShownValue::from_reading(&jail.times.ban_time, ShownValue::length)),
        row(
            "Log lines kept",
            "maxmatches",
            ShownValue::from_reading(&detail.max_matches, |number| ShownValue::number(*number)),
        ),
    ]
}

fn ignores(detail: &JailDetail) -> Vec<Row> {
    vec![
        row(
            "Ignore list",
            "ignoreip",
            ShownValue::from_reading(&detail.ignore_list, |entries| {
                ShownValue::code(&entries.iter().map(ToString::to_string).collect::<Vec<_>>())
            }),
        ),
        row(
            "This server's own addresses",
            "ignoreself",
            ShownValue::option(&detail.ignore_self, |is_so| ShownValue::yes(*is_so)),
        ),
        row(
            "Ignore command",
            "ignorecommand",
            ShownValue::option(&detail.ignore_command, |text| ShownValue::text(text)),
        ),
    ]
}

fn growth(jail: &JailSummary, detail: &JailDetail) -> Vec<Row> {
    let growth = &detail.growth;
    vec![
        row(
            "Increase enabled",
            "bantime.increment",
            ShownValue::option(&jail.times.growing, |is_so| ShownValue::yes(*is_so)),
        ),
        row("Factor", "bantime.factor", ShownValue::option(&growth.factor, |word| ShownValue::plain(word))),
        row("Formula", "bantime.formula", ShownValue::option(&growth.formula, |text| ShownValue::text(text))),
        row(
            "Multipliers",
            "bantime.multipliers",
            ShownValue::option(&growth.multipliers, |word| ShownValue::plain(word)),
        ),
        row("Maximum", "bantime.maxtime", ShownValue::option(&growth.max_time, ShownValue::length)),
        row(
            "Random extra, up to",
            "bantime.rndtime",
            ShownValue::option(&growth.random_time, ShownValue::length),
        ),
        row(
            "Count bans from all jails",
            "bantime.overalljails",
            ShownValue::option(&growth.over_all_jails, |word| ShownValue::plain(word)),
        ),
    ]
}

/// The properties of an action.
pub(crate) fn action(action: &Action) -> Group {
    let title = format!("Action {}", action.name);
    let properties = match &action.properties {
        Ok(properties) => properties,
        Err(unread) => {
            return group(&title, true, vec![row("", "properties", ShownValue::Unknown(unread.clone()))]);
        }
    };
    let is_unset = |property: &&Property| property.value == Ok(None);
    let set = properties.iter().filter(|property| !is_unset(property));
    let rows =
        set.map(|property| row("", &property.name, ShownValue::option(&property.value, |text| value(text))));
    let unset = properties.iter().filter(is_unset).map(|property| property.name.clone()).collect();
    let hides = action.is_masked().then(|| action.name.clone());
    Group { unset, hides, ..group(&title, false, rows.collect()) }
}

fn value(text: &str) -> ShownValue {
    if text == MASK { ShownValue::Hidden } else { ShownValue::text(text) }
}
