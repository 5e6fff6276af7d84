//! The packages that `packaging/build` makes: what they say they hold. `tests/booted` installs them.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Table;

use super::Result;

/// Files that only one kind of package has.
const OF_ONE_KIND: [&str; 2] = ["LICENSE", "packaging/debian/lintian-overrides"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Source and destination of each file of a kind of package.
fn files(kind: &str) -> Result<BTreeSet<(String, String)>> {
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

fn read(path: &str) -> Result<String> {
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

#[test]
fn removing_the_package_keeps_what_somebody_has_written_for_the_jail() -> Result {
    let script = read("packaging/rpm/preun")?;
    for (text, is_kept) in [
        (
            "# Made when BanGUI was installed, and removed when it is purged.\n[bangui]\nenabled = true\n",
            false,
        ),
        ("[bangui]\nenabled = true\nport = 9443\n", true),
    ] {
        let place = tempfile::tempdir()?;
        let local = place.path().join("bangui.local");
        std::fs::write(&local, text)?;
        let here = script.replace("/etc/fail2ban/jail.d", &place.path().display().to_string());
        let here = here.replace("systemctl", ":").replace("/run/systemd/system", "/no/such/directory");
        let ran = std::process::Command::new("sh").args(["-c", &here, "preun", "0"]).status()?;
        assert!(ran.success() && !local.exists());
        assert_eq!(place.path().join("bangui.local.rpmsave").exists(), is_kept);
    }
    Ok(())
}
