//! Odd objects, in the pickles that Python itself makes of them.

use std::path::Path;
use std::process::Command;

use bangui::fail2ban::pickle::{Object, Value, decode};

use super::TestResult;
use super::repr::repr;

/// One pickle of `odd_objects.py`.
struct Pickled {
    protocol: u8,
    name: String,
    bytes: Vec<u8>,
    reads_as: String,
}

fn pickles() -> TestResult<Vec<Pickled>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/odd_objects.py");
    let output = Command::new("python3").env("PYTHONIOENCODING", "utf-8").arg(script).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let read = |line: &str| -> TestResult<Pickled> {
        let [protocol, name, hex, reads_as] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{line:?}").into());
        };
        let digits = hex.as_bytes().chunks(2);
        let byte = |digits: &[u8]| -> TestResult<u8> { Ok(u8::from_str_radix(str::from_utf8(digits)?, 16)?) };
        Ok(Pickled {
            protocol: protocol.parse()?,
            name: name.to_owned(),
            bytes: digits.map(byte).collect::<TestResult<_>>()?,
            reads_as: reads_as.to_owned(),
        })
    };
    String::from_utf8(output.stdout)?.lines().map(read).collect()
}

/// The payload of the reply `(0, payload)`.
fn payload(pickled: &Pickled) -> TestResult<Value> {
    let Pickled { protocol, name, bytes, .. } = pickled;
    match decode(bytes).map_err(|error| format!("{name}, protocol {protocol}: {error}"))? {
        Value::List(mut reply) if reply.len() == 2 && reply[0] == Value::Int(0) => {
            Ok(reply.pop().ok_or("nothing")?)
        }
        other => Err(format!("{name}, protocol {protocol}: {other}").into()),
    }
}

#[test]
fn whatever_python_pickles_is_read() -> TestResult {
    let pickles = pickles()?;
    assert!(pickles.len() > 200, "{}", pickles.len());
    for pickled in &pickles {
        let value = payload(pickled)?;
        if !pickled.reads_as.is_empty() {
            // `repr` also rewrites the names of our own for what Python's notation has none for.
            assert_eq!(repr(&value), pickled.reads_as, "{}, protocol {}", pickled.name, pickled.protocol);
        }
    }
    Ok(())
}

#[test]
fn an_object_is_read_with_its_class_its_arguments_its_contents_and_its_state() -> TestResult {
    let pickles = pickles()?;
    for pickled in pickles.iter().filter(|pickled| pickled.protocol >= 4) {
        let text = |text: &str| Value::Text(text.to_owned());
        let object = |module: &str, class: &str, arguments, contents, state| {
            let (module, class) = (module.to_owned(), class.to_owned());
            Value::Object(Box::new(Object { module, class, arguments, contents, state }))
        };
        let expected = match pickled.name.as_str() {
            "plain" => {
                let state = Value::Map(vec![(text("file"), text("/etc/x"))]);
                object("__main__", "Plain", vec![], vec![], Some(state))
            }
            "named arguments" => {
                let named = Value::Map(vec![(text("size"), Value::Int(7))]);
                object("__main__", "Named", vec![named], vec![], None)
            }
            "slots" => {
                let state = Value::List(vec![Value::None, Value::Map(vec![(text("first"), Value::Int(1))])]);
                object("__main__", "Slots", vec![], vec![], Some(state))
            }
            "ordered" => {
                let contents = vec![Value::List(vec![text("a"), Value::Int(1)])];
                object("collections", "OrderedDict", vec![], contents, None)
            }
            "queue" => {
                let (arguments, contents) = ([Value::List(vec![]), Value::Int(5)], [1, 2].map(Value::Int));
                object("collections", "deque", arguments.to_vec(), contents.to_vec(), None)
            }
            "text of its own class" => {
                object("__main__", "Text", vec![text("x")], vec![], Some(Value::Map(vec![])))
            }
            "object in itself" => {
                let state = Value::Map(vec![(text("state"), Value::Cycle)]);
                object("__main__", "Plain", vec![], vec![], Some(state))
            }
            "set" | "frozen set" => Value::List(vec![Value::Int(7)]),
            "bytes" => Value::Bytes(vec![0, 0xff]),
            _ => continue,
        };
        let mut value = payload(pickled)?;
        if pickled.name == "text of its own class"
            && let Value::Object(object) = &mut value
        {
            // Whether an empty state is written depends on the version of Python.
            object.state.get_or_insert(Value::Map(vec![]));
        }
        assert_eq!(value, expected, "{}, protocol {}", pickled.name, pickled.protocol);
    }
    Ok(())
}
