//! Every reply that was recorded from a live daemon.

use std::fs;
use std::path::Path;

use bangui::fail2ban::pickle::{PickleError, Value, decode};
use serde::Deserialize;

use super::TestResult;
use super::repr::{repr, with_brackets_only};

#[derive(Deserialize)]
struct Recorded {
    file: String,
    python_repr: String,
}

fn recorded() -> TestResult<Vec<(Recorded, Vec<u8>)>> {
    let mut replies = Vec::new();
    for version in ["1.0.2", "1.1.2.dev1"] {
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
        let value: Value = decode(&bytes).map_err(|error| format!("{file}: {error}"))?;
        assert_eq!(repr(&value), with_brackets_only(&python_repr), "{file}");
    }
    Ok(())
}

#[test]
fn a_recorded_reply_that_is_cut_anywhere_is_truncated() -> TestResult {
    for (Recorded { file, .. }, bytes) in recorded()? {
        for length in 0..bytes.len() {
            let read = decode::<Value>(&bytes[..length]);
            assert_eq!(read, Err(PickleError::Truncated), "{file} cut at {length}");
        }
    }
    Ok(())
}

#[test]
fn an_exception_keeps_its_module_class_and_words() -> TestResult {
    let path = "tests/replies/1.0.2/status-unknown-jail.pickle";
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let (status, exception): (i64, Value) = decode(&bytes)?;
    assert_eq!(status, 1);
    let expected = Value::Object {
        module: "fail2ban.exceptions".to_owned(),
        class: "UnknownJailException".to_owned(),
        arguments: vec![Value::Text("nope".to_owned())],
    };
    assert_eq!(exception, expected);
    let as_list = decode::<(i64, Vec<String>)>(&bytes);
    assert!(matches!(as_list, Err(PickleError::Shape(_))), "{as_list:?}");
    Ok(())
}

#[test]
fn addresses_of_an_ignore_list_read_as_plain_strings() -> TestResult {
    let path = "tests/replies/1.1.2.dev1/get-ignoreip-with-objects.pickle";
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let (status, mut addresses): (i64, Vec<String>) = decode(&bytes)?;
    addresses.sort();
    assert_eq!(status, 0);
    let expected = ["10.0.0.0/8", "127.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1", "localhost"];
    assert_eq!(addresses, expected);
    Ok(())
}
