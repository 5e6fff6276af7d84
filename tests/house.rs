//! The order of the house: each room may use those below it, never those above or beside it.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src`, from the bottom to the top. Those of one line do not know each other.
const FLOORS: &[&[&str]] = &[
    &["memory"],
    &["domain"],
    &["config"],
    &["fail2ban", "storage"],
    &["accounts", "demo", "geo"],
    &["jail_service"],
    &["web"],
    &["cli", "fuzzing"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The room that a file of `src` belongs to: its folder, or its own name.
fn room(file: &Path) -> Option<String> {
    let first = file.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// The rooms that the code of a file names, comments left aside.
fn used(code: &str) -> Vec<String> {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn imports_run_from_the_top_of_the_house_to_its_bottom() -> Result<(), Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files)?;
    let mut looked_at = 0;
    for path in files {
        let file = path.strip_prefix(&source)?;
        let own = room(file).ok_or("a file without a name")?;
        if own == "lib" || own == "main" {
            continue;
        }
        let own_floor = floor(&own).ok_or_else(|| format!("{own} has no floor: give it one here"))?;
        for other in used(&fs::read_to_string(&path)?) {
            let other_floor = floor(&other).ok_or_else(|| format!("{other} has no floor"))?;
            assert!(other == own || other_floor < own_floor, "{} uses {other}", file.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "only {looked_at} imports were seen: is this test still looking at the code?");
    Ok(())
}
