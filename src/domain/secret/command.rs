//! Secrets in the options of known programs, whose names are too short to tell.

use std::ops::Range;

use super::word;

/// The place of an option's value in a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `-pVALUE`; `-p` alone asks for it.
    Glued,
    /// `-p VALUE`.
    NextWord,
    /// Either.
    Both,
}

/// Programs that take a secret as a short option. An option that may name a file as well, as
/// `curl -b`, is taken for one.
const PROGRAMS: [(&str, &str, Place); 22] = [
    ("curl", "-b", Place::Both),
    ("openssl", "-k", Place::NextWord),
    ("openssl", "-K", Place::NextWord),
    ("snmpset", "-c", Place::Both),
    ("snmpset", "-A", Place::Both),
    ("snmpset", "-X", Place::Both),
    ("snmpget", "-c", Place::Both),
    ("snmpwalk", "-c", Place::Both),
    ("snmptrap", "-c", Place::Both),
    ("snmptrap", "-A", Place::Both),
    ("snmptrap", "-X", Place::Both),
    ("sshpass", "-p", Place::Both),
    ("mysql", "-p", Place::Glued),
    ("mysqldump", "-p", Place::Glued),
    ("mysqladmin", "-p", Place::Glued),
    ("mariadb", "-p", Place::Glued),
    ("redis-cli", "-a", Place::NextWord),
    ("sendemail", "-xp", Place::NextWord),
    ("swaks", "-ap", Place::NextWord),
    ("ldapmodify", "-w", Place::Both),
    ("ldapadd", "-w", Place::Both),
    ("mosquitto_pub", "-P", Place::Both),
];
/// Options of curl, wget and others that take `user:password`, and the separator between the two.
const WITH_USER: [(&str, char); 6] =
    [("-u", ':'), ("--user", ':'), ("-U", ':'), ("--proxy-user", ':'), ("-U", '%'), ("--user", '%')];

/// A service whose parameter `user` is a key: whoever knows it can send to that user.
const USER_IS_KEY: &str = "api.pushover.net";
const USER: &str = "user=";

/// Adds the places in `text` with secrets in options.
pub(crate) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    if text.contains(USER_IS_KEY) {
        let values = text.match_indices(USER).map(|(place, sign)| word::value(text, place + sign.len()).0);
        found.extend(values.filter(|range| is_secret(text, range)));
    }
    let mut program = "";
    for (begin, end) in words(text) {
        let written = text.get(begin..end).unwrap_or_default();
        let bare = written.trim_matches(['"', '\'', '(', '`', '$', ';']);
        if written.starts_with([';', '|', '&']) {
            program = "";
        }
        let name = bare.rsplit('/').next().unwrap_or_default();
        if let Some((known, ..)) = PROGRAMS.iter().find(|(known, ..)| name.eq_ignore_ascii_case(known)) {
            program = known;
        }
        for (_, option, place) in PROGRAMS.iter().filter(|(known, ..)| *known == program) {
            found.extend(of_option(text, begin, end, option, *place).filter(|range| is_secret(text, range)));
        }
        for (option, between) in WITH_USER {
            // `curl -ujoe:x` glues it as well.
            let place = if option.len() == 2 { Place::Both } else { Place::NextWord };
            if let Some(range) = of_option(text, begin, end, option, place)
                && let Some((user, _)) = text.get(range.clone()).and_then(|pair| pair.split_once(between))
            {
                let secret = range.start + user.len() + 1..range.end;
                found.extend(Some(secret).filter(|range| is_secret(text, range)));
            }
        }
        if written.ends_with([';', '|', '&']) {
            program = "";
        }
    }
}

/// The words between white space, whatever is quoted.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.split_ascii_whitespace().map(|written| {
        let begin = written.as_ptr().addr() - text.as_ptr().addr();
        (begin, begin + written.len())
    })
}

/// The value of `option`, where the word from `begin` to `end` is that option.
fn of_option(text: &str, begin: usize, end: usize, option: &str, place: Place) -> Option<Range<usize>> {
    let written = text.get(begin..end)?;
    let skipped = written.len() - written.trim_start_matches(['"', '\'', '(', '`']).len();
    let rest = written.get(skipped..)?.strip_prefix(option)?;
    let after = begin + skipped + option.len();
    if rest.is_empty() {
        let next = word::past_space(text, end);
        return (place != Place::Glued && next < text.len()).then(|| word::value(text, next).0);
    }
    if let Some(rest) = rest.strip_prefix('=') {
        return (!rest.is_empty()).then(|| word::value(text, after + 1).0);
    }
    (place != Place::NextWord && !rest.starts_with('-')).then(|| word::value(text, after).0)
}

fn is_secret(text: &str, range: &Range<usize>) -> bool {
    text.get(range.clone()).is_some_and(|value| !word::is_reference(value, None))
}
