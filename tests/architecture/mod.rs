//! The order of the house: no circle between files, nor between the files and folders of any folder, and
//! the rooms of `src` in the order of the crate map. Imports count where a thing is defined, not where
//! it is handed on.

mod code;
mod licences;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use code::Code;
use tree::Tree;

type TestResult = Result<(), Box<dyn Error>>;
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The rooms of `src`, from the bottom to the top. Those of one line do not know each other.
const LAYERS: &[&[&str]] = &[
    &["demo", "file_stamp", "memory", "mutex", "service_manager"],
    &["domain"],
    &["config"],
    &["fail2ban", "storage"],
    &["protection"],
    &["audit", "broker"],
    &["history"],
    &["events"],
    &["accounts", "geo"],
    &["jail_service"],
    &["web"],
    &["cli", "fuzzing"],
];

/// The rooms of `src/web` in the same way.
const WEB_LAYERS: &[&[&str]] = &[
    &["access", "problem", "state"],
    &["extract"],
    &["session"],
    &["view"],
    &["reply"],
    &["fuzzing", "handlers", "middleware"],
    &["routes"],
    &["app", "background", "own_paths"],
    &["listeners"],
    &["server"],
];

fn tree() -> Result<Tree, Box<dyn Error>> {
    Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

/// One circle of `graph`, as a path that ends where it begins.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    fn visit<'a>(
        node: &'a str,
        graph: &'a Graph,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(begin) = path.iter().position(|seen| *seen == node) {
            let circle = path.iter().skip(begin).chain([&node]);
            return Some(circle.map(ToString::to_string).collect());
        }
        if !done.insert(node) {
            return None;
        }
        path.push(node);
        let found = graph.get(node).into_iter().flatten().find_map(|next| visit(next, graph, path, done));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| visit(node, graph, &mut Vec::new(), &mut done))
}

#[test]
fn no_circle_binds_files() -> TestResult {
    let tree = tree()?;
    let mut graph = Graph::new();
    for (from, to) in tree.imports() {
        graph.entry(from.file.clone()).or_default().insert(to.file.clone());
    }
    let number: usize = graph.values().map(BTreeSet::len).sum();
    assert!(number > 500, "only {number} imports were seen: is this test still looking at the code?");
    assert_eq!(circle(&graph), None);
    Ok(())
}

#[test]
fn no_circle_binds_the_files_and_folders_of_a_folder() -> TestResult {
    let tree = tree()?;
    let mut levels = BTreeMap::<Vec<String>, Graph>::new();
    for (from, to) in tree.imports() {
        let shared = from.path.iter().zip(&to.path).take_while(|(from, to)| from == to).count();
        if let (Some(a), Some(b)) = (from.path.get(shared), to.path.get(shared)) {
            let level = levels.entry(from.path.iter().take(shared).cloned().collect()).or_default();
            level.entry(a.clone()).or_default().insert(b.clone());
        }
    }
    for (level, graph) in levels {
        assert_eq!(circle(&graph), None, "in src/{}", level.join("/"));
    }
    Ok(())
}

#[test]
fn imports_run_from_the_upper_rooms_to_the_lower() -> TestResult {
    let tree = tree()?;
    for (from, to) in tree.imports() {
        check(LAYERS, &from.path, &to.path, &from.file)?;
        if let ([first, inner @ ..], [second, other @ ..]) = (from.path.as_slice(), to.path.as_slice())
            && first == "web"
            && second == "web"
        {
            check(WEB_LAYERS, inner, other, &from.file)?;
        }
    }
    Ok(())
}

fn check(layers: &[&[&str]], from: &[String], to: &[String], file: &str) -> TestResult {
    let (Some(from), Some(to)) = (from.first(), to.first()) else { return Ok(()) };
    let layer = |room: &String| {
        let found = layers.iter().position(|rooms| rooms.contains(&room.as_str()));
        found.ok_or_else(|| format!("{room} has no layer: give it one here"))
    };
    assert!(from == to || layer(to)? < layer(from)?, "{file} uses {to}");
    Ok(())
}

#[test]
fn what_is_read_of_a_file_is_what_the_compiler_reads() {
    let code = Code::read(
        "//! use crate::not::this;\nuse crate::a::{self, b::C, d as e};\npub use f::G;\nmod f;\n\
         fn g<'a>(h: &'a str) { super::i::j(\"crate::k\", 'l', r#\"crate::m\"#); o::p!(); }",
    );
    let paths = code.paths.iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(paths, ["crate::a", "crate::a::b::C", "crate::a::d", "super::i::j", "o::p"]);
    assert_eq!(code.bindings.get("e"), Some(&["crate", "a", "d"].map(str::to_owned).to_vec()));
    assert_eq!(code.bindings.get("G"), Some(&["f", "G"].map(str::to_owned).to_vec()));
    assert_eq!(code.modules, ["f"]);
}

#[test]
fn a_circle_is_found() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert_eq!(found, Some(["b", "c", "b"].map(str::to_owned).to_vec()));
}
