//! Messages about bans and unbans.

use crate::domain::address::{Banned, Target};
use crate::domain::jail::JailName;
use crate::jail_service::{BansToLift, Lifted};
use crate::web::session::flash::Flash;

use crate::web::view::format;

use super::action_failures;
use super::action_failures::Operation;

/// All of them, with commas, as they can be shown.
pub(crate) fn comma_list<T: ToString>(items: &[T]) -> String {
    items.iter().map(|item| format::shown(item.to_string())).collect::<Vec<_>>().join(", ")
}

/// Names up to five items, and counts more.
fn named<T: ToString>(items: &[T]) -> String {
    match items {
        few if few.len() <= 5 => comma_list(few),
        many => format!("{} addresses", format::number(many.len())),
    }
}

/// The subject of a sentence.
pub(crate) fn is_or_are<T: ToString>(items: &[T]) -> String {
    format!("{} {}", named(items), if items.len() == 1 { "is" } else { "are" })
}

/// Describes a ban as fail2ban reports it. Whether the firewall holds it is not known.
pub(crate) fn banned(targets: &[Target], newly: u64, jail: &JailName) -> String {
    match (targets.len() as u64, newly) {
        (all, newly) if all == newly => format!("{} now banned in {jail}.", is_or_are(targets)),
        (_, 0) => format!("{} already banned in {jail}.", is_or_are(targets)),
        (all, newly) => format!(
            "{} of {} are newly banned in {jail}, the others were already.",
            format::number(newly),
            format::number(all)
        ),
    }
}

/// Describes an unban, with the way to undo it.
fn unbanned(jail: &JailName, lifted: &Lifted) -> Flash {
    let entries = &lifted.entries;
    let done = format!("{} no longer banned in {jail}.", is_or_are(entries));
    action_failures::flash(done, Operation::Unban, &lifted.failures, entries.len())
        .with_undo(entries.iter().map(|banned| (jail, banned)))
}

/// Describes the result of an unban; `none` is the message where nothing was banned.
pub(crate) fn unban_message(jail: &JailName, lifted: &Lifted, none: String) -> Flash {
    match (lifted.entries.as_slice(), lifted.still_banned.as_slice()) {
        ([], []) => Flash::bad(none),
        ([], still) => Flash::bad(still_banned(jail, still)),
        (_, []) => unbanned(jail, lifted),
        (_, still) => {
            let done = unbanned(jail, lifted);
            Flash { warns: true, text: format!("{} {}", still_banned(jail, still), done.text), ..done }
        }
    }
}

/// Describes the entries that fail2ban did not lift although it was told to.
pub(crate) fn still_banned(jail: &JailName, entries: &[Banned]) -> String {
    let it = if entries.len() == 1 { "it" } else { "them" };
    format!("{} still banned in {jail}: fail2ban did not lift {it}.", is_or_are(entries))
}

/// Counts the bans of a selection: `1 ban`, `1,204 bans`, and `3 bans of 2 addresses` where one of
/// them is banned in several jails.
pub(crate) fn count_of_bans(selection: &BansToLift) -> String {
    let (bans, entries) = (selection.bans(), selection.entries());
    format::bans(bans as u64, Some(&entries).filter(|entries| entries.number < bans))
}
