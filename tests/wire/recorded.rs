//! Every reply that was recorded from a live daemon.

use std::fs;
use std::path::Path;

use bangui::fail2ban::pickle::{Object, PickleError, Value, decode};
use serde::Deserialize;

use super::TestResult;
use super::repr::{repr, with_brackets_only};

#[derive(Deserialize)]
struct Recorded {
    file: String,
    python_repr: String,
}

fn recorded() -> TestResult<Vec<(Recorded, Vec<u8>)>> {
    recorded_of(&["1.0.2", "1.1.2.dev1"])
}

fn recorded_of(versions: &[&str]) -> TestResult<Vec<(Recorded, Vec<u8>)>> {
    let mut replies = Vec::new();
    for version in versions {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies").join(version);
        let index: Vec<Recorded> = serde_json::from_slice(&fs::read(folder.join("index.json"))?)?;
        for entry in index {
            let bytes = fs::read(folder.join(&entry.file))?;
            replies.push((entry, bytes));
        }
    }
    Ok(replies)
}

#[test]
fn every_recorded_reply_reads_as_python_read_it() -> TestResult {
    let replies = recorded()?;
    assert_eq!(replies.len(), 150);
    for (Recorded { file, python_repr }, bytes) in replies {
        let value = decode(&bytes).map_err(|error| format!("{file}: {error}"))?;
        assert_eq!(repr(&value), with_brackets_only(&python_repr), "{file}");
    }
    Ok(())
}

#[test]
fn an_ignore_list_with_the_entries_of_a_file_is_read() -> TestResult {
    let replies = recorded_of(&["1.1.1"])?;
    assert_eq!(replies.len(), 2);
    for (Recorded { file, python_repr }, bytes) in replies {
        // Python writes this object as it is written in the configuration, and we as it is called.
        let written = repr(&decode(&bytes)?);
        let (before, _) = python_repr.split_once("file://").ok_or("no file")?;
        assert!(written.starts_with(&with_brackets_only(before)), "{file}: {written}");
        assert!(written.ends_with("], 'home.example', '192.0.2.1']]"), "{file}: {written}");
    }
    Ok(())
}

#[test]
fn a_recorded_reply_that_is_cut_anywhere_is_truncated() -> TestResult {
    for (Recorded { file, .. }, bytes) in recorded_of(&["1.0.2", "1.1.1", "1.1.2.dev1"])? {
        for length in 0..bytes.len() {
            let read = decode(&bytes[..length]);
            assert_eq!(read, Err(PickleError::Truncated), "{file} cut at {length}");
        }
    }
    Ok(())
}

#[test]
fn an_exception_keeps_its_module_class_and_words() -> TestResult {
    let path = "tests/replies/1.0.2/status-unknown-jail.pickle";
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let expected = Object {
        module: "fail2ban.exceptions".to_owned(),
        class: "UnknownJailException".to_owned(),
        arguments: vec![Value::Text("nope".to_owned())],
        contents: Vec::new(),
        state: None,
    };
    assert_eq!(decode(&bytes)?, Value::List(vec![Value::Int(1), Value::Object(Box::new(expected))]));
    Ok(())
}

#[test]
fn addresses_of_an_ignore_list_read_as_plain_strings() -> TestResult {
    let path = "tests/replies/1.1.2.dev1/get-ignoreip-with-objects.pickle";
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let Value::List(reply) = decode(&bytes)? else { return Err("no pair".into()) };
    let [Value::Int(0), Value::List(addresses)] = reply.as_slice() else { return Err("no list".into()) };
    let mut addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    addresses.sort();
    let expected =
        ["'10.0.0.0/8'", "'127.0.0.0/8'", "'192.0.2.1'", "'2001:db8::/32'", "'::1'", "'localhost'"];
    assert_eq!(addresses, expected);
    Ok(())
}

/// What serde-pickle makes of the same bytes, without telling objects: it knows none.
fn second_opinion(reply: &[u8]) -> Result<serde_pickle::Value, serde_pickle::Error> {
    serde_pickle::value_from_slice(reply, serde_pickle::DeOptions::new())
}

/// Whether both read the same.
fn agree(ours: &Value, theirs: &serde_pickle::Value) -> bool {
    use serde_pickle::Value as Other;
    let all = |ours: &[Value], theirs: &[Other]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| agree(ours, theirs))
    };
    match (ours, theirs) {
        (Value::None, Other::None) => true,
        (Value::Bool(ours), Other::Bool(theirs)) => ours == theirs,
        (Value::Int(ours), Other::I64(theirs)) => ours == theirs,
        (Value::Float(ours), Other::F64(theirs)) => ours.to_bits() == theirs.to_bits(),
        (Value::Text(ours), Other::String(theirs)) => ours == theirs,
        (Value::Bytes(ours), Other::Bytes(theirs)) => ours == theirs,
        (Value::BigInt(ours), Other::Int(theirs)) => *ours == theirs.to_string(),
        (Value::List(ours), Other::List(theirs) | Other::Tuple(theirs)) => all(ours, theirs),
        (Value::Map(ours), Other::Dict(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, value)| match key {
                    Value::Text(key) => theirs
                        .get(&serde_pickle::HashableValue::String(key.clone()))
                        .is_some_and(|other| agree(value, other)),
                    _ => false,
                })
        }
        _ => false,
    }
}

#[test]
fn another_reader_agrees_on_every_recorded_reply_without_an_object() -> TestResult {
    let mut agreed = 0;
    for (Recorded { file, .. }, bytes) in recorded()? {
        match second_opinion(&bytes) {
            Ok(theirs) => {
                let ours = decode(&bytes)?;
                assert!(agree(&ours, &theirs), "{file}: {ours} and {theirs}");
                agreed += 1;
            }
            // It has no classes.
            Err(error) => assert!(error.to_string().contains("unresolved global"), "{file}: {error}"),
        }
    }
    assert!(agreed > 100, "{agreed}");
    Ok(())
}
