//! Comparison and plan, on states made by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::jail::{JailName, JailNameError, Unread};

fn texts(texts: &[&str]) -> Texts {
    texts.iter().map(ToString::to_string).collect()
}

fn jail(name: &str) -> Result<JailName, JailNameError> {
    name.parse()
}

fn action(name: &str, properties: &[(&str, &str)]) -> ExpectedAction {
    let properties: BTreeMap<String, Texts> =
        properties.iter().map(|(name, value)| ((*name).to_owned(), texts(&[value]))).collect();
    let assigned = properties.keys().cloned().collect();
    ExpectedAction { name: name.to_owned(), survives: true, properties, assigned, computed: BTreeSet::new() }
}

fn live_action(action: &ExpectedAction) -> LiveAction {
    let properties = action.properties.iter().map(|(name, value)| (name.clone(), Ok(value.clone())));
    LiveAction { name: action.name.clone(), properties: Some(properties.collect()) }
}

/// A jail that bans for 600 s and has one action, whose rule depends on the port.
fn expected() -> Result<ExpectedJail, JailNameError> {
    let settings = [("bantime", &["600"][..]), ("ignoreip", &["::1", "192.0.2.1"]), ("maxlines", &["1"])];
    let action = action(
        "wall",
        &[("actionstart", "add <port>"), ("actionban", "ban <ip>"), ("port", "22"), ("name", "a")],
    );
    Ok(ExpectedJail {
        name: jail("sshd")?,
        backend: "polling".to_owned(),
        settings: settings.map(|(name, value)| (name.to_owned(), texts(value))).into(),
        assigned: ["bantime".to_owned()].into(),
        actions: vec![action],
        takes_ignores: true,
    })
}

/// The jail as it runs when nothing differs.
fn live(expected: &ExpectedJail) -> LiveJail {
    let settings = expected.settings.iter().map(|(name, value)| (name.clone(), Ok(value.clone())));
    LiveJail { settings: settings.collect(), actions: Ok(expected.actions.iter().map(live_action).collect()) }
}

fn state(jails: &[(JailName, LiveJail)]) -> LiveState {
    let server = [("dbfile".to_owned(), Ok(texts(&["/db"])))].into();
    LiveState { server, jails: jails.iter().cloned().collect() }
}

fn configuration(jails: Vec<ExpectedJail>) -> Expected {
    Expected { server: [("dbfile".to_owned(), texts(&["/db"]))].into(), jails, ..Expected::default() }
}

#[test]
fn a_jail_is_equal_to_what_its_files_say_in_any_order_of_its_ignore_list() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let mut now = live(&wanted);
    now.settings.insert("ignoreip".to_owned(), Ok(texts(&["192.0.2.1", "::1"])));
    assert_eq!(differences(&now, &wanted), []);
    Ok(())
}

#[test]
fn what_could_not_be_read_is_a_difference() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let mut now = live(&wanted);
    now.settings.insert("bantime".to_owned(), Err(Unread::Unanswered));
    now.actions = Err(Unread::Unanswered);
    let found = differences(&now, &wanted);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|found| found.change == Change::Unknown(Unread::Unanswered)), "{found:?}");
    Ok(())
}

#[test]
fn a_setting_that_no_file_assigns_needs_a_restart_and_others_do_not() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let mut now = live(&wanted);
    for (setting, value) in [("bantime", "60"), ("maxlines", "3"), ("ignoreip", "::2")] {
        now.settings.insert(setting.to_owned(), Ok(texts(&[value])));
    }
    let found = differences(&now, &wanted);
    let found: Vec<_> = found.iter().map(|found| (found.setting.as_str(), found.needs_restart)).collect();
    assert_eq!(found, [("bantime", false), ("ignoreip", false), ("maxlines", true)]);
    Ok(())
}

