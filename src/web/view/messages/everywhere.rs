//! What became of an entry that every jail is to ignore, or no longer.

use jiff::civil::Date;

use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::jail_service::{Error, Ignored, InJails, Left};
use crate::web::problem::description;
use crate::web::session::flash::Flash;
use crate::web::view::format;

use super::in_jails::still_banned;
use super::job::jail_names;

/// Describes the addition of `entry`, which holds up to the day `until`.
pub(crate) fn added(entry: &IgnoreEntry, done: &InJails<Ignored>, until: Option<Date>) -> Flash {
    let those = |is: fn(&Ignored) -> bool| -> Vec<JailName> {
        done.done.iter().filter(|(_, done)| is(done)).map(|(jail, _)| jail.clone()).collect()
    };
    let (newly, already) = (those(|done| done.newly), those(|done| !done.newly));
    let banned = those(|done| done.still_banned);
    let mut sentences = Vec::new();
    match (newly.as_slice(), already.as_slice()) {
        ([], []) if done.is_whole() => {
            sentences.push(format!("No jail runs. Every jail that starts will ignore {entry}."));
        }
        ([], []) => sentences.push(format!("No jail ignores {entry} yet.")),
        ([], _) => sentences.push(format!("{entry} was already ignored in {}.", all_or(&already, done))),
        (_, already) => {
            sentences.push(format!("{entry} is now ignored in {}.", all_or(&newly, done)));
            if !already.is_empty() {
                sentences.push(format!("It was already ignored in {}.", jail_names(already)));
            }
        }
    }
    sentences.extend(done.failed.iter().map(|failed| not_in("Not ignored", failed)));
    if done.unanswered.is_some() {
        sentences.push("fail2ban does not answer. BanGUI adds it as soon as fail2ban does.".to_owned());
    } else if !done.failed.is_empty() {
        sentences.push("BanGUI tries that again.".to_owned());
    }
    if !(newly.is_empty() && already.is_empty()) {
        sentences.push("Every jail that starts later ignores it, too.".to_owned());
    }
    sentences.extend(until.map(|until| format!("It holds until the end of {}.", format::day(&until))));
    if !banned.is_empty() {
        sentences.push(still_banned(entry, &jail_names(&banned)));
    }
    told(&sentences, done).offering_unban((!banned.is_empty()).then_some(entry))
}

/// Describes the removal of `entry`.
pub(crate) fn removed(entry: &IgnoreEntry, done: &InJails<Left>) -> Flash {
    let those = |is: fn(&Left) -> bool| -> Vec<JailName> {
        done.done.iter().filter(|(_, left)| is(left)).map(|(jail, _)| jail.clone()).collect()
    };
    let gone = those(|left| matches!(left, Left::Removed | Left::RemovedUnseen));
    let unseen = those(|left| matches!(left, Left::RemovedUnseen));
    let configured = those(|left| matches!(left, Left::Configured));
    let mut sentences = Vec::new();
    if !gone.is_empty() {
        sentences.push(format!("{entry} is no longer ignored in {}.", all_or(&gone, done)));
    } else if done.is_whole() {
        sentences.push(format!("{entry} is no longer on the list for all jails."));
    }
    if !configured.is_empty() {
        sentences.push(format!("It stays in {}, because the configuration has it.", jail_names(&configured)));
    }
    for (jail, left) in &done.done {
        if let Left::Kept(kept) = left {
            let note = kept.note.as_str();
            let why = if note.is_empty() { String::new() } else { format!(" ({note})") };
            sentences.push(format!("It stays in {jail}, where {} keeps it{why}.", kept.by));
        }
    }
    if !unseen.is_empty() {
        sentences.push(format!(
            "The configuration of {} could not be read: if it contains the entry, that returns at the next reload.",
            jail_names(&unseen)
        ));
    }
    sentences.extend(done.failed.iter().map(|failed| not_in("Not removed", failed)));
    if done.unanswered.is_some() {
        let words = format!(
            "fail2ban does not answer. BanGUI removes {entry} as soon as it does; jails may ignore it until then."
        );
        sentences.push(words);
    } else if !done.failed.is_empty() {
        sentences.push("BanGUI tries that again.".to_owned());
    }
    told(&sentences, done)
}

/// There was nothing to remove.
pub(crate) fn absent(name: &str) -> Flash {
    Flash::bad(format!("{name} is not on the list for all jails. Nothing was changed."))
}

fn told<T>(sentences: &[String], done: &InJails<T>) -> Flash {
    let text = sentences.join(" ");
    if done.is_whole() { Flash::good(text) } else { Flash::warning(text) }
}

/// The names of `jails`, or their number where they are all.
fn all_or<T>(jails: &[JailName], done: &InJails<T>) -> String {
    let is_all = done.is_whole() && jails.len() == done.done.len() && jails.len() > 1;
    if is_all { format!("all {} jails", format::number(jails.len())) } else { jail_names(jails) }
}

fn not_in(not_done: &str, (jail, error): &(JailName, Error)) -> String {
    format!("{not_done} in {jail}: {}.", description::describe_jail_error(error).title)
}
