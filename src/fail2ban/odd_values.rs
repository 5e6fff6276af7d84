//! A value of any type in every place of every reply: it costs itself and nothing else.

pub(crate) mod pickler;

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde::Deserialize;

use crate::domain::ignore::Listed;

use super::clock::choice::Candidates;
use super::clock::samples::Wanted;
use super::daemon::{detail, ignore_list};
use super::error::Error;
use super::fuzzing;
use super::pickle::decode;
use super::pickle::value::Value;
use super::protocol::{bans, command, figures};
use pickler::{any_value, pickled};

#[derive(Deserialize)]
struct Recorded {
    file: String,
    command: Vec<String>,
}

/// Returns the recorded replies, whole, to the commands that `is_meant` selects.
fn recorded(is_meant: impl Fn(&[&str]) -> bool) -> Result<Vec<Value>, TestCaseError> {
    let failed = |error: &dyn std::fmt::Display| TestCaseError::fail(error.to_string());
    let mut replies = Vec::new();
    for version in ["1.0.2", "1.1.1", "1.1.2.dev1"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies").join(version);
        let index = fs::read(folder.join("index.json"))?;
        let index: Vec<Recorded> = serde_json::from_slice(&index).map_err(|error| failed(&error))?;
        for Recorded { file, command } in index {
            if is_meant(&command.iter().map(String::as_str).collect::<Vec<_>>()) {
                replies.push(decode(&fs::read(folder.join(file))?).map_err(|error| failed(&error))?);
            }
        }
    }
    prop_assert!(!replies.is_empty());
    Ok(replies)
}

/// Returns their payloads, where they are no refusals.
fn payloads(is_meant: impl Fn(&[&str]) -> bool) -> Result<Vec<Value>, TestCaseError> {
    Ok(recorded(is_meant)?.into_iter().filter_map(|reply| command::payload(reply).ok()).collect())
}

type Place = Vec<usize>;