#[test]
fn another_action_needs_a_restart_and_so_does_another_order() -> Result<(), JailNameError> {
    let mut wanted = expected()?;
    wanted.actions.push(action("mail", &[]));
    let mut now = live(&wanted);
    now.actions = now.actions.map(|actions| actions.into_iter().rev().collect());
    let found = differences(&now, &wanted);
    assert_eq!((found.len(), &found[0].change, found[0].needs_restart), (1, &Change::Order, true));
    let now = LiveJail { actions: Ok(Vec::new()), ..now };
    let found = differences(&now, &wanted);
    let new = Change::Values { gone: Vec::new(), new: texts(&["wall", "mail"]) };
    assert_eq!((found.len(), &found[0].change, found[0].needs_restart), (1, &new, true));
    let now = live(&wanted);
    wanted.actions.remove(0);
    let found = differences(&now, &wanted);
    let gone = Change::Values { gone: texts(&["wall"]), new: Vec::new() };
    assert_eq!((found.len(), &found[0].change, found[0].needs_restart), (1, &gone, false));
    Ok(())
}

#[test]
fn an_option_needs_a_restart_where_the_start_of_the_action_depends_on_it() -> Result<(), JailNameError> {
    let wanted = expected()?;
    for (option, needs_restart) in
        [("port", true), ("actionstart", true), ("actionban", false), ("name", false)]
    {
        let mut now = live(&wanted);
        for action in now.actions.iter_mut().flatten() {
            let secret = (option.to_owned(), Ok(texts(&["secret"])));
            action.properties.iter_mut().for_each(|found| found.extend([secret.clone()]));
        }
        let found = differences(&now, &wanted);
        assert_eq!(found.len(), 1, "{option}");
        assert_eq!((found[0].needs_restart, &found[0].change), (needs_restart, &Change::Hidden), "{option}");
        assert!(!format!("{found:?}").contains("secret"), "{option}");
    }
    let mut now = live(&wanted);
    for action in now.actions.iter_mut().flatten() {
        action.properties.iter_mut().for_each(|found| found.extend([("old".to_owned(), Ok(Vec::new()))]));
    }
    assert!(differences(&now, &wanted)[0].needs_restart);
    Ok(())
}

#[test]
fn a_plan_has_a_price_where_something_goes_that_no_file_holds() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let mut now = live(&wanted);
    now.settings.insert("ignoreip".to_owned(), Ok(texts(&["::1", "192.0.2.1", "192.0.2.7"])));
    let live = state(&[(jail("sshd")?, now)]);
    let target = configuration(vec![wanted.clone()]);
    let plan = Plan::new(&Scope::All, &live, &target, &[]);
    assert_eq!(plan.jails[0].differences[0].lost, ["192.0.2.7"]);
    assert!(plan.has_a_price());
    let mut before = wanted;
    before.settings.insert("ignoreip".to_owned(), texts(&["192.0.2.7"]));
    let plan = Plan::new(&Scope::All, &live, &target, &[&configuration(vec![before])]);
    assert!(!plan.has_a_price(), "it came from a file, and somebody took it out of that");
    Ok(())
}

#[test]
fn kept_entries_are_no_change_wherever_they_stand() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = expected()?;
    let kept: KeptIgnores = [("sshd", "192.0.2.7"), ("sshd", "192.0.2.1")]
        .map(|(name, entry)| (jail(name), entry.parse()))
        .into_iter()
        .map(|(name, entry)| Ok::<_, Box<dyn std::error::Error>>((name?, entry?)))
        .collect::<Result<KeptIgnores, _>>()?;
    let everywhere = KeptIgnores::default().and_everywhere(vec!["192.0.2.7".parse()?, "192.0.2.1".parse()?]);
    let lists = [&["::1", "192.0.2.1", "192.0.2.7"][..], &["::1", "192.0.2.7"], &["::1"]];
    for (listed, kept) in lists.iter().flat_map(|list| [(list, &kept), (list, &everywhere)]) {
        let mut now = live(&wanted);
        now.settings.insert("ignoreip".to_owned(), Ok(texts(listed)));
        let live = kept.off_live(state(&[(jail("sshd")?, now)]));
        let target = kept.off_expected(configuration(vec![wanted.clone()]));
        let plan = Plan::new(&Scope::All, &live, &target, &[]);
        assert_eq!((plan.jails[0].effect, plan.has_a_price()), (Effect::Unchanged, false), "{listed:?}");
    }
    Ok(())
}

