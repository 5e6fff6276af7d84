//! The files of `packaging/container`, as far as they can be judged without a container.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Result, bangui, said};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn dockerfile() -> Result<String> {
    Ok(fs::read_to_string(root().join("packaging/container/Dockerfile"))?)
}

#[test]
fn what_the_dockerfile_copies_is_there_and_goes_to_docker() -> Result {
    let ignored = fs::read_to_string(root().join(".dockerignore"))?;
    let mut seen = 0;
    for line in dockerfile()?.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (_, sources) = words.split_last().ok_or("COPY of nothing")?;
        for source in sources {
            assert!(root().join(source).exists(), "{source}");
            assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is kept from docker");
            seen += 1;
        }
    }
    assert!(seen > 5);
    Ok(())
}

/// A file that the program includes has to be among what is copied.
#[test]
fn the_program_is_built_from_what_the_dockerfile_copies() -> Result {
    let copied = dockerfile()?;
    let output = Command::new("grep")
        .args([
            "-rhoE",
            r#"include_(str|bytes)!\("(\.\./)+[a-z]+/"#,
            "src",
            "--include=*.rs",
            "--exclude-dir=tests",
        ])
        .args(["--exclude=tests.rs", "--exclude=kept.rs"])
        .current_dir(root())
        .output()?;
    let found = String::from_utf8(output.stdout)?;
    assert!(!found.is_empty());
    for line in found.lines() {
        let folder = line.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        assert!(copied.contains(&format!("COPY {folder} {folder}")), "{line}");
    }
    Ok(())
}

#[test]
fn the_image_of_the_web_server_runs_as_a_number_and_asks_itself_whether_it_is_well() -> Result {
    let file = dockerfile()?;
    let (_, web) = file.split_once(" AS web\n").ok_or("there is no image for the web server")?;
    for line in ["USER 65534:65534", "VOLUME /var/lib/bangui", "CMD [\"bangui\", \"healthcheck\"]"] {
        assert!(web.contains(line), "{line}");
    }
    // A variable that is none would be ignored without a word.
    let known = String::from_utf8(bangui(&["serve", "--help"], b"")?.stdout)?
        + &String::from_utf8(bangui(&["broker", "--help"], b"")?.stdout)?;
    for text in [file, compose("compose.yaml")?, compose("compose.fail2ban.yaml")?] {
        for name in text
            .split(|c: char| !c.is_ascii_uppercase() && c != '_')
            .filter(|word| word.starts_with("BANGUI_"))
        {
            assert!(known.contains(&format!("[env: {name}=]")), "{name}");
        }
    }
    Ok(())
}

fn compose(name: &str) -> Result<String> {
    Ok(fs::read_to_string(root().join("packaging/container").join(name))?)
}

/// What each service may: read by Python, as the tests have no parser of YAML.
const JUDGE: &str = "
import json, sys, yaml
d = yaml.safe_load(sys.stdin)
for name in ('broker', 'web'):
    s = d['services'][name]
    assert s['read_only'] and s['cap_drop'] == ['ALL'] and 'no-new-privileges:true' in s['security_opt'], name
    for v in s['volumes']:
        source = v.split(':')[0]
        assert source.startswith('/') or source in d['volumes'], v
        assert not v.split(':')[1].endswith('.sock'), v
b, w = d['services']['broker'], d['services']['web']
assert b['network_mode'] == 'none' and b['cap_add'] == ['CHOWN'] and 'ports' not in b
assert w['user'] == '65534:65534' and 'cap_add' not in w
assert all(p.startswith('127.0.0.1:') for p in w['ports'])
assert [v for v in w['volumes'] if 'fail2ban' in v] == []
";

#[test]
fn the_compose_files_give_the_web_server_nothing_of_fail2ban() -> Result {
    if !Command::new("python3").args(["-c", "import yaml"]).output()?.status.success() {
        eprintln!("there is no python3-yaml: nothing to see");
        return Ok(());
    }
    for name in ["compose.yaml", "compose.fail2ban.yaml"] {
        let file = fs::File::open(root().join("packaging/container").join(name))?;
        let output = Command::new("python3").args(["-c", JUDGE]).stdin(file).output()?;
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
    Ok(())
}
