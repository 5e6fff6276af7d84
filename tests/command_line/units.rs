//! The systemd units that come with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd").join(name)
}

/// What systemd-analyze makes of a unit: the exposure from 0 to 10, and its words.
fn exposure(name: &str) -> Result<(f64, String)> {
    let told = Command::new("systemd-analyze")
        .args(["security", "--offline=yes", "--no-pager"])
        .arg(unit(name))
        .output()
        .map_err(|error| format!("systemd-analyze, of the package systemd: {error}"))?;
    let words = String::from_utf8(told.stdout)?;
    let (_, rest) = words.split_once("Overall exposure level for ").ok_or(words.clone())?;
    let (_, rest) = rest.split_once(": ").ok_or("no figure")?;
    Ok((rest.split_whitespace().next().ok_or("no figure")?.parse()?, words))
}

#[test]
fn the_units_leave_an_attacker_little() -> Result {
    for (name, most) in [("bangui.service", 1.5), ("bangui-broker.service", 2.4)] {
        let (exposure, words) = exposure(name)?;
        assert!(exposure <= most, "{name}: {exposure}, at most {most}\n{words}");
    }
    Ok(())
}

#[test]
fn systemd_understands_every_line_of_the_units() -> Result {
    for name in ["bangui.service", "bangui-broker.service"] {
        let told = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(unit(name)).output()?;
        let said = String::from_utf8_lossy(&told.stderr);
        // The programs and the user need not be installed where the tests run.
        let of_the_lines = said
            .lines()
            .filter(|line| line.contains("Unknown") || line.contains("Invalid") || line.contains("parse"));
        assert_eq!(of_the_lines.collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
    }
    Ok(())
}
