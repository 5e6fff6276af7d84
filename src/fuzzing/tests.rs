//! Every seed and mutations of it, on any toolchain. Inputs that a fuzzer once found are in
//! `fuzz/found`.

pub(crate) mod mutation;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::broker::fuzzing::{broker_answer, broker_request, seeds};
use crate::fail2ban::fuzzing::{ban_line, pickle};
use crate::web::fuzzing::form_inputs;

use mutation::Mutation;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// Number of inputs made from each seed.
const EACH: u64 = 200;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Reads the files of `directory`, in the order of their names. A missing one has none.
fn files(directory: &Path) -> TestResult<Vec<Vec<u8>>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<TestResult<_>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// Runs `target` on the seeds, on earlier findings, and on mutations of both.
fn run(target: fn(&[u8]), name: &str, seeds: &[&str]) -> TestResult {
    let mut inputs = files(&at("fuzz/found").join(name))?;
    for directory in seeds {
        inputs.extend(files(&at(directory))?);
    }
    assert!(inputs.len() > 5, "only {} seeds: are they where they are looked for?", inputs.len());
    for (place, input) in inputs.iter().enumerate() {
        target(input);
        for number in 0..EACH {
            let other = &inputs[(place + usize::try_from(number)?) % inputs.len()];
            target(&Mutation::new(u64::try_from(place)? << 32 | number).of(input, other));
        }
    }
    Ok(())
}

#[test]
fn replies_of_any_bytes_are_read_alike_by_all_who_read_them() -> TestResult {
    run(pickle, "pickle", &["tests/replies/1.0.2", "tests/replies/1.1.1", "tests/replies/1.1.2.dev1"])
}

#[test]
fn a_ban_line_of_any_bytes_is_the_ban_that_it_tells_or_none() -> TestResult {
    run(ban_line, "ban_line", &["fuzz/seeds/ban_line"])
}

#[test]
fn form_fields_of_any_bytes_are_what_they_say_or_refused() -> TestResult {
    run(form_inputs, "form_inputs", &["fuzz/seeds/form_inputs"])
}

#[test]
fn requests_of_any_bytes_are_one_frame_for_fail2ban_or_refused() -> TestResult {
    run(broker_request, "broker_request", &["fuzz/seeds/broker_request"])
}

#[test]
fn answers_of_any_bytes_are_read_or_refused() -> TestResult {
    run(broker_answer, "broker_answer", &["fuzz/seeds/broker_answer"])
}

#[test]
fn the_brokers_seeds_are_of_its_present_version() -> TestResult {
    if std::env::var_os(WRITE).is_some() {
        write_the_brokers_seeds()?;
    }
    let advice = "write them anew: BANGUI_WRITE_SEEDS=1 cargo test --lib fuzzing";
    assert_eq!(files(&at("fuzz/seeds/broker_request"))?, seeds::requests()?, "{advice}");
    assert_eq!(files(&at("fuzz/seeds/broker_answer"))?, seeds::answers()?, "{advice}");
    Ok(())
}

/// Variable that makes the tests write the broker's seeds again before they read them.
const WRITE: &str = "BANGUI_WRITE_SEEDS";

fn write_the_brokers_seeds() -> TestResult {
    for (directory, seeds) in [("broker_request", seeds::requests()?), ("broker_answer", seeds::answers()?)] {
        let directory = at("fuzz/seeds").join(directory);
        fs::remove_dir_all(&directory)?;
        fs::create_dir_all(&directory)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(directory.join(format!("{number:02}")), seed)?;
        }
    }
    Ok(())
}
