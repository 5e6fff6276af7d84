//! Every library in the program stands in the list of licences.

use std::collections::BTreeSet;
use std::process::Command;

use super::TestResult;

const LICENCES: &str = include_str!("../../static/licences.txt");

#[test]
fn every_library_stands_in_the_list_of_licences() -> TestResult {
    let tree = Command::new("cargo")
        .args(["tree", "--locked", "--offline", "--edges=normal", "--prefix=none", "--format={p}"])
        .arg("--target=x86_64-unknown-linux-gnu")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout)?;
    let linked: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            (name != env!("CARGO_PKG_NAME")).then_some((name, rest.split(' ').next()?))
        })
        .collect();
    assert!(linked.len() > 100, "{linked:?}");
    let listed: BTreeSet<(&str, &str)> =
        LICENCES.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(' ')).collect();
    let missing: Vec<_> = linked.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "run `sh packaging/licences/make`: {missing:?} are not in static/licences.txt"
    );
    Ok(())
}
