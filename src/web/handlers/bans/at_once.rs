//! The unban of a few bans: without a question, because there is a way back.

use actix_web::web::Data;

use crate::domain::address::Banned;
use crate::domain::jail::JailName;
use crate::jail_service::{BansToLift, MaxAge};
use crate::web::problem::description;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::messages::action_failures;
use crate::web::view::messages::action_failures::Operation;
use crate::web::view::messages::bans::{is_or_are, still_banned};

/// Lifts the bans of `selection` for the account `by`, jail by jail, and describes what became of them.
pub(crate) async fn lift(state: &Data<State>, selection: &BansToLift, by: &str) -> Flash {
    let (mut lifted, mut sentences): (Vec<(&JailName, Banned)>, Vec<String>) = Default::default();
    let (mut is_bad, mut warns) = (false, false);
    for (jail, bans) in &selection.jails {
        let names: Vec<String> = bans.iter().map(|ban| ban.banned.to_string()).collect();
        match state.jails.unban(jail, &names, by).await {
            Ok(done) => {
                if !done.entries.is_empty() {
                    sentences.push(format!("{} no longer banned in {jail}.", is_or_are(&done.entries)));
                }
                if !done.still_banned.is_empty() {
                    is_bad = true;
                    sentences.push(still_banned(jail, &done.still_banned));
                }
                let but = action_failures::sentences_in(jail, Operation::Unban, &done.failures, names.len());
                warns |= but.is_some();
                sentences.extend(but);
                lifted.extend(done.entries.into_iter().map(|entry| (jail, entry)));
            }
            Err(error) => {
                is_bad = true;
                sentences.push(format!(
                    "Not unbanned in {jail}: {}.",
                    description::describe_jail_error(&error).title
                ));
            }
        }
    }
    if sentences.is_empty() {
        return Flash::bad("None of them is still banned. Nothing was changed.");
    }
    let jails: Vec<&JailName> = lifted.iter().map(|(jail, _)| *jail).collect();
    let counted_by =
        if jails.is_empty() { Vec::new() } else { state.jails.jails_that_count_bans(&jails).await };
    let flash = Flash { bad: is_bad, warns, ..Flash::good(sentences.join(" ")) };
    flash.with_undo(lifted.iter().map(|(jail, entry)| (*jail, entry))).counted_by(&counted_by)
}

/// Adds to the message about the unban of `entry` in `jail` in how many other jails it is still banned.
pub(crate) async fn and_elsewhere(state: &State, message: Flash, jail: &JailName, entry: &Banned) -> Flash {
    match state.jails.other_jails_with(jail, entry, MaxAge::poll()).await {
        Ok(number) => message.banned_elsewhere(entry, number),
        Err(error) => {
            tracing::warn!(%error, "in which other jails an entry is banned is not known");
            message
        }
    }
}
