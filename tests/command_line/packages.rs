//! The packages that `packaging/build` makes: what they say they hold. `tests/booted` installs them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use toml::Table;

use super::Result;

/// Files that only one kind of package has.
const OF_ONE_KIND: [&str; 3] =
    ["LICENSE", "packaging/debian/lintian-overrides", "packaging/rpm/80-bangui.preset"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Source and destination of each file of a kind of package.
pub(super) fn files(kind: &str) -> Result<BTreeSet<(String, String)>> {
    let manifest: Table = std::fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let metadata = manifest.get("package").and_then(|package| package.get("metadata"));
    let assets = metadata.and_then(|metadata| metadata.get(kind)?.get("assets")?.as_array());
    let text = |asset: &toml::Value, index: usize, key: &str| -> Option<String> {
        Some(asset.get(index).or_else(|| asset.get(key))?.as_str()?.trim_start_matches('/').to_owned())
    };
    let pair = |asset: &toml::Value| {
        let (source, destination) = (text(asset, 0, "source")?, text(asset, 1, "dest")?);
        let name = source.rsplit('/').next()?;
        let name = if destination.ends_with('/') { name } else { "" };
        Some((source.clone(), format!("{destination}{name}")))
    };
    let named = assets.ok_or(kind)?.iter().map(|asset| pair(asset).ok_or_else(|| format!("{asset:?}")));
    let mut files = named.collect::<std::result::Result<BTreeSet<_>, _>>()?;
    if kind == "deb" {
        // cargo-deb finds it by its name.
        let unit = "bangui.service";
        files.insert((format!("packaging/systemd/{unit}"), format!("usr/lib/systemd/system/{unit}")));
    }
    Ok(files)
}

#[test]
fn every_file_of_a_package_is_in_the_tree_or_is_made() -> Result {
    for kind in ["deb", "generate-rpm"] {
        for (source, _) in files(kind)? {
            let is_made = source == "target/release/bangui" || source.starts_with("target/packages/made/");
            assert!(is_made || root().join(&source).is_file(), "{kind}: {source}");
        }
    }
    for script in ["debian/postinst", "debian/prerm", "debian/postrm", "rpm/post", "rpm/preun", "rpm/postun"]
    {
        assert!(root().join("packaging").join(script).is_file(), "{script}");
    }
    Ok(())
}

#[test]
fn both_kinds_of_package_hold_the_same_files() -> Result {
    let sources = |kind| -> Result<BTreeSet<String>> {
        let sources = files(kind)?.into_iter().map(|(source, _)| source);
        Ok(sources.filter(|source| !OF_ONE_KIND.contains(&source.as_str())).collect())
    };
    assert_eq!(sources("deb")?, sources("generate-rpm")?);
    Ok(())
}

#[test]
fn the_units_start_the_program_where_the_packages_put_it() -> Result {
    for kind in ["deb", "generate-rpm"] {
        let files = files(kind)?;
        for unit in ["bangui.service", "bangui-broker.service"] {
            let source = format!("packaging/systemd/{unit}");
            let place = format!("usr/lib/systemd/system/{unit}");
            assert!(files.contains(&(source.clone(), place)), "{kind}: {unit}");
            let lines = std::fs::read_to_string(root().join(source))?;
            let start =
                lines.lines().find_map(|line| line.strip_prefix("ExecStart=/")).ok_or("no ExecStart")?;
            let program = start.split(' ').next().unwrap_or_default();
            assert!(
                files.contains(&("target/release/bangui".to_owned(), program.to_owned())),
                "{kind}: {start}"
            );
        }
    }
    Ok(())
}

pub(super) fn read(path: &str) -> Result<String> {
    Ok(std::fs::read_to_string(root().join(path))?)
}

#[test]
fn the_jail_closes_every_port_that_the_examples_listen_on() -> Result {
    let jail = read("packaging/fail2ban/jail.d/bangui.conf")?;
    let closed = jail.lines().find_map(|line| line.strip_prefix("port = ")).ok_or("no port")?.to_owned();
    let closed = closed.replace("https", "443").replace("http", "80");
    let closed: BTreeSet<&str> = closed.split(',').collect();
    for example in ["docs/configure.md", "docs/install.md", "packaging/bangui.toml"] {
        for line in
            read(example)?.lines().filter(|line| line.trim_start_matches('#').starts_with("listen = ["))
        {
            let ports = line.split('"').filter_map(|place| place.rsplit_once(':'));
            for (_, port) in ports.filter(|(_, port)| port.parse::<u16>().is_ok()) {
                assert!(closed.contains(port), "{example}: {port} is not closed by {closed:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn the_configuration_file_says_how_a_change_comes_into_force() -> Result {
    let file = read("packaging/bangui.toml")?;
    // The unit can be reloaded, so that it would never be restarted.
    assert!(
        read("packaging/systemd/bangui.service")?.contains("ExecReload=")
            && !file.contains("reload-or-restart")
    );
    let head = file.split("# ---").next().unwrap_or_default();
    for words in ["systemctl restart bangui`", "systemctl restart bangui-broker`", "systemctl reload bangui`"]
    {
        assert!(head.contains(words), "{words}: {head}");
    }
    for command in ["serve", "broker", "user", "check", "backup", "restore", "healthcheck"] {
        assert!(head.contains(&format!("{command}`")), "{command}: {head}");
    }
    Ok(())
}

/// Runs a script of the RPM with `systemctl` as this shell function's body says, and returns what was printed.
fn run(script: &str, place: &Path, systemctl: &str, argument: &str) -> Result<String> {
    let here = read(script)?.replace("/etc/fail2ban/jail.d", &place.display().to_string());
    let here = here.replace("/run/systemd/system", &place.display().to_string());
    let here = here.replace("/usr/libexec/bangui/after-install", ":");
    let here = here.replace("systemd-sysusers", ":");
    let stubs = format!("systemctl() {{ {systemctl}; }}\n");
    let ran = Command::new("sh").args(["-c", &(stubs + &here), "script", argument]).output()?;
    assert!(ran.status.success(), "{ran:?}");
    Ok(String::from_utf8(ran.stdout)?)
}

#[test]
fn removing_the_package_keeps_what_somebody_has_written_for_the_jail() -> Result {
    let own = "# Made when BanGUI was installed, and removed when it is purged.\n[bangui]\nenabled = true\n";
    for (text, is_kept) in [
        (own, false),
        ("[bangui]\nenabled = true\nport = 9443\n", true),
        // As the manual says for another port.
        (&format!("{own}port = 9443,http,https\n"), true),
    ] {
        let place = tempfile::tempdir()?;
        let (local, kept) = (place.path().join("bangui.local"), place.path().join("bangui.local.rpmsave"));
        std::fs::write(&local, text)?;
        run("packaging/rpm/preun", place.path(), ":", "1")?;
        assert!(local.exists(), "an upgrade");
        run("packaging/rpm/preun", place.path(), ":", "0")?;
        assert!(!local.exists(), "without its filter fail2ban would refuse a reload");
        assert_eq!(std::fs::read_to_string(&kept).ok().as_deref(), is_kept.then_some(text));
        if is_kept {
            // What was kept at an earlier removal.
            std::fs::write(&local, "another")?;
            run("packaging/rpm/preun", place.path(), ":", "0")?;
            let all = std::fs::read_dir(place.path())?.map(|entry| std::fs::read_to_string(entry?.path()));
            let all = all.collect::<std::io::Result<BTreeSet<_>>>()?;
            assert_eq!(all, BTreeSet::from(["another".to_owned(), text.to_owned()]));
        }
    }
    // What the installation writes is what is removed.
    let written = own.replace('\n', "\\n");
    assert!(read("packaging/after-install")?.contains(&format!("printf '{written}'")));
    Ok(())
}

#[test]
fn an_rpm_leaves_to_the_presets_what_is_enabled_and_starts_no_more_than_that() -> Result {
    let place = tempfile::tempdir()?;
    let called = run("packaging/rpm/post", place.path(), "echo \"$@\"", "1")?;
    assert!(called.contains("preset bangui-broker.service bangui.service"), "{called}");
    assert!(!called.contains(" enable ") && called.contains("start bangui.service"), "{called}");
    let none = "case \"$*\" in *is-enabled*) return 1 ;; *) echo \"$@\" ;; esac";
    let called = run("packaging/rpm/post", place.path(), none, "1")?;
    assert!(!called.contains("start"), "{called}");
    let preset = read("packaging/rpm/80-bangui.preset")?;
    for unit in ["bangui.service", "bangui-broker.service"] {
        assert!(preset.lines().any(|line| line == format!("enable {unit}")), "{unit}");
    }
    Ok(())
}