/// Every place in `value`, the outermost first.
fn places(value: &Value) -> Vec<Place> {
    let inside: Vec<&Value> = match value {
        Value::List(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        Value::Object(object) => object.arguments.iter().collect(),
        _ => Vec::new(),
    };
    let mut all = vec![Vec::new()];
    for (number, value) in inside.into_iter().enumerate() {
        all.extend(places(value).into_iter().map(|place| [vec![number], place].concat()));
    }
    all
}

/// `value` with `odd` in one place.
fn with(value: &Value, place: &[usize], odd: &Value) -> Value {
    let Some((first, rest)) = place.split_first() else { return odd.clone() };
    let mut value = value.clone();
    let inner = match &mut value {
        Value::List(items) => items.get_mut(*first),
        Value::Map(entries) => {
            entries.get_mut(first / 2).map(|(key, value)| if first % 2 == 0 { key } else { value })
        }
        Value::Object(object) => object.arguments.get_mut(*first),
        _ => None,
    };
    if let Some(inner) = inner {
        *inner = with(inner, rest, odd);
    }
    value
}

/// One of the places in `value`, other than the outermost.
fn inner_place(value: &Value, which: Index) -> Place {
    let mut places = places(value);
    places.remove(0);
    which.get(&places).clone()
}

fn short_status(words: &[&str]) -> bool {
    matches!(words, ["status", "sshd", "short"])
}

proptest! {
    #[test]
    fn a_value_of_any_type_reads_as_itself(value in any_value()) {
        let read = decode(&pickled(&value)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        // Written out, since NaN is not equal to itself.
        prop_assert_eq!(format!("{:?}", read), format!("{:?}", value));
        prop_assert!(read.summary().chars().all(|letter| !letter.is_control()));
    }

    #[test]
    fn whatever_stands_in_a_reply_is_read_or_said_to_be_unreadable(odd in any_value(), which: Index) {
        for reply in recorded(|_| true)? {
            let changed = with(&reply, &which.get::<Place>(&places(&reply)).clone(), &odd);
            fuzzing::readers(&changed);
            let mut wanted = Wanted::default();
            drop(bans::parse_bans(&pickled(&changed), &mut wanted, &Candidates::default(), Timestamp::MAX));
        }
    }

    #[test]
    fn a_figure_that_is_odd_is_unread_and_the_others_are_as_they_were(odd in any_value(), which: Index) {
        // The place of each figure with its title: its group, the group's list, the pair.
        let pairs = [[0, 1, 0], [0, 1, 1], [1, 1, 0], [1, 1, 1], [0, 1, 2]];
        for status in payloads(short_status)? {
            let place = inner_place(&status, which);
            let figures = |status: Value| -> Result<[String; 5], TestCaseError> {
                let read = figures::jail_status(Ok(status)).map_err(|e| TestCaseError::fail(e.to_string()))?;
                let source = format!("{:?}", read.source);
                let figures = [read.failing_now, read.failed_total, read.banned_now, read.banned_total];
                let [a, b, c, d] = figures.map(|figure| format!("{figure:?}"));
                Ok([a, b, c, d, source])
            };
            let (before, after) = (figures(status.clone())?, figures(with(&status, &place, &odd))?);
            for ((pair, before), after) in pairs.iter().zip(&before).zip(&after) {
                let title_of_group = [pair[0], 0];
                let is_hit = place.starts_with(pair) || pair.starts_with(&place)
                    || place.starts_with(&title_of_group);
                prop_assert!(is_hit || before == after, "{:?}: {} became {}", place, before, after);
            }
        }
    }

    #[test]
    fn an_odd_value_in_the_statistics_costs_one_backend(odd in any_value(), which: Index) {
        for stats in payloads(|words| words == ["stats"])? {
            let backends = |stats: Value| match figures::backends(Ok(stats)) {
                Ok(Some(Ok(backends))) => Ok(backends),
                other => Err(TestCaseError::fail(format!("{other:?}"))),
            };
            let before = backends(stats.clone())?;
            let after = backends(with(&stats, &inner_place(&stats, which), &odd))?;
            let changed = before.iter().filter(|(jail, backend)| after.get(*jail) != Some(*backend));
            prop_assert!(changed.count() <= 1, "{:?} became {:?}", before, after);
        }
    }

    #[test]
    fn an_odd_entry_of_a_list_costs_itself(odd in any_value(), which: Index) {
        let is_list = |words: &[&str]| {
            matches!(words, ["get", "sshd", "ignoreip" | "failregex" | "ignoreregex" | "logpath" | "actions"])
        };
        for list in payloads(is_list)? {
            let Value::List(entries) = &list else { continue };
            if entries.is_empty() {
                continue;
            }
            let number = which.index(entries.len());
            let changed = with(&list, &[number], &odd);
            let texts = |list: &Value| read(command::texts(list.clone()));
            let (before, after) = (texts(&list)?, texts(&changed)?);
            prop_assert!(all_but(&before, number).eq(all_but(&after, number)));
            let listed = |list: &Value| read(ignore_list::listed(list.clone()));
            let (before, after) = (listed(&list)?, listed(&changed)?);
            prop_assert!(all_but(&before, number).eq(all_but(&after, number)));
            if !matches!(odd, Value::Text(_)) {
                prop_assert!(matches!(after.get(number), Some(Listed::Other(_))), "{:?}", after);
            }
        }
    }

    #[test]
    fn an_odd_setting_costs_itself(odd in any_value(), which in 0..detail::SETTINGS.len()) {
        // No setting reads `False` as it reads nothing.
        let settings = |odd: Option<&Value>| {
            let answer = |place| odd.filter(|_| place == which).cloned().unwrap_or(Value::Bool(false));
            let answers: Vec<_> = (0..detail::SETTINGS.len()).map(|place| Ok(answer(place))).collect();
            detail::parse_detail(&mut answers.into_iter())
        };
        let (before, after) = (settings(None), settings(Some(&odd)));
        let lines = |settings| format!("{settings:#?}").lines().map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines(before), lines(after));
        // The lines before it and behind it are as they were.
        let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count()
            + before.iter().rev().zip(after.iter().rev()).take_while(|(before, after)| before == after).count();
        prop_assert!(same + LINES_OF_A_SETTING >= before.len(), "{:#?} became {:#?}", before, after);
    }
}

/// The most lines that one setting takes, where it is written out.
const LINES_OF_A_SETTING: usize = 6;

fn read<T>(answer: Result<T, Error>) -> Result<T, TestCaseError> {
    answer.map_err(|error| TestCaseError::fail(error.to_string()))
}

fn all_but<T>(items: &[T], number: usize) -> impl Iterator<Item = &T> {
    items.iter().enumerate().filter(move |(place, _)| *place != number).map(|(_, item)| item)
}

#[test]
fn the_entries_of_a_file_stand_in_an_ignore_list_as_that_file() -> Result<(), TestCaseError> {
    let lists = payloads(|words| words == ["get", "sshd", "ignoreip"])?;
    let listed: Vec<Vec<Listed>> =
        lists.into_iter().map(|list| read(ignore_list::listed(list))).collect::<Result<_, _>>()?;
    let file = Listed::File("/etc/fail2ban/allow.txt".to_owned());
    let with_it = listed.iter().filter(|list| list.contains(&file));
    let expected = ["10.0.0.0/8", "file:/etc/fail2ban/allow.txt", "home.example", "192.0.2.1"];
    let texts: Vec<Vec<String>> =
        with_it.map(|list| list.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(texts, [expected, expected]);
    Ok(())
}
