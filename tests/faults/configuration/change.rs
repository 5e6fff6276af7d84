//! A change of the configuration, and what has to come of it.

/// What is set for the action `two` of beta.
pub const TWO: [Setting; 6] = [
    ("beta two actionban", "\"true\""),
    ("beta two actionunban", "\"true\""),
    ("beta two actionstart", "\"\""),
    ("beta two actionstop", "\"\""),
    ("beta two actionreload", "\"\""),
    ("beta two timeout", "60"),
];
/// beta has the action `two` in the place of `record`.
pub const TWO_ALONE: [Setting; 8] =
    [("beta actions", r#"["two"]"#), ("beta record", "gone"), TWO[0], TWO[1], TWO[2], TWO[3], TWO[4], TWO[5]];

/// A setting and its value, as [`super::state::State::with`] takes it.
pub type Setting = (&'static str, &'static str);

/// Files below the configuration directory, with their text. `{dir}` stands for the daemon's directory.
pub type Files = Vec<(String, String)>;

/// The file that holds a change of a jail.
const JAILS: &str = "jail.d/change.local";
/// The file that holds a change of the server.
const SERVER: &str = "fail2ban.d/change.local";

/// What has to come of a change.
#[derive(Debug, Clone)]
pub enum End {
    /// It is refused with these words, and nothing changes.
    Refused(&'static str),
    /// It is done, and these settings change.
    Done(Vec<Setting>),
    /// The same, but only after the page has asked, with these words.
    Asked(&'static str, Vec<Setting>),
    /// The files are in force after a question, but not all of it works, as these words say.
    InPart(&'static str, Vec<Setting>),
    /// It is done, and everything is as it was before the first change.
    Restored,
    /// fail2ban gives up although every test passed, and what ran before is put back.
    PutBack,
}

/// A change of the configuration. Its files take the place of those of the change before it.
#[derive(Debug, Clone)]
pub struct Change {
    /// How its row begins.
    pub name: String,
    pub files: Files,
    /// The button that is pressed.
    pub button: &'static str,
    pub end: End,
    /// How the versions of fail2ban begin that take it without a word, and change nothing.
    pub taken_by: Option<&'static str>,
    /// Whether it starts from what the change before it left.
    pub goes_on: bool,
}

impl Change {
    /// A change that consists of `files`.
    pub fn of(name: impl Into<String>, files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let end = End::Done(Vec::new());
        Self { name: name.into(), files, button: "/server/reload", end, taken_by: None, goes_on: false }
    }

    /// Settings of the jail beta; lines that begin with a space go on with a value.
    pub fn beta(settings: &str) -> Self {
        Self::of(code(settings), &[(JAILS, &format!("[beta]\n{settings}\n"))])
    }

    /// The text of the jails' file.
    pub fn jails(name: impl Into<String>, text: &str) -> Self {
        Self::of(name, &[(JAILS, text)])
    }

    /// Settings of the server, as `fail2ban.local` has them.
    pub fn server(settings: &str) -> Self {
        let name = format!("`fail2ban.local`: {}", code(settings));
        Self::of(name, &[(SERVER, &format!("[Definition]\n{settings}\n"))])
    }

    /// None of the files of the change before it is there any more.
    pub fn taken_out(name: impl Into<String>) -> Self {
        Self { goes_on: true, end: End::Restored, ..Self::of(name, &[]) }
    }

    /// One more file.
    pub fn and(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Another name for its row.
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Another button than *Reload all*.
    pub fn with_button(mut self, button: &'static str) -> Self {
        self.name = format!("{}; {}", self.name, button_name(button));
        self.button = button;
        self
    }

    /// It starts from what the change before it left.
    pub fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    pub fn refused(self, words: &'static str) -> Self {
        Self { end: End::Refused(words), ..self }
    }

    /// Older versions take it and change nothing.
    pub fn taken_by(self, versions: &'static str) -> Self {
        Self { taken_by: Some(versions), ..self }
    }

    pub fn brings(self, settings: &[Setting]) -> Self {
        Self { end: End::Done(settings.to_vec()), ..self }
    }

    pub fn asks(self, words: &'static str, settings: &[Setting]) -> Self {
        Self { end: End::Asked(words, settings.to_vec()), ..self }
    }

    pub fn in_part(self, words: &'static str, settings: &[Setting]) -> Self {
        Self { end: End::InPart(words, settings.to_vec()), ..self }
    }

    pub fn put_back(self) -> Self {
        Self { end: End::PutBack, ..self }
    }
}

/// The button as the page calls it.
fn button_name(path: &str) -> String {
    match path.strip_prefix("/jails/").and_then(|rest| rest.split_once('/')) {
        Some((jail, what)) => format!("{what} of {jail}"),
        None => format!("{} of fail2ban", path.trim_start_matches("/server/")),
    }
}

/// Settings as they stand in a row.
fn code(settings: &str) -> String {
    let lines = settings.lines().map(str::trim).collect::<Vec<_>>();
    format!("`{}`", lines.join(" ⏎ "))
}
