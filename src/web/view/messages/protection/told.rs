//! The form of what is told of a jail, and words that recur.

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) advice: String,
    /// What was seen, a line each: addresses or lines of a log.
    pub(crate) evidence: Vec<String>,
}

impl Told {
    /// What is wrong, and what to do about it.
    pub(super) fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into(), evidence: Vec::new() }
    }

    /// The same, with what was seen.
    pub(super) fn with(self, evidence: Vec<String>) -> Self {
        Self { evidence, ..self }
    }
}

/// Ports with their noun.
pub(super) fn ports(ports: &[u16]) -> String {
    let (noun, list) = (if ports.len() == 1 { "port" } else { "ports" }, ports.iter().map(u16::to_string));
    format!("{noun} {}", list.collect::<Vec<_>>().join(", "))
}

/// The text with a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
