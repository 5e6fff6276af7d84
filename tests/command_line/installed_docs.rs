//! The documents in the packages: each of their links leads to something in the same package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::Result;
use super::packages::{files, read};

/// Where the documents are.
const DOCUMENTS: &str = "usr/share/doc/bangui/";

/// The targets of the links of a document that lead to no other site.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// The anchors of a document, as they are made of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(anchor).collect()
}

/// `path` without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn every_link_of_an_installed_document_leads_to_something_in_the_package() -> Result {
    for kind in ["deb", "generate-rpm"] {
        let files: BTreeMap<PathBuf, String> =
            files(kind)?.into_iter().map(|(source, place)| (place.into(), source)).collect();
        let is_document =
            |path: &Path| path.starts_with(DOCUMENTS) && path.extension().is_some_and(|e| e == "md");
        let documents: Vec<_> = files.iter().filter(|(path, _)| is_document(path)).collect();
        assert!(documents.len() >= 4, "{documents:?}");
        for (place, source) in documents {
            let text = read(source)?;
            for link in links(&text) {
                let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
                let there = match path {
                    "" => place.clone(),
                    path => plain(&place.parent().unwrap_or(place).join(path)),
                };
                assert!(
                    files.keys().any(|file| file.starts_with(&there)),
                    "{kind}: {source} leads to {link}"
                );
                if !anchor.is_empty() {
                    let text = read(files.get(&there).ok_or_else(|| format!("{source}: {link}"))?)?;
                    assert!(anchors(&text).contains(anchor), "{kind}: {source} leads to {link}");
                }
            }
        }
    }
    Ok(())
}