#[test]
fn a_kept_entry_that_cannot_be_put_back_is_told_where_it_is_in_force_now()
-> Result<(), Box<dyn std::error::Error>> {
    let mut wanted = expected()?;
    let kept: KeptIgnores =
        [(jail("sshd")?, "192.0.2.7".parse()?), (jail("sshd")?, "192.0.2.1".parse()?)].into_iter().collect();
    let mut now = live(&wanted);
    now.settings.insert("ignoreip".to_owned(), Ok(texts(&["::1", "192.0.2.1", "192.0.2.7"])));
    let live = state(&[(jail("sshd")?, now)]);
    let plan = |wanted: &ExpectedJail| {
        let target = configuration(vec![wanted.clone()]);
        let mut plan =
            Plan::new(&Scope::All, &kept.off_live(live.clone()), &kept.off_expected(target.clone()), &[]);
        plan.note_kept(&kept, &live, &target);
        plan
    };
    assert!(plan(&wanted).jails[0].not_in_force.is_none());
    wanted.takes_ignores = false;
    let told = plan(&wanted);
    let entries = told.jails[0].not_in_force.as_ref().map(|found| found.entries.clone());
    assert_eq!(entries, Some(vec!["192.0.2.7".parse()?]), "the other one is in the files");
    assert!(told.has_a_price());
    Ok(())
}

#[test]
fn a_jail_that_goes_has_a_price_and_one_that_comes_has_none() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let (none, one) = (state(&[]), state(&[(jail("sshd")?, live(&wanted))]));
    let plan = Plan::new(&Scope::All, &none, &configuration(vec![wanted.clone()]), &[]);
    assert_eq!((plan.jails[0].effect, plan.has_a_price()), (Effect::Starts, false));
    let plan = Plan::new(&Scope::All, &one, &configuration(Vec::new()), &[]);
    assert_eq!((plan.jails[0].effect, plan.has_a_price()), (Effect::Removed, true));
    let plan = Plan::new(&Scope::Jail(jail("web")?), &one, &configuration(Vec::new()), &[]);
    assert!(plan.jails.is_empty(), "another jail is none of its business");
    let plan = Plan::new(&Scope::RestartJail(jail("sshd")?), &one, &configuration(vec![wanted]), &[]);
    assert_eq!((plan.jails[0].effect, plan.has_a_price()), (Effect::Restarts, false), "that was asked for");
    Ok(())
}

#[test]
fn a_jail_whose_action_a_reload_would_remove_is_left_alone_or_restarted() -> Result<(), JailNameError> {
    let mut wanted = expected()?;
    wanted.actions[0].survives = false;
    let mut now = live(&wanted);
    let effect = |now: &LiveJail| -> Result<Effect, JailNameError> {
        let live = state(&[(jail("sshd")?, now.clone())]);
        Ok(Plan::new(&Scope::All, &live, &configuration(vec![wanted.clone()]), &[]).jails[0].effect)
    };
    assert_eq!(effect(&now)?, Effect::Unchanged);
    now.settings.insert("bantime".to_owned(), Ok(texts(&["60"])));
    assert_eq!(effect(&now)?, Effect::Restarts);
    Ok(())
}

#[test]
fn a_shortfall_holds_until_what_was_missing_is_there() -> Result<(), JailNameError> {
    let wanted = expected()?;
    let target = configuration(vec![wanted.clone()]);
    let mut now = live(&wanted);
    now.settings.insert("ignoreip".to_owned(), Ok(texts(&["::1", "192.0.2.1", "192.0.2.7"])));
    let short = |now: &LiveJail| -> Result<Vec<Shortfall>, JailNameError> {
        Ok(Shortfall::all(&Scope::All, &state(&[(jail("sshd")?, now.clone())]), &target))
    };
    assert_eq!(short(&now)?, [], "an address more is no harm");
    now.settings.insert("bantime".to_owned(), Ok(texts(&["60"])));
    let first = short(&now)?;
    assert_eq!(first.len(), 1);
    now.settings.insert("maxlines".to_owned(), Ok(texts(&["9"])));
    let still = first[0].still(&short(&now)?).map(|short| short.differences.len());
    assert_eq!(still, Some(1), "what somebody changed since is none");
    now.settings.insert("bantime".to_owned(), Ok(texts(&["600"])));
    assert_eq!(first[0].still(&short(&now)?), None);
    let gone = Shortfall::all(&Scope::All, &state(&[]), &target);
    assert_eq!((gone.len(), gone[0].differences.len()), (1, 0));
    assert_eq!(first[0].still(&gone), Some(gone[0].clone()));
    Ok(())
}
