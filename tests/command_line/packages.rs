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
