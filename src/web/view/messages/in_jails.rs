//! What became of one thing in several jails: each is named, above all those where it was not done.

use crate::domain::address::Target;
use crate::domain::ignore::IgnoreEntry;
use crate::domain::jail::JailName;
use crate::jail_service::{BannedAgain, Error, Ignored};
use crate::web::problem::description;
use crate::web::session::flash::Flash;

use super::action_failures;
use super::action_failures::Operation;
use super::bans::{comma_list, is_or_are};
use super::job::jail_names;

/// Describes what was `done`, "banned" or "banned again", jail by jail, and what was not.
pub(crate) fn banned_again(again: &BannedAgain, done: &str) -> Flash {
    let mut sentences = Vec::new();
    for (jail, targets, change) in &again.done {
        let already = if change.count == 0 { "already banned" } else { done };
        sentences.push(format!("{} {already} in {jail}.", is_or_are(targets)));
        sentences.extend(action_failures::sentences(Operation::Ban, &change.failures, targets.len()));
    }
    if !again.left_out.is_empty() {
        sentences.push(format!("Left out, because it is not an address: {}.", comma_list(&again.left_out)));
    }
    of_bans(again, &format!("Not {done}"), sentences)
}

/// Describes the bans of `target` in several jails.
pub(crate) fn banned(target: &Target, bans: &BannedAgain) -> Flash {
    let (mut newly, mut already, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (jail, targets, change) in &bans.done {
        if change.count == 0 { &mut already } else { &mut newly }.push(jail.clone());
        let words = action_failures::sentences_in(jail, Operation::Ban, &change.failures, targets.len());
        failures.extend(words);
    }
    let mut sentences = Vec::new();
    if !newly.is_empty() {
        sentences.push(format!("{target} is now banned in {}.", jail_names(&newly)));
    }
    if !already.is_empty() {
        sentences.push(format!("{target} was already banned in {}.", jail_names(&already)));
    }
    sentences.extend(failures);
    of_bans(bans, "Not banned", sentences)
}

fn of_bans(bans: &BannedAgain, not_done: &str, mut sentences: Vec<String>) -> Flash {
    let warns = bans.done.iter().any(|(.., change)| !change.failures.is_empty());
    sentences.extend(bans.failed.iter().map(|failed| not_in(not_done, failed)));
    let is_bad = bans.done.is_empty() || !bans.failed.is_empty();
    let are_new = bans.done.iter().all(|(_, targets, change)| change.count == targets.len() as u64);
    let banned = bans.done.iter().filter(|_| are_new);
    let way_back = banned.flat_map(|(jail, targets, _)| targets.iter().map(move |target| (jail, target)));
    Flash { bad: is_bad, warns, ..Flash::good(sentences.join(" ")) }.with_way_back(way_back)
}

fn not_in(not_done: &str, (jail, error): &(JailName, Error)) -> String {
    format!("{not_done} in {jail}: {}.", description::describe_jail_error(error).title)
}

/// What became of an entry for the ignore lists of several jails.
#[derive(Debug, Default)]
pub(crate) struct IgnoredIn {
    pub(crate) done: Vec<(JailName, Ignored)>,
    pub(crate) failed: Vec<(JailName, Error)>,
}

/// Says that what is ignored now is still banned in `jails`.
pub(crate) fn still_banned(entry: &IgnoreEntry, jails: &str) -> String {
    let what = match entry.target() {
        Some(Target::Network(_)) => "Addresses in it are",
        Some(Target::Address(_)) | None => "It is",
    };
    format!("{what} still banned in {jails}: ignoring does not lift bans, so unban it as well.")
}

/// Describes it; `is_kept` where BanGUI restores the entry.
pub(crate) fn ignored(entry: &IgnoreEntry, ignored: &IgnoredIn, is_kept: bool) -> Flash {
    let those = |is: fn(&Ignored) -> bool| -> Vec<JailName> {
        ignored.done.iter().filter(|(_, done)| is(done)).map(|(jail, _)| jail.clone()).collect()
    };
    let (newly, already) = (those(|done| done.newly), those(|done| !done.newly));
    let banned = those(|done| done.still_banned);
    let mut sentences = Vec::new();
    if !newly.is_empty() {
        sentences.push(format!("{entry} is now ignored in {}.", jail_names(&newly)));
    }
    if !already.is_empty() {
        sentences.push(format!("{entry} was already ignored in {}.", jail_names(&already)));
    }
    if is_kept && !ignored.done.is_empty() {
        sentences.push("BanGUI restores it after every reload and restart.".to_owned());
    } else if !newly.is_empty() {
        sentences.push("It is lost at the next reload or restart.".to_owned());
    }
    if !banned.is_empty() {
        sentences.push(still_banned(entry, &jail_names(&banned)));
    }
    sentences.extend(ignored.failed.iter().map(|failed| not_in("Not ignored", failed)));
    let text = sentences.join(" ");
    let flash = if ignored.failed.is_empty() { Flash::good(text) } else { Flash::bad(text) };
    flash.offering_unban((!banned.is_empty()).then_some(entry))
}
