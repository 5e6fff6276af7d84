//! The modules of `src`, and which imports which.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use super::code::Code;

/// A file of `src`.
#[derive(Debug)]
pub struct Module {
    /// Its path below `src`.
    pub file: String,
    /// Its path in the crate.
    pub path: Vec<String>,
    code: Code,
}

/// All files of `src`.
#[derive(Debug)]
pub struct Tree(BTreeMap<Vec<String>, Module>);

impl Tree {
    /// Reads every file below `source`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(source: &Path) -> Result<Self, Box<dyn Error>> {
        let (mut modules, mut folders) = (BTreeMap::new(), vec![source.to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let file = path.strip_prefix(source)?.to_str().ok_or("a file without a name")?.to_owned();
                    let path = module(&file);
                    let code = Code::read(&fs::read_to_string(source.join(&file))?);
                    if file != "main.rs" {
                        modules.insert(path.clone(), Module { file, path, code });
                    }
                }
            }
        }
        Ok(Self(modules))
    }

    /// Every import of one file from another, as often as it is named.
    pub fn imports(&self) -> impl Iterator<Item = (&Module, &Module)> {
        let named = self.0.values().flat_map(|from| from.code.paths.iter().map(move |path| (from, path)));
        let found = named.filter_map(|(from, path)| Some((from, self.find(from, path, 8)?)));
        found.filter(|(from, to)| from.file != to.file && to.file != "lib.rs")
    }

    /// The file that defines what `written` names in `from`. `None` for what is not of this crate, and for
    /// a module alone: what is used of it is named elsewhere.
    fn find(&self, from: &Module, written: &[String], steps: usize) -> Option<&Module> {
        let (head, rest) = written.split_first()?;
        let mut path = match head.as_str() {
            "crate" => Vec::new(),
            "self" => from.path.clone(),
            "super" => from.path.split_last()?.1.to_vec(),
            name if from.code.modules.iter().any(|module| module == name) => {
                [from.path.as_slice(), &[name.to_owned()]].concat()
            }
            name => {
                let bound = from.code.bindings.get(name).filter(|bound| bound.first() != Some(head))?;
                return self.find(from, &[bound.as_slice(), rest].concat(), steps.checked_sub(1)?);
            }
        };
        let mut rest = rest;
        while let [name, after @ ..] = rest {
            if name == "super" {
                path.pop()?;
            } else {
                let inner = [path.as_slice(), std::slice::from_ref(name)].concat();
                if !self.0.contains_key(&inner) {
                    break;
                }
                path = inner;
            }
            rest = after;
        }
        let module = self.0.get(&path)?;
        let (name, rest) = rest.split_first()?;
        match module.code.bindings.get(name) {
            Some(bound) if module.file != from.file => {
                let written = [bound.as_slice(), rest].concat();
                self.find(module, &written, steps.checked_sub(1)?).or(Some(module))
            }
            _ => Some(module),
        }
    }
}

fn module(file: &str) -> Vec<String> {
    let names = file.trim_end_matches(".rs").split('/').map(str::to_owned);
    names.filter(|name| name != "mod" && name != "lib").collect()
}
