//! The messages of fail2ban-client, for a person to read.

use crate::domain::reload::Refusal;
use crate::domain::text::truncate;

/// The most characters of a message on a page.
const MOST: usize = 1_000;

/// Lines that fail2ban-client prints beside every error, and that explain nothing.
const OF_EVERY_ERROR: [&str; 2] = ["ERROR: test configuration failed", "Init of command line failed"];

/// The errors among the lines of `log`, without time stamps and logger names, or all lines when
/// none is marked as an error.
pub(crate) fn errors(log: &str) -> String {
    let mut kept = Vec::new();
    let (mut in_error, mut is_marked) = (false, false);
    for line in log.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        match entry(line) {
            Some((level, text)) => {
                in_error = level != "WARNING" && level != "INFO" && level != "NOTICE";
                is_marked |= in_error;
                if in_error && !OF_EVERY_ERROR.contains(&text) {
                    kept.push(text);
                }
            }
            // A message of several lines goes on without a time stamp.
            None if in_error => kept.push(line),
            None => {}
        }
    }
    if is_marked { bounded(&kept.join("\n")) } else { bounded(log.trim()) }
}

/// The errors that fail2ban-client prints to its standard output: those of its own settings
/// (`fail2ban/client/fail2bancmdline.py`, `initCmdLine`).
pub(crate) fn printed_errors(output: &str) -> String {
    let lines = output.lines().map(str::trim).filter(|line| !OF_EVERY_ERROR.contains(line));
    let errors: Vec<&str> = lines.filter_map(|line| line.strip_prefix("ERROR: ")).collect();
    bounded(&errors.join("\n"))
}

/// Returns the jails that fail2ban found no log for, which it reports as a warning
/// (`fail2ban/client/jailreader.py`, `convert`). A jail that reads the journal instead is well.
pub(crate) fn jails_without_log(log: &str) -> Vec<Refusal> {
    let entries = log.lines().filter_map(entry);
    let found = entries.filter_map(|(_, text)| {
        let name = text.strip_prefix("Have not found any log file for ")?;
        let name = name.strip_suffix('.').unwrap_or(name).strip_suffix(" jail")?;
        // Since 1.1.1 in quotes.
        let quoted = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
        let jail = Some(quoted.unwrap_or(name).to_owned());
        Some(Refusal { jail, setting: String::new(), reason: text.to_owned(), is_without_log: true })
    });
    found.collect()
}

/// `text`, cut where it grows too long for a page.
pub(crate) fn bounded(text: &str) -> String {
    truncate(text, MOST)
}

/// Level and text of a line as `2026-11-22 13:31:06,123 fail2ban.jailreader [71]: ERROR   text`
/// (`fail2ban/helpers.py`, `getVerbosityFormat`).
fn entry(line: &str) -> Option<(&str, &str)> {
    let (head, rest) = line.split_once("]: ")?;
    let begins_with_time = head.starts_with(|c: char| c.is_ascii_digit());
    if !begins_with_time || !head.contains(" fail2ban") {
        return None;
    }
    let (level, text) = rest.split_once(' ')?;
    Some((level, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_are_told_and_without_time_stamps() {
        let log = "2026-11-22 17:24:55,350 fail2ban.configreader   [1]: WARNING 'allowipv6' not defined\n\
                   2026-11-22 17:24:55,350 fail2ban.jailreader     [1]: ERROR   Unable to read the filter 'x'\n\
                   2026-11-22 17:24:55,351 fail2ban                [1]: ERROR   ERROR: test configuration failed\n";
        assert_eq!(errors(log), "Unable to read the filter 'x'");
    }

    #[test]
    fn an_error_of_several_lines_is_told_whole() {
        let log = "2026-11-22 17:25:04,816 fail2ban [1]: ERROR   Failed during configuration: no headers.\n\
                   file: 'x.conf', line: 1\n\
                   2026-11-22 17:25:04,817 fail2ban [1]: WARNING something else\n\
                   and its second line\n";
        assert_eq!(errors(log), "Failed during configuration: no headers.\nfile: 'x.conf', line: 1");
    }

    #[test]
    fn jails_without_a_log_are_read_from_the_warnings_of_every_version() {
        let log = "2026-11-22 17:24:55,350 fail2ban.jailreader [1]: WARNING Have not found any log file for a b jail\n\
                   2026-11-22 17:24:55,350 fail2ban.jailreader [1]: WARNING Have not found any log file for 'c' jail.\n\
                   2026-11-22 17:24:55,350 fail2ban.jailreader [1]: WARNING Have not found any log file for 'd' jail. Jail will monitor systemd journal.\n";
        let jails: Vec<_> = jails_without_log(log).into_iter().filter_map(|refusal| refusal.jail).collect();
        assert_eq!(jails, ["a b", "c"]);
    }

    #[test]
    fn an_error_in_the_settings_of_the_server_is_told_by_what_was_printed() {
        let log = "2026-11-22 17:25:04,816 fail2ban [1]: ERROR   Init of command line failed\n";
        assert_eq!(errors(log), "");
        let output = "ERROR: Invalid log level 'x'\nERROR: test configuration failed\n";
        assert_eq!(printed_errors(output), "Invalid log level 'x'");
        assert_eq!(printed_errors("OK: configuration test is successful\n"), "");
    }

    #[test]
    fn words_without_a_mark_are_told_as_they_are_and_never_too_many() {
        assert_eq!(errors("Usage: fail2ban-client\n"), "Usage: fail2ban-client");
        assert_eq!(errors(&"é".repeat(5_000)).chars().count(), MOST);
    }
}
