//! What a file imports: enough of Rust's grammar to read `use` and paths, macros included.

use std::collections::BTreeMap;

/// What a file names.
#[derive(Debug, Default)]
pub struct Code {
    /// Every path of two names or more, as it is written; of a `use`, each leaf.
    pub paths: Vec<Vec<String>>,
    /// What each `use` binds a name to.
    pub bindings: BTreeMap<String, Vec<String>>,
    /// The modules that it declares.
    pub modules: Vec<String>,
    /// How many braces are open, and at how many each module within the file began.
    depth: usize,
    inner: Vec<usize>,
}

impl Code {
    /// Reads the code of a file.
    pub fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut code = Self::default();
        let mut rest = tokens.as_slice();
        while let [first, after @ ..] = rest {
            rest = match (first.as_str(), after) {
                ("use", [next, ..]) if next != "<" => code.read_use(after, first_is_public(&tokens, rest)),
                ("mod", [name, end, after @ ..]) if end == ";" => {
                    code.modules.push(name.clone());
                    after
                }
                ("mod", [_, brace, ..]) if brace == "{" => {
                    code.inner.push(code.depth);
                    &after[1..]
                }
                ("{", _) => {
                    code.depth += 1;
                    after
                }
                ("}", _) => {
                    code.depth = code.depth.saturating_sub(1);
                    code.inner.retain(|begin| *begin < code.depth);
                    after
                }
                (".", [_, after @ ..]) => after,
                _ if is_name(first) => code.read_path(rest),
                _ => after,
            };
        }
        code
    }

    fn read_path<'a>(&mut self, mut rest: &'a [String]) -> &'a [String] {
        let mut path = Vec::new();
        while let [name, after @ ..] = rest {
            if !is_name(name) {
                break;
            }
            path.push(name.clone());
            rest = after;
            match after {
                [colons, next, ..] if colons == "::" && is_name(next) => rest = &after[1..],
                _ => break,
            }
        }
        self.add(path);
        rest
    }

    /// Adds `path` as the file itself would write it, unless it leads into the file.
    fn add(&mut self, path: Vec<String>) {
        let up = path.iter().take_while(|name| *name == "super").count();
        let is_here = !self.inner.is_empty()
            && (up > 0 && up <= self.inner.len() || path.first().is_some_and(|head| head == "self"));
        if path.len() > 1 && !is_here {
            self.paths.push(path.into_iter().skip(if up > 0 { self.inner.len() } else { 0 }).collect());
        }
    }

    /// Reads the tree behind `use`. What is only handed on from below is no import.
    fn read_use<'a>(&mut self, tokens: &'a [String], is_public: bool) -> &'a [String] {
        let end = tokens.iter().position(|token| token == ";").unwrap_or(tokens.len());
        let (tree, rest) = tokens.split_at(end);
        let mut leaves = Vec::new();
        read_tree(tree, &[], &mut leaves);
        for (path, name) in leaves {
            let is_own = path.first().is_some_and(|head| !["crate", "super", "std"].contains(&head.as_str()));
            if !(is_public && is_own) {
                self.add(path.clone());
            }
            self.bindings.entry(name).or_insert(path);
        }
        rest
    }
}

fn first_is_public(all: &[String], rest: &[String]) -> bool {
    let before = all.len() - rest.len();
    all.get(..before).and_then(<[String]>::last).is_some_and(|token| token == "pub" || token == ")")
}

/// Each leaf of a tree of `use`, with the name that it binds.
fn read_tree<'a>(
    mut rest: &'a [String],
    prefix: &[String],
    leaves: &mut Vec<(Vec<String>, String)>,
) -> &'a [String] {
    let mut path = prefix.to_vec();
    while let [token, after @ ..] = rest {
        rest = after;
        match token.as_str() {
            "::" => continue,
            "{" => {
                while rest.first().is_some_and(|token| token != "}") {
                    rest = read_tree(rest, &path, leaves);
                    if rest.first().is_some_and(|token| token == ",") {
                        rest = &rest[1..];
                    }
                }
                return rest.get(1..).unwrap_or_default();
            }
            "*" => {
                path.push("*".to_owned());
                leaves.push((path, "*".to_owned()));
                return rest;
            }
            "," | "}" => return rest,
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
        match rest {
            [colons, ..] if colons == "::" => {}
            [word, name, after @ ..] if word == "as" => {
                leaves.push((path, name.clone()));
                return after;
            }
            _ => {
                let name = path.last().cloned().unwrap_or_default();
                leaves.push((path, name));
                return rest;
            }
        }
    }
    rest
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The names and signs of `text`, without comments, texts and characters.
fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = string(rest) {
            length
        } else if first == '\'' {
            character(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.extend(rest.get(..length).map(str::to_owned));
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// The length of the string literal at the beginning of `text`.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "b", "c", "r", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix).unwrap_or_default();
        rest.starts_with('"') || prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"')
    })?;
    let rest = text.get(prefix.len()..)?;
    if prefix.ends_with('r') {
        let marks = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(marks));
        let body = rest.get(marks + 1..)?;
        return Some(prefix.len() + marks + 1 + body.find(&end).map_or(body.len(), |at| at + end.len()));
    }
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return Some(prefix.len() + at + 1),
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    Some(text.len())
}

/// The length of the character at the beginning of `text`, or of the sign before a lifetime's name.
fn character(text: &str) -> usize {
    let mut inner = text.chars().skip(1);
    match (inner.next(), inner.next()) {
        (Some('\\'), _) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(1, |at| at + 4),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}
